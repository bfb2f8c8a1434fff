/** Conditions of branches: the simple ones as subject, sign and value; the rest stays text. */

export interface Condition {
  subject: string;
  sign: string;
  value: string;
}

export const SIGNS = [
  { sign: "==", word: "等于" },
  { sign: "!=", word: "不等于" },
  { sign: ">=", word: "不小于" },
  { sign: ">", word: "大于" },
  { sign: "<=", word: "不大于" },
  { sign: "<", word: "小于" },
];

const SIMPLE = /^([A-Za-z_][A-Za-z0-9_.]*)\s*(==|!=|>=|<=|>|<)\s*(?:'([^'\\]*)'|"([^"\\]*)"|(-?\d+(?:\.\d+)?|true|false))$/;

/** One comparison as its parts; null when it is more than that. */
export function readCondition(text: string): Condition | null {
  const found = SIMPLE.exec(text.trim());
  if (!found) return null;
  const [, subject = "", sign = "", single, double, bare] = found;
  return { subject, sign, value: single ?? double ?? bare ?? "" };
}

/** The parts as the server reads them. `type` is that of the subject: number, boolean or text. */
export function writeCondition({ subject, sign, value }: Condition, type: string): string {
  if (type === "number") return `${subject} ${sign} ${/^-?\d+(\.\d+)?$/.test(value.trim()) ? value.trim() : 0}`;
  if (type === "boolean") return `${subject} ${sign} ${value === "false" ? "false" : "true"}`;
  return `${subject} ${sign} '${value.replace(/['\\]/g, "")}'`;
}

/** Signs that make sense for a type. */
export const signsFor = (type: string) => (type === "number" ? SIGNS : SIGNS.slice(0, 2));
