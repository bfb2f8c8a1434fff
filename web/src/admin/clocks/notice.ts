/** A holiday notice as people type it: one line a holiday, days or spans of days. */

export interface Notice {
  holidays: { day: string; name: string }[];
  worked: string[];
  faults: string[];
}

const two = (n: number): string => String(n).padStart(2, "0");
const iso = (day: Date): string => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

function dayOf(year: number, text: string): Date | null {
  const found = /^(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?$/.exec(text.trim());
  if (!found) return null;
  const day = new Date(Number(found[1] ?? year), Number(found[2]) - 1, Number(found[3]));
  return day.getMonth() === Number(found[2]) - 1 ? day : null;
}

/** The days of `10-1至10-7`, `1月1日-1月3日`, or one day; `null` when they cannot be read. */
function spanOf(year: number, text: string): string[] | null {
  const ends = text.split(/至|~|—|–|到/).map((part) => dayOf(year, part));
  const [first, last = ends[0]] = ends;
  if (!first || !last || ends.length > 2 || last < first || last.getTime() - first.getTime() > 40 * 86_400_000) return null;
  const days: string[] = [];
  for (const day = new Date(first); day <= last; day.setDate(day.getDate() + 1)) days.push(iso(day));
  return days;
}

/** Read `国庆节 10月1日至10月7日` lines and a list of weekend days worked instead. */
export function readNotice(year: number, holidays: string, worked: string): Notice {
  const notice: Notice = { holidays: [], worked: [], faults: [] };
  for (const line of holidays.split("\n").map((text) => text.trim()).filter(Boolean)) {
    const [name = "", ...rest] = line.split(/[\s：:]+/);
    const days = rest.length ? rest.join("").split(/[、,，]/).map((part) => spanOf(year, part)) : [null];
    if (days.some((part) => part === null)) notice.faults.push(`“${line}”读不懂，请写成“国庆节 10月1日至10月7日”。`);
    else for (const day of days.flat()) notice.holidays.push({ day: day as string, name });
  }
  for (const text of worked.split(/[\s、,，]+/).filter(Boolean)) {
    const days = spanOf(year, text);
    if (days) notice.worked.push(...days);
    else notice.faults.push(`“${text}”不是日期，请写成“9月27日”。`);
  }
  return notice;
}
