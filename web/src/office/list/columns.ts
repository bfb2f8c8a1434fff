/** Columns of the case table; the light and the project are always shown. */

export interface Column {
  key: string;
  label: string;
  sort?: string;
  fixed?: boolean;
  className?: string;
}

export const COLUMNS: Column[] = [
  { key: "light", label: "灯 · 剩余", sort: "urgent", fixed: true, className: "c-light" },
  { key: "project", label: "项目", sort: "project", fixed: true, className: "c-project" },
  { key: "matter", label: "事项", className: "c-matter" },
  { key: "number", label: "办件编号", sort: "number", className: "c-number" },
  { key: "applicant", label: "申请人", className: "c-applicant" },
  { key: "district", label: "区" },
  { key: "node", label: "环节" },
  { key: "handler", label: "经办" },
  { key: "status", label: "状态" },
  { key: "submitted", label: "提交", sort: "submitted", className: "c-date" },
  { key: "due", label: "承诺到期", sort: "due", className: "c-date" },
];

const HIDDEN_AT_FIRST = ["handler", "status", "submitted"];
const STORED = "mf.office.columns";

export interface TableLook {
  hidden: string[];
  dense: boolean;
}

export function loadLook(store: Storage = localStorage): TableLook {
  try {
    const look = JSON.parse(store.getItem(STORED) ?? "null") as TableLook | null;
    if (look && Array.isArray(look.hidden)) return { hidden: look.hidden, dense: look.dense !== false };
  } catch {
    /* fall through to the first look */
  }
  return { hidden: HIDDEN_AT_FIRST, dense: true };
}

export function saveLook(look: TableLook, store: Storage = localStorage): void {
  try {
    store.setItem(STORED, JSON.stringify(look));
  } catch {
    /* the look lasts as long as the page */
  }
}

export const visibleColumns = (look: TableLook): Column[] =>
  COLUMNS.filter((column) => column.fixed || !look.hidden.includes(column.key));
