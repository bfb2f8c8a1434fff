/** Ask before doing something that cannot be taken back: `if (await confirm({...})) …`. */
import { shallowReactive } from "vue";

export interface Question {
  title: string;
  text: string;
  yes?: string;
  no?: string;
  danger?: boolean;
}

export const asked = shallowReactive<{ question: Question | null }>({ question: null });
let answerWith: ((yes: boolean) => void) | null = null;

/** Show the question (a `ConfirmHost` must be on the page) and wait for the answer. */
export function confirm(question: Question): Promise<boolean> {
  answerWith?.(false);
  asked.question = question;
  return new Promise((resolve) => (answerWith = resolve));
}

/** Called by the host. */
export function answer(yes: boolean): void {
  asked.question = null;
  answerWith?.(yes);
  answerWith = null;
}
