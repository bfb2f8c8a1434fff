/** Values of the expression language: equality, order, membership, arithmetic. */
import { Decimal } from "./decimal";
import { ExpressionError } from "./errors";

export type Row = { readonly [key: string]: unknown };
export type Value = null | boolean | string | Decimal | readonly unknown[] | Row;
export type Facts = Row;

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
export const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Decimal);

/** A fact as a value: '' and what is missing become null, numbers become decimals. */
export function asValue(raw: unknown): Value {
  if (raw === null || raw === undefined || raw === "") return null;
  if (typeof raw === "boolean" || typeof raw === "string") return raw;
  if (typeof raw === "number") return Decimal.ofNumber(raw);
  if (raw instanceof Decimal || isList(raw) || isRow(raw)) return raw;
  throw new ExpressionError("不能用于计算的数据类型");
}

/** The value as a number if it is one or is a numeric text, else null. */
export function asNumber(value: Value): Decimal | null {
  if (value instanceof Decimal) return value;
  return typeof value === "string" ? Decimal.ofText(value) : null;
}

/** What a value is called in messages. */
export function kind(value: Value): string {
  if (typeof value === "boolean") return "是否值";
  if (value instanceof Decimal) return "数值";
  if (typeof value === "string") return "文字";
  return value === null ? "空值" : "列表";
}

/** An operand of arithmetic: null stays null, what is not a number is an error. */
export function operand(value: Value): Decimal | null {
  if (value === null) return null;
  const number = asNumber(value);
  if (number === null) throw new ExpressionError(`需要数值，得到${kind(value)}`);
  return number;
}

/** `left operator right`; null if either is null. */
export function arithmetic(operator: string, left: Value, right: Value): Decimal | null {
  const a = operand(left);
  const b = operand(right);
  if (a === null || b === null) return null;
  if (operator === "+") return a.plus(b);
  if (operator === "-") return a.minus(b);
  return operator === "*" ? a.times(b) : a.over(b);
}

/** Equality of scalars; a number equals numbers and numeric texts, null only null. */
export function equal(left: Value, right: Value): boolean {
  for (const side of [left, right]) if (isList(side) || isRow(side)) throw new ExpressionError("列表不能直接比较");
  if (left === null || right === null) return left === null && right === null;
  if (typeof left === "boolean" || typeof right === "boolean") return left === right;
  if (left instanceof Decimal || right instanceof Decimal) {
    const [a, b] = [asNumber(left), asNumber(right)];
    return a !== null && b !== null && a.compare(b) === 0;
  }
  return left === right;
}

function byCodePoint(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
}

/** -1, 0 or 1; null if a side is null; an error when the two have no common order. */
export function order(left: Value, right: Value): number | null {
  if (left === null || right === null) return null;
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== null && b !== null) return a.compare(b);
  if (typeof left === "string" && typeof right === "string") return byCodePoint(left, right);
  throw new ExpressionError(`${kind(left)}与${kind(right)}不能比较大小`);
}

/** Whether the value equals an element of the list; null if either side is null. */
export function member(value: Value, elements: Value): boolean | null {
  if (value === null || elements === null) return null;
  if (!isList(elements)) throw new ExpressionError("in 右边需要列表");
  return elements.some((element) => equal(value, asValue(element)));
}
