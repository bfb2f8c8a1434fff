import { expect, test } from "vitest";
import vectors from "./cases.json";
import { Decimal, parse, type Facts, type Value } from ".";

interface Vector {
  expression: string;
  facts: "common" | Facts;
  number?: string;
  value?: unknown;
  error?: boolean;
}

function plain(value: Value): unknown {
  return value instanceof Decimal ? { number: value.toString() } : Array.isArray(value) ? value.map(plain) : value;
}

const shortest = (digits: string) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);

for (const [index, vector] of (vectors.cases as Vector[]).entries()) {
  test(`vector ${index}: ${vector.expression.slice(0, 60)}`, () => {
    const facts = vector.facts === "common" ? (vectors.common as Facts) : vector.facts;
    const run = () => parse(vector.expression).evaluate(facts);
    if (vector.error) {
      expect(run).toThrow();
    } else if (vector.number !== undefined) {
      const value = run();
      expect(value).toBeInstanceOf(Decimal);
      expect(shortest(String(value))).toBe(shortest(vector.number));
    } else {
      expect(plain(run())).toEqual(vector.value);
    }
  });
}

test("an expression names its paths and the functions it needs from outside", () => {
  const expression = parse("required_area(land_use, a.b) + sum(land_use.far_area)");
  expect([...expression.names()]).toEqual(["land_use", "a.b", "land_use.far_area"]);
  expect([...expression.calls()]).toEqual(["required_area"]);
});

test("nothing of the browser is reachable", () => {
  expect(parse("a.constructor").evaluate({ a: {} })).toBeNull();
  expect(parse("__proto__").evaluate({})).toBeNull();
});
