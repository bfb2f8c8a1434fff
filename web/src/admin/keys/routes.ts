import type { AdminSection } from "../section";

export const section: AdminSection = {
  title: "密码与密钥",
  order: 40,
  pages: [{ path: "keys", title: "密钥与证书", icon: "lock", permission: "key.read" }],
  routes: [{ path: "keys", component: () => import("./KeysPage.vue"), meta: { title: "密钥与证书", permission: "key.read" } }],
};
