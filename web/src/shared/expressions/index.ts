/**
 * The closed expression grammar of forms and processes in the browser: the twin of
 * `minfang.kernel.expressions` (grammar and values are described there). `cases.json` holds the
 * vectors both must satisfy.
 */
import type { Functions, Node } from "./nodes";
import { BUILT_IN } from "./functions";
import { parseTree } from "./parser";
import type { Facts, Value } from "./values";

export { Decimal } from "./decimal";
export { ExpressionError } from "./errors";
export type { Functions } from "./nodes";
export { asNumber, asValue, type Facts, type Row, type Value } from "./values";

function* walk(root: Node): Generator<Node> {
  yield root;
  for (const part of root.parts) yield* walk(part);
}

/** A parsed expression. */
export class Expression {
  constructor(
    readonly text: string,
    private readonly root: Node,
  ) {}

  /** The value for these facts; throws only `ExpressionError`. */
  evaluate(facts: Facts, functions: Functions = {}): Value {
    return this.root.evaluate({ facts, functions });
  }

  /** Every dotted path the expression looks at. */
  names(): Set<string> {
    return new Set(Array.from(walk(this.root), (part) => part.path ?? "").filter(Boolean));
  }

  /** Names of the registered (not built-in) functions it needs. */
  calls(): Set<string> {
    return new Set(Array.from(walk(this.root), (part) => part.called ?? "").filter((name) => name && !BUILT_IN.has(name)));
  }
}

const parsed = new Map<string, Expression>();

/** Parse an expression (each text once). */
export function parse(text: string): Expression {
  let found = parsed.get(text);
  if (!found) {
    found = new Expression(text, parseTree(text));
    parsed.set(text, found);
  }
  return found;
}
