/** The syntax tree, each node as a closure over its parts. */
import { BUILT_IN } from "./functions";
import { ExpressionError } from "./errors";
import { arithmetic, asValue, equal, isList, isRow, member, order, type Facts, type Value } from "./values";

export type Functions = { readonly [name: string]: (...parameters: Value[]) => unknown };
export interface Environment {
  readonly facts: Facts;
  readonly functions: Functions;
}
export interface Node {
  readonly parts: readonly Node[];
  readonly path?: string;
  readonly called?: string;
  evaluate(env: Environment): Value;
}

const own = (row: object, key: string): unknown =>
  Object.prototype.hasOwnProperty.call(row, key) ? (row as Record<string, unknown>)[key] : undefined;

function step(value: unknown, segment: string): unknown {
  if (isList(value)) return value.map((row) => (isRow(row) ? (own(row, segment) ?? null) : null));
  return isRow(value) ? own(value, segment) : null;
}

function truth(value: Value): boolean | null {
  if (value === null || typeof value === "boolean") return value;
  throw new ExpressionError("and、or、not 只能连接条件");
}

export const literal = (value: Value): Node => ({ parts: [], evaluate: () => value });

export const path = (segments: readonly string[]): Node => ({
  parts: [],
  path: segments.join("."),
  evaluate(env) {
    let value: unknown = env.facts;
    for (const segment of segments) {
      value = step(value, segment);
      if (value === null || value === undefined) return null;
    }
    return asValue(value);
  },
});

export const list = (parts: readonly Node[]): Node => ({
  parts,
  evaluate: (env) => parts.map((part) => part.evaluate(env)),
});

/** `first op second op …` of one arithmetic level, applied from the left. */
export const chain = (first: Node, rest: readonly (readonly [string, Node])[]): Node => ({
  parts: [first, ...rest.map(([, node]) => node)],
  evaluate: (env) =>
    rest.reduce<Value>((value, [operator, node]) => arithmetic(operator, value, node.evaluate(env)), first.evaluate(env)),
});

const SIGNS: Record<string, (sign: number) => boolean> = {
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

export const comparison = (operator: string, left: Node, right: Node): Node => ({
  parts: [left, right],
  evaluate(env) {
    const [a, b] = [left.evaluate(env), right.evaluate(env)];
    if (operator === "==" || operator === "!=") return equal(a, b) === (operator === "==");
    if (operator === "in" || operator === "not in") {
      const inside = member(a, b);
      return inside === null ? null : inside === (operator === "in");
    }
    const sign = order(a, b);
    return sign === null ? null : (SIGNS[operator]?.(sign) ?? null);
  },
});

/** `and` (decided by false) or `or` (decided by true). */
export const logic = (decider: boolean, parts: readonly Node[]): Node => ({
  parts,
  evaluate(env) {
    let unknown = false;
    for (const part of parts) {
      const value = truth(part.evaluate(env));
      if (value === decider) return decider;
      unknown = unknown || value === null;
    }
    return unknown ? null : !decider;
  },
});

export const negation = (part: Node): Node => ({
  parts: [part],
  evaluate(env) {
    const value = truth(part.evaluate(env));
    return value === null ? null : !value;
  },
});

export const choice = (condition: Node, then: Node, otherwise: Node): Node => ({
  parts: [condition, then, otherwise],
  evaluate: (env) => (truth(condition.evaluate(env)) === true ? then : otherwise).evaluate(env),
});

export const coalesce = (parts: readonly Node[]): Node => ({
  parts,
  evaluate(env) {
    for (const part of parts) {
      const value = part.evaluate(env);
      if (value !== null) return value;
    }
    return null;
  },
});

export const call = (name: string, parts: readonly Node[]): Node => ({
  parts,
  called: name,
  evaluate(env) {
    const parameters = parts.map((part) => part.evaluate(env));
    const builtIn = BUILT_IN.get(name);
    if (builtIn) return builtIn[0](...parameters);
    const registered = own(env.functions, name) as Functions[string] | undefined;
    if (!registered) throw new ExpressionError(`没有名为 ${name} 的函数`);
    return asValue(registered(...parameters));
  },
});
