/** Changes to a process as an officer makes them: each takes a graph and gives a new one. */
import { before, freshCode, nodeOf, outOf, settled, STEPS, ways, type FlowEdge, type FlowGraph, type FlowNode } from "./graph";

/** The graph after a change; the arrangement of the drawing is made anew. */
function changed(graph: FlowGraph, work: (copy: FlowGraph) => void): FlowGraph {
  const copy = settled(graph);
  work(copy);
  delete copy.layout;
  return copy;
}

/** The usual way on from a node. */
function mainWay(graph: FlowGraph, code: string): FlowEdge | undefined {
  const found = ways(graph, code);
  const back = before(graph, code);
  return found.find((edge) => !back.has(edge.to) && edge.to !== code) ?? found[0];
}

function step(graph: FlowGraph, name: string): FlowNode {
  const node: FlowNode = {
    code: freshCode(graph, "STEP"),
    name,
    kind: "task",
    role: "",
    may_transfer: true,
    outcomes: [{ code: "DONE", label: "提交", tone: "primary" }],
  };
  graph.nodes.push(node);
  return node;
}

/** Open a way: it leads to `first`, and `last` goes on to where it led before. */
function splice(graph: FlowGraph, way: FlowEdge, first: string, last: string, more: Partial<FlowEdge> = {}): string {
  const target = way.to;
  way.to = first;
  graph.edges.push({ from: last, to: target, ...more });
  return target;
}

export interface Added {
  graph: FlowGraph;
  code: string;
}

function add(graph: FlowGraph, after: string, make: (copy: FlowGraph, way: FlowEdge) => string): Added | null {
  let code = "";
  const next = changed(graph, (copy) => {
    const way = mainWay(copy, after);
    if (way) code = make(copy, way);
  });
  return code ? { graph: next, code } : null;
}

/** A new step on the usual way behind `after`. */
export const addStep = (graph: FlowGraph, after: string): Added | null =>
  add(graph, after, (copy, way) => {
    const node = step(copy, "新步骤");
    splice(copy, way, node.code, node.code);
    return node.code;
  });

/** A condition to begin with, over the first fact or the outcome before. */
function firstCondition(graph: FlowGraph, after: string): string {
  const [fact] = Object.entries(graph.facts ?? {});
  if (fact) return fact[1] === "number" ? `${fact[0]} > 0` : fact[1] === "boolean" ? `${fact[0]} == true` : `${fact[0]} == ''`;
  const tasks = [after, ...before(graph, after)].map((code) => nodeOf(graph, code));
  const source = tasks.find((node) => node && STEPS.has(node.kind) && node.outcomes?.length);
  return source ? `outcomes.${source.code} == '${source.outcomes?.[0]?.code ?? ""}'` : "true == true";
}

/** A branch by condition behind `after`: one way with a new step, the other straight on. */
export const addBranch = (graph: FlowGraph, after: string): Added | null =>
  add(graph, after, (copy, way) => {
    const when = firstCondition(copy, after);
    const gateway: FlowNode = { code: freshCode(copy, "BRANCH"), name: "条件分支", kind: "exclusive" };
    copy.nodes.push(gateway);
    const node = step(copy, "满足条件时的步骤");
    copy.edges.push({ from: gateway.code, to: node.code, when }, { from: node.code, to: way.to });
    splice(copy, way, gateway.code, gateway.code);
    return gateway.code;
  });

/** Two steps at the same time behind `after`. */
export const addParallel = (graph: FlowGraph, after: string): Added | null =>
  add(graph, after, (copy, way) => {
    const fork: FlowNode = { code: freshCode(copy, "FORK"), name: "同时办理", kind: "fork" };
    const join: FlowNode = { code: freshCode(copy, "JOIN"), name: "全部办完", kind: "join" };
    copy.nodes.push(fork, join);
    for (const name of ["并行步骤一", "并行步骤二"]) {
      const node = step(copy, name);
      copy.edges.push({ from: fork.code, to: node.code }, { from: node.code, to: join.code });
    }
    splice(copy, way, fork.code, join.code);
    return fork.code;
  });

