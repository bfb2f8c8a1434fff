/** The process picture: the server's drawing read once, and laid out on one line for the case page. */

export type NodeState = "done" | "current" | "todo";
export type NodeKind = "start" | "end" | "gateway" | "task";

interface RawLoop {
  name: string;
  from: string;
  state: NodeState;
  detail: string;
}

/** A drawing as the server sends it; positions are middles. */
export interface RawDrawing {
  title?: string;
  version?: number;
  width?: number;
  height?: number;
  nodes?: {
    code: string;
    name: string;
    kind: string;
    x: number;
    y: number;
    width: number;
    height: number;
    state: NodeState;
    people: string[];
    dates: string[];
  }[];
  edges?: { from: string; to: string; labels: string[]; state: NodeState; points: [number, number][] }[];
  loops?: RawLoop[];
}

export interface DrawnNode {
  id: string;
  name: string;
  kind: NodeKind;
  state: NodeState;
  x: number;
  w: number;
  caption: string;
}

export interface DrawnEdge {
  key: string;
  done: boolean;
  path: string;
}

export interface DrawnLoop {
  label: string;
  detail: string;
  state: NodeState;
  path: string;
  x: number;
  w: number;
  noteX: number;
}

export interface Strip {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
  loops: DrawnLoop[];
  width: number;
}

/** The strip: middle line, box height, height of the loops above it, all in px. */
export const LINE = 48;
export const BOX = 36;
export const LOOP = 14;
export const STRIP_HEIGHT = 86;
const GAP = 28;

export function kindOf(kind: string): NodeKind {
  if (kind === "start" || kind === "end") return kind;
  return ["exclusive", "fork", "join"].includes(kind) ? "gateway" : "task";
}

/** 07-06 from 2026-07-06. */
const monthDay = (day: string): string => day.slice(5, 10);

/** Half-width units of a label, a Chinese character counting two. */
const measure = (label: string): number =>
  [...label].reduce((sum, char) => sum + (char.charCodeAt(0) > 255 ? 2 : 1), 0);

/** Who, everyone once; a long list is cut. */
export function namesOf(people: string[]): string {
  const names = [...new Set(people.filter(Boolean))];
  return names.length > 2 ? `${names.slice(0, 2).join("、")}等` : names.join("、");
}

/** Who and when, as written under a step: the last two days. */
export function captionOf(people: string[], dates: string[]): string {
  const days = [...new Set(dates.map(monthDay).filter(Boolean))].slice(-2).join(" / ");
  return [namesOf(people), days].filter(Boolean).join(" ");
}

/** Nodes of the usual way in their order; a side way that was taken replaces what it skipped. */
function onTheWay(raw: RawDrawing): NonNullable<RawDrawing["nodes"]> {
  const nodes = [...(raw.nodes ?? [])].sort((a, b) => a.x - b.x || a.y - b.y);
  const line = nodes.find((node) => node.kind === "start")?.y ?? nodes[0]?.y;
  const taken = nodes.filter((node) => node.y === line || node.state !== "todo");
  const sideEnd = taken.find((node) => node.kind === "end" && node.y !== line);
  return sideEnd ? taken.filter((node) => node.state !== "todo") : taken;
}

function widthOf(kind: NodeKind, name: string): number {
  if (kind === "gateway") return 22;
  return kind === "task" ? Math.max(64, measure(name) * 6.6 + 28) : 16;
}

function place(raw: NonNullable<RawDrawing["nodes"]>, currentNote: string): DrawnNode[] {
  let left = 6;
  return raw.map((node, index) => {
    const kind = kindOf(node.kind);
    const w = widthOf(kind, node.name);
    const counted = node.state === "current" && currentNote !== "";
    const said = counted ? `${namesOf(node.people)} · ${currentNote}` : captionOf(node.people, node.dates);
    const caption = kind === "task" ? said : "";
    const slot = Math.max(w, measure(caption) * 5.9 - GAP + 10);
    const next = raw[index + 1];
    const tight = kind === "gateway" || (next !== undefined && kindOf(next.kind) === "gateway");
    const drawn = { id: node.code, name: node.name, kind, state: node.state, x: left + slot / 2, w, caption };
    left += slot + (tight ? 20 : GAP);
    return drawn;
  });
}

function edgesOf(nodes: DrawnNode[]): DrawnEdge[] {
  return nodes.slice(1).flatMap((to, index) => {
    const from = nodes[index];
    if (!from) return [];
    const path = `M${from.x + from.w / 2} ${LINE}H${to.x - to.w / 2 - 2}`;
    return [{ key: `${from.id}-${to.id}`, done: to.state !== "todo", path }];
  });
}

/** Out of the line behind the step, over it, and back into the line before it. */
function loopOf(loop: RawLoop, nodes: DrawnNode[]): DrawnLoop[] {
  const index = nodes.findIndex((one) => one.id === loop.from);
  const node = nodes[index];
  if (!node) return [];
  const after = nodes[index + 1];
  const gateway = after?.kind === "gateway" ? after : null;
  const from = gateway ? gateway.x : node.x + node.w / 2 + 9;
  const back = node.x - node.w / 2 - 13;
  const path = `M${from} ${gateway ? LINE - 11 : LINE}V${LOOP}H${back}V${LINE - 3}`;
  const w = measure(loop.name) * 6.2 + 20;
  return [{ label: loop.name, detail: loop.detail, state: loop.state, path, x: node.x, w, noteX: from + 8 }];
}

/** One line of boxes as wide as their words; an empty drawing gives an empty strip. */
export function strip(raw: RawDrawing, currentNote = ""): Strip {
  const nodes = place(onTheWay(raw), currentNote);
  const last = nodes[nodes.length - 1];
  return {
    nodes,
    edges: edgesOf(nodes),
    loops: (raw.loops ?? []).flatMap((loop) => loopOf(loop, nodes)),
    width: last ? Math.ceil(last.x + Math.max(last.w / 2, measure(last.caption) * 3) + 10) : 0,
  };
}
