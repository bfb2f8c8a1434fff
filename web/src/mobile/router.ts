import { createRouter, createWebHistory } from "vue-router";
import { loadSession, session } from "@/shared/session";

export const router = createRouter({
  history: createWebHistory("/m"),
  routes: [
    { path: "/sign-in", name: "sign-in", component: () => import("./pages/SignInPage.vue"), meta: { title: "登录" } },
    { path: "/", name: "todo", component: () => import("./pages/TodoPage.vue"), meta: { title: "待我办理", tab: "todo" } },
    { path: "/cases", name: "cases", component: () => import("./pages/DonePage.vue"), meta: { title: "办件", tab: "cases" } },
    { path: "/cases/:id(\\d+)", name: "case", component: () => import("./pages/CasePage.vue"), meta: { title: "办理" } },
    { path: "/me", name: "me", component: () => import("./pages/MePage.vue"), meta: { title: "我的", tab: "me" } },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.beforeEach(async (to) => {
  await loadSession();
  const staff = session.signedIn.value && session.person.value?.kind === "STAFF";
  return staff || to.name === "sign-in" ? true : { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
});
router.afterEach((to) => {
  document.title = `${String(to.meta.title ?? "移动办公")} - 上海民防一体化平台`;
});
