/** The form definition as the server publishes it, and its data. */
export interface Choice {
  value: string;
  label: string;
  group?: string;
  hint?: string;
}
export interface CheckDefinition {
  rule: string;
  message: string;
  level?: "error" | "warning";
  basis?: string;
}
export type FieldType =
  | "text" | "textarea" | "integer" | "decimal" | "boolean" | "enum" | "multi_enum" | "date" | "table";

export interface FieldDefinition {
  path: string;
  label: string;
  type: FieldType;
  required?: boolean | string;
  visible_when?: string;
  readonly?: boolean;
  max_length?: number;
  pattern?: string;
  pattern_message?: string;
  format?: string;
  min?: string;
  max?: string;
  exclusive_min?: string;
  scale?: number;
  unit?: string;
  hint?: string;
  options?: Choice[];
  options_from?: string;
  options_group?: string;
  columns?: FieldDefinition[];
  min_rows?: number;
  max_rows?: number;
  row_title?: string;
  add_label?: string;
  summary?: Array<{ column: string; function: string }>;
  computed?: string;
  explain?: string;
  checks?: CheckDefinition[];
  prefill?: string;
  prefill_label?: string;
  sensitive?: boolean;
  width?: number;
  autocomplete?: string;
}
export interface GroupDefinition {
  key: string;
  title: string;
  hint?: string;
  fields: FieldDefinition[];
}
export interface StepDefinition {
  key: string;
  title: string;
  intro?: string;
  minutes?: number;
  groups: GroupDefinition[];
}
export interface FormDefinition {
  code: string;
  title: string;
  steps: StepDefinition[];
  dictionaries: Record<string, Choice[]>;
}
export type Cell = string | number | boolean | null | undefined | string[];
export type RowData = Record<string, Cell>;
export type FormData = Record<string, Cell | RowData[]>;
