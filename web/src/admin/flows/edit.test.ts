import { describe, expect, it } from "vitest";
import { readCondition, writeCondition } from "./conditions";
import { addArm, addBranch, addParallel, addSide, addStep, joinOf, leadToEnd, move, neighbour, remove, rename, setTarget, targetOf } from "./edit";
import { nodeOf, outOf, rows, settled, type FlowGraph } from "./graph";

const task = (code: string, more = {}) => ({ code, name: code, kind: "task", role: "handler", outcomes: [{ code: "OK" }], ...more });
const base = (): FlowGraph => ({
  code: "P",
  facts: { area: "number" },
  nodes: [
    { code: "S", kind: "start" },
    task("A"),
    task("B", { outcomes: [{ code: "YES" }, { code: "NO" }], return_to: ["A"] }),
    task("C", { same_person_as: "A" }),
    { code: "E", kind: "end" },
    { code: "X", kind: "end" },
  ],
  edges: [
    { from: "S", to: "A" },
    { from: "A", to: "B" },
    { from: "B", to: "C", outcome: "YES" },
    { from: "B", to: "X", outcome: "NO" },
    { from: "C", to: "E" },
  ],
});
const order = (graph: FlowGraph) => rows(graph).map((row) => row.node.code);
const lead = (graph: FlowGraph, code: string) => outOf(graph, code).map((edge) => edge.to);

describe("the list of steps", () => {
  it("goes from the start on, ends last", () => expect(order(base())).toEqual(["S", "A", "B", "C", "E", "X"]));

  it("adds a step on the usual way", () => {
    const added = addStep(base(), "B");
    expect(added && lead(added.graph, "B")).toEqual(["STEP1", "X"]);
    expect(added && lead(added.graph, "STEP1")).toEqual(["C"]);
  });

  it("adds a branch with a condition and a way for the other cases", () => {
    const added = addBranch(base(), "A");
    expect(added?.graph.edges.filter((edge) => edge.from === "BRANCH1")).toEqual([
      { from: "BRANCH1", to: "STEP1", when: "area > 0" },
      { from: "BRANCH1", to: "B" },
    ]);
  });

  it("adds parallel steps, one more beside them, and takes them away again", () => {
    const added = addParallel(base(), "A");
    const fork = added?.graph as FlowGraph;
    expect(joinOf(fork, "FORK1")).toBe("JOIN1");
    expect(rows(fork).find((row) => row.node.code === "STEP1")?.depth).toBe(1);
    const wider = addArm(fork, "FORK1")?.graph as FlowGraph;
    expect(lead(wider, "FORK1")).toEqual(["STEP1", "STEP2", "STEP3"]);
    const back = remove(wider, "FORK1");
    expect(order(back)).toEqual(["S", "A", "STEP1", "B", "C", "E", "X"]);
  });

  it("takes a step away with every mention of it", () => {
    const left = remove(base(), "A");
    expect(lead(left, "S")).toEqual(["B"]);
    expect(nodeOf(left, "B")?.return_to).toEqual([]);
    expect(nodeOf(left, "C")?.same_person_as).toBe("");
  });

  it("takes a branch away with the steps only it led to", () => {
    const added = addBranch(base(), "A")?.graph as FlowGraph;
    expect(order(remove(added, "BRANCH1"))).toEqual(order(base()));
  });

  it("lets neighbours change places and keeps the side ways", () => {
    expect(neighbour(base(), "B", 1)).toBe("C");
    const moved = move(base(), "A", 1);
    expect(order(moved)).toEqual(["S", "B", "A", "C", "E", "X"]);
    expect(targetOf(moved, "B", "NO")).toBe("X");
    expect(order(move(moved, "A", -1))).toEqual(order(base()));
    expect(move(base(), "S", 1)).toEqual(base());
  });

  it("gives each outcome its own way where they differ, one for all where not", () => {
    const one = setTarget(base(), "B", "NO", "C");
    expect(outOf(one, "B")).toEqual([{ from: "B", to: "C" }]);
    expect(outOf(setTarget(one, "B", "YES", "E"), "B")).toHaveLength(2);
  });

  it("renames a node everywhere", () => {
    const named = rename(base(), "A", "N10");
    expect(nodeOf(named, "B")?.return_to).toEqual(["N10"]);
    expect(lead(named, "S")).toEqual(["N10"]);
  });

  it("lets an outcome end the case, and adds a supplement once", () => {
    const ended = leadToEnd(base(), "C", "OK");
    expect(nodeOf(ended, targetOf(ended, "C", "OK"))?.kind).toBe("end");
    const sided = addSide(base(), "supplement")?.graph as FlowGraph;
    expect(addSide(sided, "supplement")).toBeNull();
  });

  it("writes shortcuts of outcomes as ways", () => {
    const graph = base();
    graph.nodes[1] = task("A", { outcomes: [{ code: "OK", to: "C" }] });
    expect(targetOf(settled(graph), "A", "OK")).toBe("C");
  });
});

describe("conditions", () => {
  it("come back as they were", () => {
    for (const [text, type] of [["area >= 1000", "number"], ["outcomes.N50 == 'APPROVE'", "text"], ["urgent != true", "boolean"]] as const) {
      const read = readCondition(text);
      expect(read && writeCondition(read, type)).toBe(text);
    }
    expect(readCondition("area > 1 and urgent")).toBeNull();
  });
});
