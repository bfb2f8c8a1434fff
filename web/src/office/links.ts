/** Addresses the server names, brought to this face's router. */

/** `/office/cases/5` → `/cases/5`; anything outside the office stays as it is and is not a route. */
export function routeOf(link: string): string | null {
  if (!link) return null;
  const path = link.startsWith("/office") ? link.slice("/office".length) || "/" : link;
  return /^\/(cases|pushes|stats|alarms|anomalies|works|devices|$)/.test(path) ? path : null;
}

/** The case an internal subject such as `case:SH04…` or a link points at, for showing beside a message. */
export const caseLink = (id: number): string => `/cases/${id}`;
