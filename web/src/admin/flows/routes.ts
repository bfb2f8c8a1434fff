import { h } from "vue";
import { RouterView } from "vue-router";
import type { AdminSection } from "../section";

const permission = "process.design";
const page = (path: string, title: string, component: () => Promise<unknown>) => ({ path, component, meta: { title, permission } });

export const section: AdminSection = {
  title: "流程",
  order: 20,
  pages: [{ path: "flows", title: "流程管理", icon: "route", permission }],
  routes: [
    {
      path: "flows",
      component: { render: () => h(RouterView) },
      children: [
        page("", "流程管理", () => import("./FlowsPage.vue")),
        page("versions/:id(\\d+)", "流程版本", () => import("./VersionPage.vue")),
        page("drafts/:id(\\d+)", "流程设计", () => import("./DraftPage.vue")),
        page("compare", "版本比较", () => import("./ComparePage.vue")),
        page("migrate", "在办件更换版本", () => import("./MigratePage.vue")),
        page("of/:code", "流程", () => import("./FlowPage.vue")),
      ],
    },
  ],
};
