/** The drawing tool's own words in Chinese, and the few elements our profile has. */

const WORDS: Record<string, string> = {
  "Activate hand tool": "移动画面",
  "Activate lasso tool": "框选",
  "Activate global connect tool": "连线",
  "Connect to other element": "连线",
  Delete: "删除",
  "Search in diagram": "在图中查找",
};

/** What bpmn-js calls to translate. */
export function translate(template: string, values: Record<string, string> = {}): string {
  return (WORDS[template] ?? template).replace(/\{([^}]+)\}/g, (whole, key: string) => values[key] ?? whole);
}

export interface Element {
  id: string;
  type: string;
  businessObject: Business;
  source?: Element;
  target?: Element;
  incoming?: Element[];
  outgoing?: Element[];
}

export interface Business {
  id: string;
  name?: string;
  $type: string;
  $attrs: Record<string, string>;
  conditionExpression?: { body?: string };
  sourceRef?: Business;
  incoming?: Business[];
  outgoing?: Business[];
}

export const KINDS: { type: string; kind: string; word: string; css: string }[] = [
  { type: "bpmn:UserTask", kind: "task", word: "办理步骤", css: "bpmn-icon-user-task" },
  { type: "bpmn:ServiceTask", kind: "system", word: "系统环节", css: "bpmn-icon-service-task" },
  { type: "bpmn:ExclusiveGateway", kind: "exclusive", word: "条件分支", css: "bpmn-icon-gateway-xor" },
  { type: "bpmn:ParallelGateway", kind: "fork", word: "并行网关", css: "bpmn-icon-gateway-parallel" },
  { type: "bpmn:StartEvent", kind: "start", word: "开始", css: "bpmn-icon-start-event-none" },
  { type: "bpmn:EndEvent", kind: "end", word: "结束", css: "bpmn-icon-end-event-none" },
];

type Entries = Record<string, { group: string; className: string; title: string; action: Record<string, (event: Event, target?: unknown) => void> }>;
type Tool = Record<string, (...args: unknown[]) => unknown>;

/** The palette: our six elements, and the tools to move, frame and connect. */
export class Palette {
  static $inject = ["palette", "create", "elementFactory", "handTool", "lassoTool", "globalConnect"];
  constructor(palette: Tool, private create: Tool, private factory: Tool, private hand: Tool, private lasso: Tool, private connect: Tool) {
    palette.registerProvider?.(this);
  }
  getPaletteEntries(): Entries {
    const tool = (title: string, className: string, start: (event: Event) => void): Entries[string] => ({ group: "tools", className, title, action: { click: start } });
    const entries: Entries = {
      hand: tool("移动画面", "bpmn-icon-hand-tool", (event) => this.hand.activateHand?.(event)),
      lasso: tool("框选", "bpmn-icon-lasso-tool", (event) => this.lasso.activateSelection?.(event)),
      connect: tool("连线", "bpmn-icon-connection-multi", (event) => this.connect.start?.(event)),
    };
    for (const { type, word, css } of KINDS) {
      const begin = (event: Event): void => void this.create.start?.(event, this.factory.createShape?.({ type }));
      entries[type] = { group: "elements", className: css, title: word, action: { dragstart: begin, click: begin } };
    }
    return entries;
  }
}

/** What stands beside a chosen element: add behind it, connect, delete. */
export class ContextPad {
  static $inject = ["contextPad", "autoPlace", "elementFactory", "connect", "modeling"];
  constructor(pad: Tool, private place: Tool, private factory: Tool, private connect: Tool, private modeling: Tool) {
    pad.registerProvider?.(this);
  }
  getContextPadEntries(element: Element): Entries {
    const entries: Entries = {};
    const isFlow = element.type === "bpmn:SequenceFlow";
    if (!isFlow && element.type !== "bpmn:EndEvent" && element.type !== "bpmn:Process") {
      for (const { type, word, css } of KINDS.filter((one) => one.kind !== "start")) {
        entries[`append-${type}`] = { group: "model", className: css, title: `在其后添加${word}`, action: { click: () => void this.place.append?.(element, this.factory.createShape?.({ type })) } };
      }
      entries.connect = { group: "connect", className: "bpmn-icon-connection-multi", title: "连线", action: { click: (event) => void this.connect.start?.(event, element), dragstart: (event) => void this.connect.start?.(event, element) } };
    }
    entries.delete = { group: "edit", className: "bpmn-icon-trash", title: "删除", action: { click: () => void this.modeling.removeElements?.([element]) } };
    return entries;
  }
}
