/**
 * A form being filled in. Typing changes one value; visibility, sums and checks follow a moment later and
 * touch only what differs, so that a keystroke redraws one field however long the form is.
 */
import { computed, inject, reactive, ref, shallowReactive, toRaw, type InjectionKey } from "vue";
import type { ProblemField, Schemas } from "../api/client";
import { compileForm, type Field, type Form } from "./compiled";
import { evaluateForm, type Evaluation } from "./evaluate";
import { isEmpty } from "./judge";
import type { Cell, FormData, FormDefinition, RowData } from "./types";

const THINK_MS = 120;

/** Form data are plain JSON; `structuredClone` is missing in Chromium 90. */
const copyOf = (data: FormData): FormData => JSON.parse(JSON.stringify(toRaw(data))) as FormData;

/** A path like `land_use.0.far_area` taken apart. */
export function partsOf(key: string): { field: string; row: number | null; column: string } {
  const [field = "", row, column = ""] = key.split(".");
  return { field, row: row === undefined ? null : Number(row), column };
}

function follow<T>(target: Map<string, T>, next: Map<string, T>): void {
  for (const key of [...target.keys()]) if (!next.has(key)) target.delete(key);
  for (const [key, value] of next) if (target.get(key) !== value) target.set(key, value);
}
function followSet(target: Set<string>, next: Set<string>): void {
  for (const key of [...target]) if (!next.has(key)) target.delete(key);
  for (const key of next) if (!target.has(key)) target.add(key);
}

export class FormStore {
  readonly form: Form;
  readonly data: FormData;
  readonly hidden = reactive(new Set<string>());
  readonly required = reactive(new Set<string>());
  /** Errors a person should see now, by path. */
  readonly errors = reactive(new Map<string, string>());
  readonly warnings = reactive(new Map<string, string>());
  readonly calculations = shallowReactive(new Map<string, Schemas["Calculation"]>());
  /** Source of prefilled values, by path. */
  readonly prefilled = shallowReactive<Record<string, string>>({});
  readonly edited = reactive(new Set<string>());
  /** What a supplement notice asks for. */
  readonly asked = reactive(new Map<string, string>());
  readonly locked = ref(false);
  private readonly touched = new Set<string>();
  private readonly attempted = new Set<string>();
  private answered = new Map<string, ProblemField>();
  private answeredWarnings = new Map<string, ProblemField>();
  private latest: Evaluation | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private listeners: Array<(key: string) => void> = [];

  constructor(
    readonly definition: FormDefinition,
    initial: FormData,
  ) {
    this.form = compileForm(definition);
    this.data = reactive(copyOf(initial));
    this.think();
  }

  /** Called after every change made by the person. */
  onChange(listener: (key: string) => void): void {
    this.listeners.push(listener);
  }

  read(key: string): Cell {
    const { field, row, column } = partsOf(key);
    const value = this.data[field];
    return row === null ? (value as Cell) : (value as RowData[] | undefined)?.[row]?.[column];
  }

  write(key: string, value: Cell): void {
    if (this.read(key) === value) return;
    this.put(key, value);
    this.changed(key);
  }

  private put(key: string, value: Cell): void {
    const { field, row, column } = partsOf(key);
    if (row === null) this.data[field] = value;
    else {
      const line = (this.data[field] as RowData[] | undefined)?.[row];
      if (line) line[column] = value;
    }
  }

  rows(table: string): RowData[] {
    const value = this.data[table];
    return Array.isArray(value) ? (value as RowData[]) : [];
  }

  addRow(table: string): number {
    if (!Array.isArray(this.data[table])) this.data[table] = [];
    const rows = this.data[table] as RowData[];
    rows.push({});
    this.changed(table);
    return rows.length - 1;
  }

  removeRow(table: string, index: number): RowData | undefined {
    const [gone] = this.rows(table).splice(index, 1);
    this.forgetRows(table);
    this.changed(table);
    return gone;
  }

  insertRow(table: string, index: number, row: RowData): void {
    this.rows(table).splice(index, 0, row);
    this.forgetRows(table);
    this.changed(table);
  }

  private forgetRows(table: string): void {
    const prefix = `${table}.`;
    for (const key of [...this.answered.keys()]) if (key.startsWith(prefix)) this.answered.delete(key);
    for (const key of [...this.touched]) if (key.startsWith(prefix)) this.touched.delete(key);
  }

