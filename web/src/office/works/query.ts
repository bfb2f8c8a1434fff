/** Filters of a list as they stand in the address: only what differs from the usual is written there. */
import type { LocationQuery } from "vue-router";
import type { Query } from "./api";

/** The filters an address names; what it leaves out is as usual, what is no number where one is wanted too. */
export function fromAddress(query: LocationQuery, usual: Query): Query {
  return Object.fromEntries(
    Object.entries(usual).map(([key, value]) => {
      const given = query[key];
      const text = String((Array.isArray(given) ? given[0] : given) ?? "");
      if (!text) return [key, value];
      if (typeof value === "number") return [key, /^\d+$/.test(text) ? Number(text) : value];
      return [key, typeof value === "boolean" ? text === "true" : text];
    }),
  );
}

/** What is written into the address. */
export function toAddress(filters: Query, usual: Query): Record<string, string> {
  const changed = Object.entries(filters).filter(([key, value]) => value !== usual[key] && value !== "");
  return Object.fromEntries(changed.map(([key, value]) => [key, String(value)]));
}

/** Whether anything but order and page is narrowed. */
export const narrowed = (filters: Query, usual: Query): boolean =>
  Object.keys(filters).some((key) => !["sort", "page", "size"].includes(key) && filters[key] !== usual[key]);
