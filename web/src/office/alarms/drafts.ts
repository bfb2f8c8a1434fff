/** What was written of a judgement and is not yet accepted, kept in this browser. */
export interface Judgement {
  verdict: string;
  cause: string;
  measure: string;
  retest: string;
  duplicate_of: string;
}

const nameOf = (number: string): string => `mf.alarm.draft.${number}`;

export const draftOf = (number: string): Partial<Judgement> =>
  JSON.parse(localStorage.getItem(nameOf(number)) ?? "{}") as Partial<Judgement>;

export const keepDraft = (number: string, said: Judgement): void => localStorage.setItem(nameOf(number), JSON.stringify(said));

export const forgetDraft = (number: string): void => localStorage.removeItem(nameOf(number));
