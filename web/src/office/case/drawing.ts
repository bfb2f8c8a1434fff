/** The process picture: the server's drawing read once, and laid out on one line for the case page. */

export type NodeState = "done" | "current" | "todo";
export type NodeKind = "start" | "end" | "gateway" | "task";

interface RawLoop {
  name: string;
  from: string;
  to: string;
  state: NodeState;
  detail: string;
}

export interface RawNode {
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
}

/** A drawing as the server sends it; positions are middles. */
export interface RawDrawing {
  title?: string;
  version?: number;
  width?: number;
  height?: number;
  /** The usual way. */
  nodes?: RawNode[];
  /** Side ways, such as 不予受理. */
  side?: RawNode[];
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
  left: number;
  right: number;
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

/** Every node, on the usual way or beside it. */
export const allNodes = (raw: RawDrawing): RawNode[] => [...(raw.nodes ?? []), ...(raw.side ?? [])];

/** Nodes of the usual way in their order; a side way that was taken replaces what it skipped. */
function onTheWay(raw: RawDrawing): RawNode[] {
  const nodes = allNodes(raw).sort((a, b) => a.x - b.x || a.y - b.y);
  const line = nodes.find((node) => node.kind === "start")?.y ?? nodes[0]?.y;
  const taken = nodes.filter((node) => node.y === line || node.state !== "todo");
  const sideEnd = taken.find((node) => node.kind === "end" && node.y !== line);
  return sideEnd ? taken.filter((node) => node.state !== "todo") : taken;
}

function widthOf(kind: NodeKind, name: string): number {
  if (kind === "gateway") return 22;
  return kind === "task" ? Math.max(64, measure(name) * 6.6 + 28) : 16;
}

function place(raw: RawNode[], currentNote: string): DrawnNode[] {
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

/** A supplement goes over its step: out of the line behind it and back into the line before it. */
function overStep(node: DrawnNode, after: DrawnNode | undefined): { path: string; left: number; right: number } {
  const gateway = after?.kind === "gateway" ? after : null;
  const right = gateway ? gateway.x : node.x + node.w / 2 + 9;
  const left = node.x - node.w / 2 - 13;
  return { path: `M${right} ${gateway ? LINE - 11 : LINE}V${LOOP}H${left}V${LINE - 3}`, left, right };
}

/** A return goes from the top of one step to the top of an earlier one. */
function backTo(from: DrawnNode, to: DrawnNode): { path: string; left: number; right: number } {
  const top = LINE - BOX / 2;
  const right = from.x + (from.x > to.x ? 0 : from.w / 4);
  const left = to.x + (from.x > to.x ? to.w / 4 : 0);
  return { path: `M${right} ${top}V${LOOP}H${left}V${top - 3}`, left, right };
}

function loopOf(loop: RawLoop, nodes: DrawnNode[]): DrawnLoop[] {
  const at = nodes.findIndex((one) => one.id === loop.from);
  const [from, to] = [nodes[at], nodes.find((one) => one.id === loop.to)];
  if (!from || !to) return [];
  const { path, left, right } = from === to ? overStep(from, nodes[at + 1]) : backTo(from, to);
  const w = measure(loop.name) * 6.2 + 20;
  return [{ label: loop.name, detail: loop.detail, state: loop.state, path, x: (left + right) / 2, w, left: Math.min(left, right), right: Math.max(left, right), noteX: Math.max(left, right) + 8 }];
}

/** Loops that have room side by side; what does not fit is told by the whole picture. Notes only where nothing follows. */
function fitting(loops: DrawnLoop[]): DrawnLoop[] {
  const kept: DrawnLoop[] = [];
  const spanOf = (loop: DrawnLoop): [number, number] => [Math.min(loop.left, loop.x - loop.w / 2), Math.max(loop.right, loop.x + loop.w / 2)];
  for (const loop of loops) {
    const [left, right] = spanOf(loop);
    if (kept.every((other) => spanOf(other)[1] < left - 4 || spanOf(other)[0] > right + 4)) kept.push(loop);
  }
  const rooms = (loop: DrawnLoop): number => Math.min(...kept.map((other) => spanOf(other)[0]).filter((left) => left > loop.x + 1), Infinity);
  return kept.map((loop) => (loop.noteX + measure(loop.detail) * 5.9 < rooms(loop) ? loop : { ...loop, detail: "" }));
}

/** One line of boxes as wide as their words; an empty drawing gives an empty strip. */
export function strip(raw: RawDrawing, currentNote = ""): Strip {
  const nodes = place(onTheWay(raw), currentNote);
  const last = nodes[nodes.length - 1];
  return {
    nodes,
    edges: edgesOf(nodes),
    loops: fitting((raw.loops ?? []).flatMap((loop) => loopOf(loop, nodes))),
    width: last ? Math.ceil(last.x + Math.max(last.w / 2, measure(last.caption) * 3) + 10) : 0,
  };
}
