/**
 * One look at the data in the browser: what is visible, what is required, what is computed, what is wrong.
 *
 * The same rules as the server's room `forms`; what needs the server's functions is left to it: such
 * computed values stay as the last save returned them, such checks are not judged here. Keys are paths
 * like `land_use.0.far_area`.
 */
import { asNumber, Decimal, type Expression, ExpressionError, type Facts, type Value } from "../expressions";
import { grouped } from "../format";
import { LOCAL_FUNCTIONS, type Check, type Field, type Form } from "./compiled";
import { FORMATS } from "./identifiers";
import { isEmpty, judge } from "./judge";
import type { Cell, FormData, RowData } from "./types";

export interface Evaluation {
  hidden: Set<string>;
  required: Set<string>;
  computed: Map<string, Cell>;
  errors: Map<string, string>;
  warnings: Map<string, string>;
}
type Mutable = Record<string, unknown>;

const FUNCTIONS = {
  has_format: (value: Value, name: Value): Value =>
    value === null ? null : typeof value === "string" && (FORMATS[String(name)]?.holds(value) ?? false),
};
const local = (expression: Expression) => [...expression.calls()].every((name) => LOCAL_FUNCTIONS.has(name));

function quietly(expression: Expression, facts: Facts): Value | undefined {
  try {
    return expression.evaluate(facts, FUNCTIONS);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

function fitted(field: Field, value: Value | undefined): Cell {
  if (value === undefined || value === null) return null;
  const number = asNumber(value);
  if (field.raw.type === "decimal" || field.raw.type === "integer") return number?.round(field.scale).toString() ?? null;
  return value instanceof Decimal ? value.toString() : typeof value === "string" || typeof value === "boolean" ? value : null;
}

class Look {
  readonly result: Evaluation = { hidden: new Set(), required: new Set(), computed: new Map(), errors: new Map(), warnings: new Map() };
  readonly facts: Mutable = {};

  constructor(
    private readonly form: Form,
    private readonly data: FormData,
  ) {}

  run(): Evaluation {
    for (const field of this.form.order) {
      if (field.raw.type === "table") this.table(field);
      else this.value(field, field.path, this.data[field.path] as Cell, this.facts, this.facts);
    }
    for (const field of this.form.order) this.verdict(field);
    return this.result;
  }

  /** Put one value (or cell) into `target` unless it is hidden. */
  private value(field: Field, key: string, raw: Cell, target: Mutable, facts: Mutable): void {
    const judged = judge(field, raw);
    target[field.path] = judged.fault ? null : judged.value;
    if (field.visible && quietly(field.visible, facts) !== true) {
      this.result.hidden.add(key);
      target[field.path] = null;
      return;
    }
    if (field.computed && !field.remote) {
      const computed = fitted(field, quietly(field.computed, facts));
      target[field.path] = computed;
      this.result.computed.set(key, computed);
    } else if (judged.fault) this.result.errors.set(key, judged.fault);
  }

  private table(field: Field): void {
    const lines = this.data[field.path];
    const rows = Array.isArray(lines) ? (lines as RowData[]) : [];
    const facts = rows.map((line) => {
      const row: Mutable = {};
      for (const column of field.columns) row[column.path] = judge(column, line[column.path]).fault ? null : judge(column, line[column.path]).value;
      return row;
    });
    this.facts[field.path] = facts;
    if (field.visible && quietly(field.visible, this.facts) !== true) {
      this.result.hidden.add(field.path);
      this.facts[field.path] = null;
      return;
    }
    facts.forEach((row, index) => {
      const seen = { ...this.facts, row };
      for (const column of field.columns)
        this.value(column, `${field.path}.${index}.${column.path}`, rows[index]?.[column.path], row, seen);
    });
  }

  private verdict(field: Field): void {
    if (this.result.hidden.has(field.path)) return;
    this.requirement(field, field.path, this.facts);
    this.checks(field, field.path, this.facts, null);
    const rows = field.raw.type === "table" ? ((this.facts[field.path] as Mutable[] | null) ?? []) : [];
    rows.forEach((row, index) => {
      const seen = { ...this.facts, row };
      for (const column of field.columns) {
        const key = `${field.path}.${index}.${column.path}`;
        if (this.result.hidden.has(key)) continue;
        this.requirement(column, key, seen);
        this.checks(column, key, seen, field);
      }
    });
  }

  private requirement(field: Field, key: string, facts: Mutable): void {
    const { required } = field;
    if (typeof required === "boolean" ? required : local(required) && quietly(required, facts) === true)
      this.result.required.add(key);
  }

  private checks(field: Field, key: string, facts: Mutable, table: Field | null): void {
    for (const check of field.checks) {
      if (!local(check.rule) || quietly(check.rule, facts) !== false) continue;
      const target = check.isError ? this.result.errors : this.result.warnings;
      if (!target.has(key)) target.set(key, this.message(check, facts, table));
    }
  }

  private message(check: Check, facts: Mutable, table: Field | null): string {
    return check.message.map((piece) => (typeof piece === "string" ? piece : this.place(piece, facts, table))).join("");
  }

  private place(expression: Expression, facts: Mutable, table: Field | null): string {
    const value = quietly(expression, facts);
    if (isEmpty(value)) return "（未填）";
    const known = [...expression.names()].map((name) => this.known(name, table)).filter((one): one is Field => one !== null);
    const numeric = known.filter((one) => ["decimal", "integer"].includes(one.raw.type));
    const number = value === undefined ? null : asNumber(value);
    if (number && numeric.length) return grouped(number.round(Math.max(...numeric.map((one) => one.scale))).toString());
    return known[0]?.labels.get(String(value)) ?? String(value);
  }

  private known(name: string, table: Field | null): Field | null {
    const [first = "", second] = name.split(".");
    const holder = first === "row" ? table : (this.form.fields.get(first) ?? null);
    return second ? (holder?.columns.find((column) => column.path === second) ?? null) : holder;
  }
}

/** Look at the data once; never throws. */
export function evaluateForm(form: Form, data: FormData): Evaluation {
  return new Look(form, data).run();
}
