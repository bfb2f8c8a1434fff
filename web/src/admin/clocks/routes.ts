import type { AdminSection } from "../section";

export const section: AdminSection = {
  title: "时限与编号",
  order: 25,
  pages: [
    { path: "limits", title: "时限与预警", icon: "clock", permission: "limit.manage" },
    { path: "calendar", title: "工作日历", icon: "calendar", permission: "calendar.manage" },
    { path: "numbers", title: "编号管理", icon: "rows", permission: "number.read" },
  ],
  routes: [
    { path: "limits", component: () => import("./LimitsPage.vue"), meta: { title: "时限与预警", permission: "limit.manage" } },
    { path: "calendar", component: () => import("./CalendarPage.vue"), meta: { title: "工作日历", permission: "calendar.manage" } },
    { path: "numbers", component: () => import("./NumbersPage.vue"), meta: { title: "编号管理", permission: "number.read" } },
  ],
};
