/** A form definition made ready to run: expressions parsed, options found, order of evaluation known. */
import { Decimal, parse, type Expression } from "../expressions";
import type { Choice, FieldDefinition, FormDefinition } from "./types";

export interface Check {
  rule: Expression;
  message: Array<string | Expression>;
  isError: boolean;
  basis: string;
}
export interface Field {
  readonly path: string;
  readonly label: string;
  readonly raw: FieldDefinition;
  readonly step: string;
  readonly required: boolean | Expression;
  readonly visible: Expression | null;
  readonly computed: Expression | null;
  /** The computation needs functions only the server has; its value arrives with each save. */
  readonly remote: boolean;
  readonly checks: Check[];
  readonly options: Choice[];
  readonly labels: Map<string, string>;
  readonly pattern: RegExp | null;
  readonly scale: number;
  readonly bounds: { least: Decimal | null; above: Decimal | null; most: Decimal | null };
  readonly columns: Field[];
}
export interface Form {
  readonly fields: Map<string, Field>;
  /** Every field after those that decide it. */
  readonly order: Field[];
}

/** Functions the browser has; everything else is calculated by the server. */
export const LOCAL_FUNCTIONS = new Set(["has_format"]);

const bound = (text: string | undefined) => (text === undefined ? null : Decimal.ofText(String(text)));

/** A message with `{expression}` places: alternating texts and expressions. */
export function template(text: string): Array<string | Expression> {
  return text.split(/\{([^{}]+)\}/).map((piece, i) => (i % 2 ? parse(piece) : piece));
}

function field(raw: FieldDefinition, step: string, dictionaries: Record<string, Choice[]>): Field {
  const options = raw.options ?? dictionaries[raw.options_from ?? ""] ?? [];
  const computed = raw.computed ? parse(raw.computed) : null;
  return {
    path: raw.path,
    label: raw.label,
    raw,
    step,
    required: typeof raw.required === "string" ? parse(raw.required) : (raw.required ?? false),
    visible: raw.visible_when ? parse(raw.visible_when) : null,
    computed,
    remote: computed !== null && [...computed.calls()].some((name) => !LOCAL_FUNCTIONS.has(name)),
    checks: (raw.checks ?? []).map((check) => ({
      rule: parse(check.rule),
      message: template(check.message),
      isError: (check.level ?? "error") === "error",
      basis: check.basis ?? "",
    })),
    options,
    labels: new Map(options.map((option) => [option.value, option.label])),
    pattern: raw.pattern ? new RegExp(`^(?:${raw.pattern})$`) : null,
    scale: raw.type === "integer" ? 0 : (raw.scale ?? 2),
    bounds: { least: bound(raw.min), above: bound(raw.exclusive_min), most: bound(raw.max) },
    columns: (raw.columns ?? []).map((column) => field(column, step, dictionaries)),
  };
}

function decisive(one: Field): Set<string> {
  const names = new Set<string>();
  for (const expression of [one.visible, one.computed])
    for (const name of expression?.names() ?? []) names.add(name.split(".")[0] ?? "");
  for (const column of one.columns) for (const name of decisive(column)) if (name !== "row") names.add(name);
  names.delete(one.path);
  return names;
}

function ordered(fields: Map<string, Field>): Field[] {
  const placed = new Set<string>();
  const result: Field[] = [];
  let waiting = [...fields.values()];
  while (waiting.length) {
    const ready = waiting.filter((one) => [...decisive(one)].every((name) => !fields.has(name) || placed.has(name)));
    const taken = ready.length ? ready : waiting; // a circle is refused at publication; never hang here
    for (const one of taken) {
      placed.add(one.path);
      result.push(one);
    }
    waiting = waiting.filter((one) => !placed.has(one.path));
  }
  return result;
}

/** Compile a published definition. */
export function compileForm(definition: FormDefinition): Form {
  const fields = new Map<string, Field>();
  for (const step of definition.steps)
    for (const group of step.groups)
      for (const raw of group.fields) fields.set(raw.path, field(raw, step.key, definition.dictionaries));
  return { fields, order: ordered(fields) };
}
