import type { AdminSection } from "../section";

export const section: AdminSection = {
  title: "运行",
  order: 60,
  pages: [{ path: "operations", title: "运行状况", icon: "desk", permission: "operations.read" }],
  routes: [{ path: "operations", component: () => import("./OperationsPage.vue"), meta: { title: "运行状况", permission: "operations.read" } }],
};
