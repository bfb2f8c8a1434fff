import type { AdminSection } from "../section";

export const section: AdminSection = {
  title: "审计与告警",
  order: 50,
  pages: [
    { path: "trail", title: "审计日志", icon: "rows", permission: "audit.read" },
    { path: "trail-checks", title: "链校验", icon: "shield", permission: "audit.read" },
    { path: "alarms", title: "安全告警", icon: "siren", permission: "alarm.read" },
  ],
  routes: [
    { path: "trail", component: () => import("./TrailPage.vue"), meta: { title: "审计日志", permission: "audit.read" } },
    { path: "trail-checks", component: () => import("./ChecksPage.vue"), meta: { title: "链校验", permission: "audit.read" } },
    { path: "alarms", component: () => import("./AlarmsPage.vue"), meta: { title: "安全告警", permission: "alarm.read" } },
  ],
};
