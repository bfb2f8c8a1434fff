/** Title, breadcrumb and focus of the page being shown. */
import { reactive } from "vue";
import type { Crumb } from "@/shared/components/BreadcrumbNav.vue";
import { SITE } from "./site";

export const page = reactive<{ crumbs: Crumb[]; section: string }>({ crumbs: [], section: "" });

/** Name the page: `页面 - 栏目 - 站名`, breadcrumb 首页 / 栏目 / … / 页面. */
export function namePage(title: string, crumbs: Crumb[]): void {
  const section = crumbs.length > 1 ? crumbs[crumbs.length - 2]?.text : "";
  document.title = [title, section && section !== "首页" ? section : "", SITE].filter(Boolean).join(" - ");
  page.crumbs = crumbs;
}
