/** A topic of the administrators' face. Each folder `src/admin/<topic>/` has a `routes.ts` that exports one. */
import type { RouteRecordRaw } from "vue-router";
import type { IconName } from "@/shared/icons";

export interface AdminPage {
  /** Path below /admin, without a slash at its head: `trail`, `people`. */
  path: string;
  title: string;
  icon: IconName;
  /** Who lacks it does not see the page. */
  permission: string;
}

export interface AdminSection {
  title: string;
  /** Sections stand in this order: people 10, flows 20, exchange 30, keys 40, trail 50, operations 60. */
  order: number;
  pages: AdminPage[];
  routes: RouteRecordRaw[];
}

const found = import.meta.glob<{ section: AdminSection }>("./*/routes.ts", { eager: true });

export const sections: AdminSection[] = Object.values(found)
  .map((module) => module.section)
  .sort((a, b) => a.order - b.order);