/** One more way out of a branch or a parallel block. */
export function addArm(graph: FlowGraph, gateway: string): Added | null {
  const kind = nodeOf(graph, gateway)?.kind;
  if (kind !== "exclusive" && kind !== "fork") return null;
  let code = "";
  const next = changed(graph, (copy) => {
    const target = kind === "fork" ? joinOf(copy, gateway) : outOf(copy, gateway).find((edge) => !edge.when)?.to;
    if (!target) return;
    const node = step(copy, kind === "fork" ? "并行步骤" : "满足条件时的步骤");
    code = node.code;
    const way: FlowEdge = { from: gateway, to: code, ...(kind === "exclusive" ? { when: firstCondition(copy, gateway) } : {}) };
    const at = copy.edges.findIndex((edge) => edge.from === gateway && !edge.when);
    copy.edges.splice(kind === "exclusive" ? at : copy.edges.length, 0, way);
    copy.edges.push({ from: code, to: target });
  });
  return code ? { graph: next, code } : null;
}

/** The join that ends a parallel block. */
export function joinOf(graph: FlowGraph, fork: string): string {
  const waiting: [string, number][] = outOf(graph, fork).map((edge) => [edge.to, 1]);
  const seen = new Set<string>();
  while (waiting.length) {
    const [code, depth] = waiting.shift() as [string, number];
    const kind = nodeOf(graph, code)?.kind;
    if (kind === "join" && depth === 1) return code;
    if (seen.has(code)) continue;
    seen.add(code);
    const deeper = depth + (kind === "fork" ? 1 : kind === "join" ? -1 : 0);
    waiting.push(...outOf(graph, code).map((edge): [string, number] => [edge.to, deeper]));
  }
  return "";
}

/** Whether the list may take this node away: start and the last end stay. */
export function removable(graph: FlowGraph, code: string): boolean {
  const kind = nodeOf(graph, code)?.kind;
  if (kind === "end") return graph.nodes.filter((node) => node.kind === "end").length > 1;
  return kind !== undefined && kind !== "start" && kind !== "join";
}

/** Take a node away: what led to it leads to where it led; a block goes with all but its first branch. */
export function remove(graph: FlowGraph, code: string): FlowGraph {
  if (!removable(graph, code)) return graph;
  return changed(graph, (copy) => {
    const reached = reach(copy);
    const join = nodeOf(copy, code)?.kind === "fork" ? joinOf(copy, code) : "";
    bypass(copy, code, nodeOf(copy, code)?.kind === "exclusive" ? outOf(copy, code).find((edge) => !edge.when)?.to : undefined);
    if (join) {
      const first = new Set([...reach(copy)].filter((one) => before(copy, join).has(one)));
      copy.edges = copy.edges.filter((edge) => edge.to !== join || first.has(edge.from));
      bypass(copy, join);
    }
    const now = reach(copy);
    for (const node of [...copy.nodes]) if (reached.has(node.code) && !now.has(node.code)) drop(copy, node.code);
  });
}

function bypass(graph: FlowGraph, code: string, to = mainWay(graph, code)?.to): void {
  if (to) for (const edge of graph.edges) if (edge.to === code && edge.from !== code) edge.to = to;
  if (!to) graph.edges = graph.edges.filter((edge) => edge.to !== code);
  drop(graph, code);
  graph.edges = graph.edges.filter((edge) => edge.from !== edge.to || !nodeOf(graph, edge.from) || nodeOf(graph, edge.from)?.kind === "task");
}

/** Remove a node and every mention of it. */
function drop(graph: FlowGraph, code: string): void {
  graph.nodes = graph.nodes.filter((node) => node.code !== code);
  graph.edges = graph.edges.filter((edge) => edge.from !== code && edge.to !== code);
  for (const node of graph.nodes) {
    if (node.return_to) node.return_to = node.return_to.filter((target) => target !== code);
    if (node.skips) node.skips = node.skips.filter((skip) => skip.to !== code);
    if (node.same_person_as === code) node.same_person_as = "";
  }
}

function reach(graph: FlowGraph): Set<string> {
  const found = new Set<string>();
  const waiting = graph.nodes.filter((node) => node.kind === "start").map((node) => node.code);
  while (waiting.length) {
    const code = waiting.pop() as string;
    if (!found.has(code)) {
      found.add(code);
      waiting.push(...outOf(graph, code).map((edge) => edge.to));
    }
  }
  return found;
}

