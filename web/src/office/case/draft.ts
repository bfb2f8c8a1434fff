/** What an officer has typed but not sent, kept in this browser per case and work item. */

export interface OpinionDraft {
  text: string;
  savedAt: string;
}

const PREFIX = "mf.opinion";

export const draftKey = (caseId: number, itemId: number | null): string => `${PREFIX}.${caseId}.${itemId ?? "read"}`;

export function loadDraft(key: string, store: Storage = localStorage): OpinionDraft | null {
  try {
    const raw = store.getItem(key);
    return raw ? (JSON.parse(raw) as OpinionDraft) : null;
  } catch {
    return null;
  }
}

/** Keep the text; an empty text forgets the draft. Answers whether the browser could keep it. */
export function saveDraft(key: string, text: string, now: Date, store: Storage = localStorage): boolean {
  try {
    if (text.trim()) store.setItem(key, JSON.stringify({ text, savedAt: now.toISOString() }));
    else store.removeItem(key);
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(key: string, store: Storage = localStorage): void {
  try {
    store.removeItem(key);
  } catch {
    /* a browser that keeps nothing has nothing to forget */
  }
}

/** Add a phrase to an opinion: once only, with a full stop between sentences. */
export function addPhrase(opinion: string, phrase: string): string {
  const said = opinion.trim();
  if (!said) return phrase;
  if (said.includes(phrase)) return said;
  return `${said}${/[。；！？]$/.test(said) ? "" : "。"}${phrase}`;
}
