import type { Verb } from "../types";

/** Which dialog a verb needs before it may be sent. */
export type VerbDialog = "none" | "supplement" | "transfer" | "return" | "reason" | "confirm";

/** A button of the action bar; several return targets share one button. */
export interface ActionButton {
  key: string;
  label: string;
  tone: "primary" | "default" | "danger";
  dialog: VerbDialog;
  /** Among the further operations, not in the bar itself. */
  aside: boolean;
  verbs: Verb[];
}

/** What an officer does with a case besides deciding: kept together under one button. */
const ASIDE = ["skip", "add_signer", "delegate", "transfer", "hand_over", "suspend", "ask_cancel", "ask_void", "reopen"];

const isReturn = (verb: Verb): boolean => verb.verb.startsWith("return");

/** The dialog of a verb, from what the server says it needs. */
export function dialogOf(verb: Verb): VerbDialog {
  const needs = verb.needs.join(" ");
  if (/supplement|items/.test(needs) || verb.verb.includes("supplement")) return "supplement";
  if (/reason/.test(needs)) return "reason";
  if (/transfer|person|colleague|office/.test(needs) || verb.verb === "transfer") return "transfer";
  if (isReturn(verb)) return "return";
  return verb.tone === "danger" || verb.verb === "withdraw" ? "confirm" : "none";
}

const toneOf = (verb: Verb): ActionButton["tone"] =>
  verb.tone === "primary" || verb.tone === "danger" ? verb.tone : "default";

/** Buttons in their order: the likely one first and solid, dangerous ones last; only one primary. */
export function actionButtons(verbs: Verb[]): ActionButton[] {
  const buttons: ActionButton[] = [];
  const returns = verbs.filter(isReturn);
  for (const verb of verbs) {
    if (isReturn(verb) && returns.length > 1) {
      if (verb !== returns[0]) continue;
      buttons.push({ key: "return", label: "退回", tone: "default", dialog: "return", aside: false, verbs: returns });
      continue;
    }
    const key = `${verb.verb}:${verb.outcome}:${verb.target}`;
    buttons.push({ key, label: verb.label, tone: toneOf(verb), dialog: dialogOf(verb), aside: ASIDE.includes(verb.verb), verbs: [verb] });
  }
  const rank = { primary: 0, default: 1, danger: 2 };
  buttons.sort((a, b) => rank[a.tone] - rank[b.tone]);
  const likely = buttons[0];
  if (likely?.tone === "default" && likely.verbs[0]?.verb === "complete") likely.tone = "primary";
  buttons.filter((button) => button.tone === "primary").slice(1).forEach((button) => (button.tone = "default"));
  return buttons;
}

/** Why this verb cannot be sent yet, in words for the person; '' when nothing is missing. */
export function missingFor(verb: Verb, opinion: string): string {
  if (verb.opinion_required && !opinion.trim()) return `“${verb.label}”须填写意见。`;
  if ([...opinion].length > 500) return "意见不超过 500 字。";
  return "";
}
