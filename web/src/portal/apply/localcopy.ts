/** What is not yet saved on the server is kept in this browser, one copy a case, until it is. */
import type { FormData } from "@/shared/forms/types";

export interface LocalCopy {
  version: number;
  step: string;
  at: string;
  data: FormData;
}
const key = (caseId: number) => `minfang:draft:${caseId}`;

/** Keep a copy; a full or forbidden storage is no reason to stop. */
export function keepCopy(caseId: number, copy: LocalCopy): boolean {
  try {
    localStorage.setItem(key(caseId), JSON.stringify(copy));
    return true;
  } catch {
    return false;
  }
}

export function readCopy(caseId: number): LocalCopy | null {
  try {
    const text = localStorage.getItem(key(caseId));
    return text ? (JSON.parse(text) as LocalCopy) : null;
  } catch {
    return null;
  }
}

export function dropCopy(caseId: number): void {
  try {
    localStorage.removeItem(key(caseId));
  } catch {
    /* nothing kept, nothing to drop */
  }
}