  private changed(key: string): void {
    this.answered.delete(key);
    this.edited.add(key);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.think(), THINK_MS);
    for (const listener of this.listeners) listener(key);
  }

  /** The person has left this field: what is wrong with it may now be said. */
  touch(key: string): void {
    this.touched.add(key);
    this.think();
  }

  /** Evaluate now. */
  think(): void {
    clearTimeout(this.timer);
    const latest = evaluateForm(this.form, toRaw(this.data));
    this.latest = latest;
    for (const [key, value] of latest.computed) if (this.read(key) !== value) this.put(key, value);
    followSet(this.hidden, latest.hidden);
    followSet(this.required, latest.required);
    this.show();
  }

  /** Take over what the server computed; never touches what a person types into. */
  receive(data: FormData, calculations: Schemas["Calculation"][]): void {
    for (const field of this.form.order)
      if (field.computed || field.raw.readonly) {
        const value = data[field.path] as Cell;
        if (field.raw.type !== "table" && this.read(field.path) !== value) this.put(field.path, value ?? null);
      }
    this.calculations.clear();
    for (const calculation of calculations) this.calculations.set(calculation.path, calculation);
    this.think();
  }

  /** Show everything that is wrong in a step from now on; `found` is the server's judgement of it. */
  attempt(step: string, found: Schemas["CheckOut"]): void {
    this.attempted.add(step);
    const inStep = (key: string) => this.stepOf(key) === step;
    for (const store of [this.answered, this.answeredWarnings]) for (const key of [...store.keys()]) if (inStep(key)) store.delete(key);
    for (const error of found.errors) this.answered.set(error.path, error);
    for (const warning of found.warnings) this.answeredWarnings.set(warning.path, warning);
    this.show();
  }

  stepOf(key: string): string {
    return this.form.fields.get(partsOf(key).field)?.step ?? (key.startsWith("materials.") ? "materials" : "");
  }

  private show(): void {
    const errors = new Map<string, string>();
    const warnings = new Map<string, string>();
    const may = (key: string) => this.touched.has(key) || this.attempted.has(this.stepOf(key));
    for (const [key, message] of this.latest?.errors ?? []) if (may(key)) errors.set(key, message);
    for (const [key, message] of this.latest?.warnings ?? []) if (may(key)) warnings.set(key, message);
    for (const key of this.latest?.required ?? [])
      if (this.attempted.has(this.stepOf(key)) && isEmpty(this.read(key)) && !errors.has(key)) errors.set(key, this.please(key));
    for (const [key, problem] of this.answered)
      if (!errors.has(key) && !this.hidden.has(key) && !this.overtaken(key)) errors.set(key, problem.message);
    for (const [key, problem] of this.answeredWarnings) if (!warnings.has(key) && !errors.has(key)) warnings.set(key, problem.message);
    follow(this.errors, errors);
    follow(this.warnings, warnings);
  }

  /** An answer of the server that the browser can judge itself and finds settled by now. */
  private overtaken(key: string): boolean {
    const problem = this.answered.get(key);
    return problem !== undefined && problem.message.startsWith("请") && !isEmpty(this.read(key)) && partsOf(key).row !== null;
  }

  private please(key: string): string {
    const field = this.fieldOf(key);
    const label = field?.label ?? "";
    if (!field) return "请填写。";
    if (field.raw.type === "table") return `请至少填写一行${label}。`;
    if (field.computed) return `${label}尚不能核算，请先填写相关各项。`;
    const choose = ["enum", "multi_enum", "boolean", "date"].includes(field.raw.type);
    return `请${choose ? "选择" : "填写"}${label}。`;
  }

  fieldOf(key: string): Field | null {
    const { field, row, column } = partsOf(key);
    const found = this.form.fields.get(field) ?? null;
    return row === null || !column ? found : (found?.columns.find((one) => one.path === column) ?? null);
  }

  /** What the field is called in a list of errors. */
  labelOf(key: string): string {
    const { field, row, column } = partsOf(key);
    const found = this.form.fields.get(field);
    if (row === null) return found?.label ?? this.answered.get(key)?.label ?? key;
    const title = `${found?.label ?? ""} 第${row + 1}行`;
    return column ? `${title} ${this.fieldOf(key)?.label ?? ""}` : title;
  }

  /** The errors of a step in the order of the form. */
  problems(step: string): ProblemField[] {
    const order = [...this.form.fields.keys()];
    const rank = (key: string) => order.indexOf(partsOf(key).field) * 1000 + (partsOf(key).row ?? -1);
    return [...this.errors]
      .filter(([key]) => this.stepOf(key) === step)
      .map(([path, message]) => ({ path, label: this.labelOf(path), message }))
      .sort((a, b) => rank(a.path) - rank(b.path));
  }

  /** A copy of the data without reactive wrappers, as it is sent. */
  snapshot(): FormData {
    return copyOf(this.data);
  }
}

export const FORM_STORE: InjectionKey<FormStore> = Symbol("form");

/** The form the component belongs to. */
export function useFormStore(): FormStore {
  const store = inject(FORM_STORE);
  if (!store) throw new Error("no form above this component");
  return store;
}

/** Value, error and the rest of one path, for a control. */
export function useField(key: () => string) {
  const store = useFormStore();
  return {
    store,
    value: computed({ get: () => store.read(key()), set: (value: Cell) => store.write(key(), value) }),
    error: computed(() => store.errors.get(key()) ?? ""),
    warning: computed(() => store.warnings.get(key()) ?? ""),
    required: computed(() => store.required.has(key())),
    hidden: computed(() => store.hidden.has(key())),
  };
}
