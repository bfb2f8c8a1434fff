/** Built-in functions that take evaluated arguments. */
import { Decimal } from "./decimal";
import { ExpressionError } from "./errors";
import { arithmetic, asValue, equal, isList, isRow, member, operand, type Value } from "./values";

type BuiltIn = (...parameters: Value[]) => Value;

function elements(value: Value): Value[] {
  if (value === null) return [];
  if (!isList(value)) throw new ExpressionError("需要列表");
  return value.map(asValue);
}

const whole = (n: number) => Decimal.ofNumber(n);
const wanted = (value: Value): readonly unknown[] => (isList(value) ? value : [value]);
const present = (values: Value[]) => values.filter((value) => value !== null);

function total(values: Value[]): Decimal {
  let sum: Decimal = Decimal.ZERO;
  for (const value of present(values)) sum = arithmetic("+", sum, value) ?? Decimal.ZERO;
  return sum;
}

function extreme(sign: number, parameters: Value[]): Decimal | null {
  let found: Decimal | null = null;
  for (const value of parameters.flatMap((parameter) => (isList(parameter) ? elements(parameter) : [parameter]))) {
    const number = operand(value);
    if (number !== null && (found === null || number.compare(found) * sign > 0)) found = number;
  }
  return found;
}

function sumIf(values: Value, keys: Value, chosen: Value): Decimal {
  const [list, by] = [elements(values), elements(keys)];
  return total(list.slice(0, by.length).filter((_, i) => member(by[i] ?? null, wanted(chosen)) === true));
}

function unique(values: Value): boolean {
  const list = present(elements(values));
  if (list.every((value) => typeof value === "string")) return new Set(list).size === list.length;
  return !list.some((a, i) => list.slice(i + 1).some((b) => equal(a, b)));
}

function round(value: Value, places: Value): Decimal | null {
  const [number, digits] = [operand(value), operand(places)];
  if (number === null) return null;
  const count = digits?.whole() ?? null;
  if (count === null || count < 0 || count > 10) throw new ExpressionError("round 的小数位数须为 0 至 10 的整数");
  return number.round(count);
}

function length(value: Value): Decimal {
  if (value === null) return Decimal.ZERO;
  if (typeof value === "string") return whole(Array.from(value).length);
  if (isList(value)) return whole(value.length);
  throw new ExpressionError("length 需要文字或列表");
}

function dayNumber(value: Value): number {
  const match = typeof value === "string" ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  const at = match ? new Date(`${match[0]}T00:00:00Z`) : null;
  if (!at || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== value)
    throw new ExpressionError("日期须为 YYYY-MM-DD");
  return at.getTime() / 86_400_000;
}

/** name → function, least and most arguments. */
export const BUILT_IN: ReadonlyMap<string, readonly [BuiltIn, number, number]> = new Map<
  string,
  readonly [BuiltIn, number, number]
>([
  ["sum", [(values = null) => total(elements(values)), 1, 1]],
  ["count", [(values = null) => whole(present(elements(values)).length), 1, 1]],
  ["min", [(...all) => extreme(-1, all), 1, 20]],
  ["max", [(...all) => extreme(1, all), 1, 20]],
  ["sum_if", [(values = null, keys = null, chosen = null) => sumIf(values, keys, chosen), 3, 3]],
  [
    "count_if",
    [(keys = null, chosen = null) => whole(elements(keys).filter((key) => member(key, wanted(chosen)) === true).length), 2, 2],
  ],
  ["unique", [(values = null) => unique(values), 1, 1]],
  ["abs", [(value = null) => operand(value)?.abs() ?? null, 1, 1]],
  ["round", [(value = null, places = null) => round(value, places), 2, 2]],
  ["length", [(value = null) => length(value), 1, 1]],
  [
    "empty",
    [
      (value = null) =>
        value === null || (isList(value) ? value.length === 0 : isRow(value) && Object.keys(value).length === 0),
      1,
      1,
    ],
  ],
  [
    "days",
    [(from = null, to = null) => (from === null || to === null ? null : whole(dayNumber(to) - dayNumber(from))), 2, 2],
  ],
]);
