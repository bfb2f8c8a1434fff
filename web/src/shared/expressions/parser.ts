/** From text to syntax tree: recursive descent with limits on length, tokens and nesting. */
import { Decimal } from "./decimal";
import { ExpressionError } from "./errors";
import { BUILT_IN } from "./functions";
import * as node from "./nodes";
import type { Node } from "./nodes";
import type { Value } from "./values";

const MAX_CHARACTERS = 2000;
const MAX_TOKENS = 500;
const MAX_DEPTH = 32;
const KEYWORDS = new Set(["and", "or", "not", "in", "true", "false", "null", "if"]);
const CONSTANTS = new Map<string, Value>([["true", true], ["false", false], ["null", null]]);
const TOKEN =
  // eslint-disable-next-line no-control-regex
  /[ \t]*(?:([0-9]{1,30}(?:\.[0-9]{1,20})?(?![0-9A-Za-z_.]))|([A-Za-z_][A-Za-z0-9_]*)|('[^'\x00-\x1f]*'|"[^"\x00-\x1f]*")|(==|!=|<=|>=|[-+*/<>()[\],.]))/y;

interface Token {
  kind: "number" | "word" | "string" | "symbol" | "end";
  text: string;
  position: number;
}

function tokensOf(text: string): Token[] {
  const found: Token[] = [];
  const end = text.replace(/[ \t]+$/, "").length;
  TOKEN.lastIndex = 0;
  let position = 0;
  while (position < end) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (!match) throw new ExpressionError(`第 ${position + 1} 个字符附近无法识别`);
    position = TOKEN.lastIndex;
    const kinds = ["number", "word", "string", "symbol"] as const;
    const group = kinds.findIndex((_, i) => match[i + 1] !== undefined);
    const word = match[group + 1] ?? "";
    found.push({ kind: kinds[group] ?? "symbol", text: word, position: position - word.length });
    if (found.length > MAX_TOKENS) throw new ExpressionError(`表达式过长（最多 ${MAX_TOKENS} 个词）`);
  }
  return [...found, { kind: "end", text: "", position: end }];
}

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): Node {
    const root = this.expression();
    if (this.token.kind !== "end") throw this.fail();
    return root;
  }

  private get token(): Token {
    return this.tokens[this.at] as Token;
  }

  private fail(): ExpressionError {
    const found = this.token.kind === "end" ? "结尾" : `“${this.token.text}”`;
    return new ExpressionError(`第 ${this.token.position + 1} 个字符处不应为${found}`);
  }

  private take(...spellings: string[]): string | null {
    const { kind, text } = this.token;
    if ((kind !== "word" && kind !== "symbol") || !spellings.includes(text)) return null;
    this.at += 1;
    return text;
  }

  private expect(spelling: string): void {
    if (this.take(spelling) === null) throw this.fail();
  }

  private nested<T>(inside: () => T): T {
    if (this.depth >= MAX_DEPTH) throw new ExpressionError(`嵌套过深（最多 ${MAX_DEPTH} 层）`);
    this.depth += 1;
    const result = inside();
    this.depth -= 1;
    return result;
  }

  private expression(): Node {
    return this.logic("or", true, () => this.logic("and", false, () => this.negation()));
  }

  private logic(keyword: string, decider: boolean, next: () => Node): Node {
    const first = next();
    const operands = [first];
    while (this.take(keyword)) operands.push(next());
    return operands.length === 1 ? first : node.logic(decider, operands);
  }

  private negation(): Node {
    if (this.take("not")) return this.nested(() => node.negation(this.negation()));
    return this.comparison();
  }

  private comparison(): Node {
    const left = this.sum();
    const operator = this.take("==", "!=", "<", "<=", ">", ">=");
    if (operator) return node.comparison(operator, left, this.sum());
    if (this.take("in")) return node.comparison("in", left, this.listOrPath());
    if (this.take("not")) {
      this.expect("in");
      return node.comparison("not in", left, this.listOrPath());
    }
    return left;
  }

  private listAhead(): boolean {
    return this.token.kind === "symbol" && this.token.text === "[";
  }

  private listOrPath(): Node {
    return this.listAhead() ? this.list() : this.path();
  }

  private sum(): Node {
    return this.chain(["+", "-"], () => this.chain(["*", "/"], () => this.unary()));
  }

  private chain(operators: string[], next: () => Node): Node {
    const first = next();
    const rest: Array<readonly [string, Node]> = [];
    for (let operator = this.take(...operators); operator; operator = this.take(...operators))
      rest.push([operator, next()]);
    return rest.length ? node.chain(first, rest) : first;
  }

  private unary(): Node {
    if (this.take("-")) return this.nested(() => node.chain(node.literal(Decimal.ZERO), [["-", this.unary()]]));
    return this.primary();
  }

  private primary(): Node {
    const { kind, text } = this.token;
    if (kind === "number" || kind === "string") {
      this.at += 1;
      return node.literal(kind === "number" ? Decimal.ofText(text) : text.slice(1, -1) || null);
    }
    if (kind === "word") return this.word();
    this.expect("(");
    const inner = this.nested(() => this.expression());
    this.expect(")");
    return inner;
  }

  private word(): Node {
    const word = this.token.text;
    const after = this.tokens[this.at + 1];
    const constant = CONSTANTS.get(word);
    if (constant !== undefined) {
      this.at += 1;
      return node.literal(constant);
    }
    const opens = after?.kind === "symbol" && after.text === "(";
    return opens && (word === "if" || !KEYWORDS.has(word)) ? this.call() : this.path();
  }

  private path(): Node {
    const segments = [this.identifier()];
    while (this.take(".")) segments.push(this.identifier());
    return node.path(segments);
  }

  private identifier(): string {
    const { kind, text } = this.token;
    if (kind !== "word" || KEYWORDS.has(text)) throw this.fail();
    this.at += 1;
    return text;
  }

  private call(): Node {
    const name = this.token.text;
    this.at += 1;
    const parts = this.sequence("(", ")", () => (this.listAhead() ? this.list() : this.expression()));
    const [least, most] = name === "if" ? [3, 3] : name === "coalesce" ? [1, Infinity] : (BUILT_IN.get(name)?.slice(1) as number[]) ?? [0, Infinity];
    if (parts.length < (least ?? 0) || parts.length > (most ?? Infinity))
      throw new ExpressionError(`函数 ${name} 的参数个数不对`);
    if (name === "if") return node.choice(...(parts as [Node, Node, Node]));
    return name === "coalesce" ? node.coalesce(parts) : node.call(name, parts);
  }

  private list(): Node {
    return node.list(this.sequence("[", "]", () => this.expression()));
  }

  private sequence(opening: string, closing: string, item: () => Node): Node[] {
    this.expect(opening);
    return this.nested(() => {
      const items: Node[] = [];
      if (this.take(closing)) return items;
      items.push(item());
      while (this.take(",")) items.push(item());
      this.expect(closing);
      return items;
    });
  }
}

/** The syntax tree of the text; throws `ExpressionError` with the place of the fault. */
export function parseTree(text: string): Node {
  if (Array.from(text).length > MAX_CHARACTERS)
    throw new ExpressionError(`表达式须为不超过 ${MAX_CHARACTERS} 个字符的文字`);
  return new Parser(tokensOf(text)).parse();
}
