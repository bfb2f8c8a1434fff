/** A process definition as edited in the browser: the server's graph, typed. */

export interface Outcome {
  code: string;
  label?: string;
  tone?: "default" | "primary" | "danger";
  opinion_required?: boolean;
  node_type?: number | null;
  node_result?: number | null;
  to?: string;
  meta?: Record<string, unknown>;
}

export interface Seat {
  code: string;
  name?: string;
  role: string;
}

export interface Countersign {
  seats: Seat[];
  rule?: "all" | "any" | "ratio" | "ordered";
  share?: number;
  agree?: string;
  refuse?: string;
  wait?: boolean;
}

export interface Skip {
  code: string;
  label?: string;
  to: string;
  role?: string;
  outcome?: string;
  when?: string;
  opinion_required?: boolean;
}

export interface FlowNode {
  code: string;
  name?: string;
  kind: string;
  role?: string;
  case_status?: string;
  node_type?: number | null;
  node_result?: number | null;
  timed?: boolean;
  limit_days?: number | null;
  limit_unit?: string;
  outcomes?: Outcome[];
  return_to?: string[];
  return_policy?: string;
  return_scope?: string;
  return_result?: number | null;
  may_supplement?: boolean;
  may_transfer?: boolean;
  may_suspend?: boolean;
  may_delegate?: boolean;
  may_add_signer?: boolean;
  transfer_areas?: string[];
  same_person_as?: string;
  countersign?: Countersign | null;
  skips?: Skip[];
  meta?: Record<string, unknown>;
}

export interface FlowEdge {
  from: string;
  to: string;
  outcome?: string | null;
  when?: string | null;
}

export interface FlowGraph {
  code: string;
  title?: string;
  facts?: Record<string, string>;
  nodes: FlowNode[];
  edges: FlowEdge[];
  layout?: Record<string, [number, number]> | null;
}

export const STEPS = new Set(["task", "system"]);
export const SIDE = new Set(["supplement", "special", "cancel", "void"]);
export const KIND_WORDS: Record<string, string> = {
  start: "开始", end: "结束", task: "办理步骤", system: "系统环节", exclusive: "条件分支", fork: "并行开始", join: "并行汇聚",
  supplement: "补正", special: "特别程序", cancel: "撤销审批", void: "作废审批",
};

export const nodeOf = (graph: FlowGraph, code: string): FlowNode | undefined => graph.nodes.find((node) => node.code === code);
export const nameOf = (graph: FlowGraph, code: string): string => {
  const node = nodeOf(graph, code);
  return node ? node.name || `${KIND_WORDS[node.kind] ?? node.kind} ${code}` : code;
};
export const outOf = (graph: FlowGraph, code: string): FlowEdge[] => graph.edges.filter((edge) => edge.from === code);

/** A copy to work on, with the shortcuts of outcomes (`to`) written as edges. */
export function settled(graph: FlowGraph): FlowGraph {
  const copy = JSON.parse(JSON.stringify(graph)) as FlowGraph;
  for (const node of copy.nodes) {
    for (const outcome of node.outcomes ?? []) {
      if (outcome.to) copy.edges.push({ from: node.code, to: outcome.to, outcome: outcome.code });
      delete outcome.to;
    }
  }
  return copy;
}

/** Edges in the order the outcomes are listed; edges without an outcome first. */
export function ways(graph: FlowGraph, code: string): FlowEdge[] {
  const order = (nodeOf(graph, code)?.outcomes ?? []).map((outcome) => outcome.code);
  const rank = (edge: FlowEdge): number => (edge.outcome ? order.indexOf(edge.outcome) : -1);
  return [...outOf(graph, code)].sort((a, b) => rank(a) - rank(b));
}

export interface Row {
  node: FlowNode;
  depth: number;
}

/** Nodes as a list: from the start onwards, inside parallel blocks one step in; what nothing leads to comes last. */
export function rows(graph: FlowGraph): Row[] {
  const done: string[] = [];
  const seen = new Set<string>();
  const depths = new Map<string, number>();
  function visit(code: string, depth: number): void {
    const node = nodeOf(graph, code);
    if (!node || seen.has(code)) return;
    seen.add(code);
    const here = node.kind === "join" ? Math.max(0, depth - 1) : depth;
    depths.set(code, here);
    for (const edge of [...ways(graph, code)].reverse()) visit(edge.to, node.kind === "fork" ? here + 1 : here);
    done.push(code);
  }
  const start = graph.nodes.find((node) => node.kind === "start");
  if (start) visit(start.code, 0);
  for (const node of graph.nodes) if (!SIDE.has(node.kind)) visit(node.code, 0);
  const listed = done.reverse().sort((a, b) => Number(nodeOf(graph, a)?.kind === "end") - Number(nodeOf(graph, b)?.kind === "end"));
  return listed.flatMap((code) => {
    const node = nodeOf(graph, code);
    return node ? [{ node, depth: depths.get(code) ?? 0 }] : [];
  });
}

/** Codes from which this node can be reached. */
export function before(graph: FlowGraph, code: string): Set<string> {
  const found = new Set<string>();
  const waiting = [code];
  while (waiting.length) {
    const now = waiting.pop();
    for (const edge of graph.edges) {
      if (edge.to === now && !found.has(edge.from)) {
        found.add(edge.from);
        waiting.push(edge.from);
      }
    }
  }
  return found;
}

export function freshCode(graph: FlowGraph, stem: string): string {
  const taken = new Set(graph.nodes.map((node) => node.code));
  for (let number = 1; ; number++) {
    const code = `${stem}${number}`;
    if (!taken.has(code)) return code;
  }
}