/** The step before (-1) or behind (1) it on the usual way, if the two may change places. */
export function neighbour(graph: FlowGraph, code: string, by: -1 | 1): string {
  const isStep = (one: string): boolean => STEPS.has(nodeOf(graph, one)?.kind ?? "");
  if (!isStep(code)) return "";
  if (by === 1) {
    const next = mainWay(graph, code)?.to ?? "";
    return isStep(next) && !before(graph, code).has(next) ? next : "";
  }
  const found = graph.edges.filter((edge) => edge.to === code && isStep(edge.from) && mainWay(graph, edge.from)?.to === code);
  return found.find((edge) => !before(graph, edge.from).has(code))?.from ?? "";
}

/** Let a step change places with its neighbour. */
export function move(graph: FlowGraph, code: string, by: -1 | 1): FlowGraph {
  const other = neighbour(graph, code, by);
  if (!other) return graph;
  const [first, second] = by === 1 ? [code, other] : [other, code];
  return changed(graph, (copy) => {
    const target = mainWay(copy, second)?.to ?? "";
    for (const edge of copy.edges) {
      if (edge.to === first && edge.from !== second) edge.to = second;
      else if (edge.from === first && edge.to === second) edge.to = target;
      else if (edge.from === second && edge.to === target) edge.to = first;
    }
  });
}

/** Where an outcome leads: its own edge, else the edge for all. */
export function targetOf(graph: FlowGraph, code: string, outcome: string): string {
  const found = outOf(graph, code);
  return (found.find((edge) => edge.outcome === outcome) ?? found.find((edge) => !edge.outcome))?.to ?? "";
}

/** Let an outcome lead elsewhere; every outcome then has a way of its own where they differ. */
export function setTarget(graph: FlowGraph, code: string, outcome: string, to: string): FlowGraph {
  return changed(graph, (copy) => {
    const outcomes = (nodeOf(copy, code)?.outcomes ?? []).map((one) => one.code);
    const targets = outcomes.map((one) => (one === outcome ? to : targetOf(copy, code, one)));
    const rest = copy.edges.filter((edge) => edge.from !== code);
    const all = new Set(targets);
    const own = all.size === 1 ? [{ from: code, to }] : outcomes.map((one, index) => ({ from: code, to: targets[index] ?? "", outcome: one }));
    copy.edges = [...rest, ...own.filter((edge) => edge.to)];
  });
}

/** Give a node another code, everywhere it is named. */
export function rename(graph: FlowGraph, from: string, to: string): FlowGraph {
  return changed(graph, (copy) => {
    for (const node of copy.nodes) {
      if (node.code === from) node.code = to;
      if (node.same_person_as === from) node.same_person_as = to;
      node.return_to = node.return_to?.map((code) => (code === from ? to : code));
      for (const skip of node.skips ?? []) if (skip.to === from) skip.to = to;
    }
    for (const edge of copy.edges) {
      if (edge.from === from) edge.from = to;
      if (edge.to === from) edge.to = to;
      if (edge.when) edge.when = edge.when.replace(new RegExp(`outcomes\\.${from}\\b`, "g"), `outcomes.${to}`);
    }
  });
}

/** Replace one node; ways of outcomes that are gone go with them. */
export function withNode(graph: FlowGraph, node: FlowNode): FlowGraph {
  const codes = new Set((node.outcomes ?? []).map((outcome) => outcome.code));
  return {
    ...graph,
    nodes: graph.nodes.map((one) => (one.code === node.code ? node : one)),
    edges: graph.edges.filter((edge) => edge.from !== node.code || !edge.outcome || codes.has(edge.outcome)),
  };
}

/** A way for an outcome that ends the case: a new end node. */
export function leadToEnd(graph: FlowGraph, code: string, outcome: string): FlowGraph {
  const end: FlowNode = { code: freshCode(graph, "END"), name: nodeOf(graph, code)?.outcomes?.find((one) => one.code === outcome)?.label || "结束", kind: "end", case_status: "DONE" };
  return setTarget({ ...graph, nodes: [...graph.nodes, end] }, code, outcome, end.code);
}

/** The node of a supplement or of the special procedure; there is at most one of each. */
export function addSide(graph: FlowGraph, kind: "supplement" | "special"): Added | null {
  if (graph.nodes.some((node) => node.kind === kind)) return null;
  const code = freshCode(graph, kind === "supplement" ? "SUPPLEMENT" : "SPECIAL");
  const node: FlowNode =
    kind === "supplement" ? { code, kind, name: "补正", role: "applicant", case_status: "SUPPLEMENT", limit_days: 15 } : { code, kind, name: "特别程序", case_status: "SPECIAL" };
  return { graph: { ...graph, nodes: [...graph.nodes, node] }, code };
}
