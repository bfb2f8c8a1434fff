/** Who is told at a level, how long they have, who hears next: the rule's own words over the usual ones. */
import type { Options } from "./api";
import type { Definition, Handling, Step } from "./definition";

export type Usual = Options["usual"][number];
export type Ways = "" | "INBOX" | "SMS";
type Kind = "confirm" | "handle";

const DAY = 24 * 60;
const CHANNELS = ["SMS", "PHONE", "INBOX"];
export const UNLESS: Record<string, string> = { CONFIRM: "未确认", HANDLE: "未处置" };

/** 10 → 10 分钟, 120 → 2 小时, 4320 in working days → 3 个工作日. */
export function limitWords(minutes: number, workdays: boolean): string {
  if (workdays && minutes % DAY === 0) return `${minutes / DAY} 个工作日`;
  if (workdays) return `${Math.floor(minutes / DAY) ? `${Math.floor(minutes / DAY)} 个工作日又 ` : ""}${limitWords(minutes % DAY, false)}`;
  for (const [size, name] of [[DAY, "天"], [60, "小时"]] as const) if (minutes >= size && minutes % size === 0) return `${minutes / size} ${name}`;
  return `${minutes} 分钟`;
}

export const ownOf = (rule: Definition, level: number): Handling | undefined => rule.handling.find((entry) => entry.level === level);
export const placeOf = (rule: Definition, level: number): number => rule.handling.findIndex((entry) => entry.level === level);
export const peopleOf = (own: Handling | undefined): string[] => (own?.receivers ?? []).filter((word) => !CHANNELS.includes(word));
export function waysOf(own: Handling | undefined): Ways {
  const named = (own?.receivers ?? []).filter((word) => CHANNELS.includes(word));
  if (!named.length) return "";
  return named.some((word) => word !== "INBOX") ? "SMS" : "INBOX";
}
export const blank = (level: number): Handling => ({
  level,
  receivers: [],
  organizations: [],
  confirm_minutes: null,
  handle_minutes: null,
  workdays: false,
  confirm_workdays: null,
  handle_workdays: null,
  escalate_to: "",
  escalate: null,
  measure: "",
});
/** Nothing of it differs from the usual: it need not stand in the rule. */
export const isBlank = (own: Handling): boolean =>
  !own.receivers.length && !own.organizations.length && own.confirm_minutes === null && own.handle_minutes === null && !own.escalate_to && own.escalate === null && !own.measure;

/** A limit as it counts: the rule's own, else the usual one. */
export function limitOf(own: Handling | undefined, usual: Usual | undefined, kind: Kind): { minutes: number | null; workdays: boolean } {
  const minutes = own?.[`${kind}_minutes`] ?? null;
  if (own && minutes !== null) return { minutes, workdays: own[`${kind}_workdays`] ?? own.workdays };
  return { minutes: usual?.[`${kind}_minutes`] ?? null, workdays: usual?.[`${kind}_workdays`] ?? false };
}

/** The steps that count: the rule's own, or the usual ones, moved with the limit they wait for. */
export function stepsOf(own: Handling | undefined, usual: Usual | undefined): Step[] {
  if (own?.escalate) return own.escalate;
  if (own?.escalate_to) {
    const limit = limitOf(own, usual, "confirm");
    return [{ after: limit.minutes ?? 30, unless: "CONFIRM", target: own.escalate_to, workdays: limit.workdays }];
  }
  return (usual?.escalate ?? []).map((step) => {
    const kind: Kind = step.unless === "CONFIRM" ? "confirm" : "handle";
    const before = usual?.[`${kind}_minutes`] ?? null;
    const minutes = own?.[`${kind}_minutes`] ?? null;
    if (minutes === null || before === null) return step;
    return { ...step, after: minutes + step.after - before, workdays: limitOf(own, usual, kind).workdays };
  });
}

export const nameIn = (list: { value: string; label: string }[], code: string): string => list.find((entry) => entry.value === code)?.label ?? code;
/** 管理单位、所在区. */
export function toldWords(own: Handling | undefined, usual: Usual | undefined, options: Options): string {
  const people = peopleOf(own);
  const offices = own?.organizations.length ?? 0;
  const named = people.length || offices ? people : (usual?.receivers ?? []);
  return [...named.map((code) => nameIn(options.receivers, code)), ...(offices ? [`指定 ${offices} 个单位`] : [])].join("、");
}
export function waysWords(own: Handling | undefined, usual: Usual | undefined): string {
  const ways = waysOf(own) || (usual?.sms ? "SMS" : "INBOX");
  return ways === "SMS" ? "站内消息和短信" : "站内消息";
}
export function limitsWords(own: Handling | undefined, usual: Usual | undefined): string {
  const said = (["confirm", "handle"] as const).map((kind) => {
    const { minutes, workdays } = limitOf(own, usual, kind);
    return minutes === null ? "" : `${limitWords(minutes, workdays)}内${kind === "confirm" ? "确认" : "处置"}`;
  });
  return said.filter(Boolean).join("、") || "不限时";
}
export const stepWords = (step: Step, options: Options): string => `${limitWords(step.after, step.workdays)}${UNLESS[step.unless]}报${nameIn(options.steps, step.target)}`;
export const stepsWords = (own: Handling | undefined, usual: Usual | undefined, options: Options): string =>
  stepsOf(own, usual).map((step) => stepWords(step, options)).join("，") || "超时不升级";
