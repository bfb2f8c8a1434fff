import type { AdminSection } from "../section";

export const section: AdminSection = {
  title: "人员与权限",
  order: 10,
  pages: [
    { path: "people", title: "人员", icon: "user", permission: "people.read" },
    { path: "grants", title: "授权", icon: "shield", permission: "grant.manage" },
    { path: "roles", title: "角色", icon: "layers", permission: "grant.manage" },
    { path: "policies", title: "安全策略", icon: "lock", permission: "policy.manage" },
    { path: "sessions", title: "会话", icon: "clock", permission: "session.manage" },
  ],
  routes: [
    { path: "people", component: () => import("./PeoplePage.vue"), meta: { title: "人员", permission: "people.read" } },
    { path: "grants", component: () => import("./GrantsPage.vue"), meta: { title: "授权", permission: "grant.manage" } },
    { path: "roles", component: () => import("./RolesPage.vue"), meta: { title: "角色", permission: "grant.manage" } },
    { path: "policies", component: () => import("./PoliciesPage.vue"), meta: { title: "安全策略", permission: "policy.manage" } },
    { path: "sessions", component: () => import("./SessionsPage.vue"), meta: { title: "会话", permission: "session.manage" } },
  ],
};
