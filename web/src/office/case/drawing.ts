/** The process picture: what the server sends, brought into one shape and laid out on one line. */

export type NodeState = "DONE" | "CURRENT" | "TODO";
export type NodeKind = "start" | "end" | "task" | "gateway";

export interface DrawnNode {
  id: string;
  name: string;
  kind: NodeKind;
  state: NodeState;
  x: number;
  y: number;
  w: number;
  h: number;
  people: string[];
  dates: string[];
}

export interface DrawnEdge {
  from: string;
  to: string;
  done: boolean;
  path: string;
}

export interface DrawnLoop {
  name: string;
  detail: string;
  done: boolean;
  current: boolean;
  path: string;
  box: { x: number; y: number; w: number; h: number };
}

export interface Drawing {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
  loops: DrawnLoop[];
  width: number;
  height: number;
}

type Raw = Record<string, unknown>;

const BASE_Y = 48;
const TASK_HEIGHT = 36;
const GAP = 28;
const LOOP_Y = 14;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.map((v) => text(v)).filter(Boolean);
  return text(value) ? [text(value)] : [];
};
const rows = (value: unknown): Raw[] => (Array.isArray(value) ? (value as Raw[]) : []);

function kindOf(raw: Raw): NodeKind {
  const kind = text(raw.kind || raw.type).toLowerCase();
  if (kind.includes("start")) return "start";
  if (kind.includes("end")) return "end";
  if (kind.includes("gateway") || kind.includes("exclusive") || kind.includes("decision") || kind.includes("fork") || kind.includes("join"))
    return "gateway";
  return "task";
}

function stateOf(raw: Raw): NodeState {
  const state = text(raw.state).toUpperCase();
  if (["CURRENT", "OPEN", "ACTIVE"].includes(state)) return "CURRENT";
  if (["DONE", "PASSED", "CLOSED", "COMPLETED"].includes(state)) return "DONE";
  return "TODO";
}

/** A date as the picture writes it: 07-06 from 2026-07-06T…; other words stay as they are. */
export function shortDate(value: string): string {
  const match = /^\d{4}-(\d{2}-\d{2})/.exec(value);
  return match?.[1] ?? value;
}

/** Half-width units of a label, a Chinese character counting two. */
function measure(label: string): number {
  return [...label].reduce((sum, char) => sum + (char.charCodeAt(0) > 255 ? 2 : 1), 0);
}

function widthOf(node: { kind: NodeKind; name: string; people: string[]; dates: string[] }): number {
  if (node.kind === "start" || node.kind === "end") return 16;
  if (node.kind === "gateway") return 22;
  return Math.max(64, measure(node.name) * 6.6 + 28);
}

/** The words under a node: who, and when. */
export function caption(node: Pick<DrawnNode, "people" | "dates">): string {
  return [node.people.slice(0, 2).join("、"), node.dates.join(" / ")].filter(Boolean).join(" ");
}

function readNode(raw: Raw): DrawnNode {
  const node = {
    id: text(raw.id || raw.code || raw.key),
    name: text(raw.name || raw.label || raw.title),
    kind: kindOf(raw),
    state: stateOf(raw),
    people: list(raw.people),
    dates: [...new Set(list(raw.dates).map(shortDate))],
  };
  return { ...node, x: Number(raw.x ?? NaN), y: Number(raw.y ?? NaN), w: widthOf(node), h: TASK_HEIGHT };
}

/** Put the nodes on one line, in the order given, each as wide as its words need. */
function layOut(nodes: DrawnNode[]): number {
  let left = 6;
  nodes.forEach((node, index) => {
    const captionWidth = node.kind === "task" ? measure(caption(node)) * 5.9 : 0;
    const slot = Math.max(node.w, captionWidth - GAP + 8);
    node.x = left + slot / 2;
    node.y = BASE_Y;
    left += slot + (node.kind === "gateway" || nodes[index + 1]?.kind === "gateway" ? 18 : GAP);
  });
  return Math.ceil(left - GAP + 10);
}

function edgeOf(from: DrawnNode, to: DrawnNode): DrawnEdge {
  const start = from.x + from.w / 2;
  const end = to.x - to.w / 2 - 2;
  return {
    from: from.id,
    to: to.id,
    done: to.state !== "TODO",
    path: `M${start} ${BASE_Y}H${end}`,
  };
}

function loopOf(raw: Raw, byId: Map<string, DrawnNode>): DrawnLoop | null {
  const from = byId.get(text(raw.from || raw.source));
  const to = byId.get(text(raw.to || raw.target));
  if (!from || !to) return null;
  const name = text(raw.name || raw.label || raw.title) || "退回";
  const state = stateOf(raw);
  const width = measure(name) * 6.2 + 22;
  const startY = from.kind === "gateway" ? BASE_Y - 11 : BASE_Y - TASK_HEIGHT / 2;
  const landing = to.x - Math.min(to.w / 4, 20);
  const middle = (from.x + landing) / 2;
  return {
    name,
    detail: text(raw.detail || raw.note),
    done: state !== "TODO" || Number(raw.count ?? raw.rounds ?? 0) > 0,
    current: state === "CURRENT",
    path: `M${from.x} ${startY}V${LOOP_Y}H${landing}V${BASE_Y - TASK_HEIGHT / 2 - 2}`,
    box: { x: middle - width / 2, y: LOOP_Y - 11, w: width, h: 22 },
  };
}

/** Order for one line: as the server's x says, else as it sent them. */
function ordered(nodes: DrawnNode[]): DrawnNode[] {
  if (nodes.some((node) => Number.isNaN(node.x))) return nodes;
  return [...nodes].sort((a, b) => a.x - b.x);
}

/** Read the server's drawing; unknown or empty input gives an empty picture, never an error. */
export function readDrawing(raw: unknown): Drawing {
  const source = (raw ?? {}) as Raw;
  const nodes = ordered(rows(source.nodes).map(readNode)).filter((node) => node.id);
  const width = layOut(nodes);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const edges: DrawnEdge[] = [];
  for (let index = 0; index + 1 < nodes.length; index += 1) {
    const [from, to] = [nodes[index], nodes[index + 1]];
    if (from && to) edges.push(edgeOf(from, to));
  }
  const loops = rows(source.loops)
    .map((loop) => loopOf(loop, byId))
    .filter((loop): loop is DrawnLoop => loop !== null);
  return { nodes, edges, loops, width: Math.max(width, 40), height: 86 };
}
