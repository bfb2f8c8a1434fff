import { createRouter, createWebHistory } from "vue-router";
import { ApiError } from "@/shared/api/client";
import { loadSession, session, signInWithTicket } from "@/shared/session";

export const router = createRouter({
  history: createWebHistory("/m"),
  routes: [
    { path: "/sign-in", name: "sign-in", component: () => import("./pages/SignInPage.vue"), meta: { title: "登录" } },
    { path: "/", name: "todo", component: () => import("./pages/TodoPage.vue"), meta: { title: "待我办理", tab: "todo", permission: "case.read" } },
    { path: "/cases", name: "cases", component: () => import("./pages/DonePage.vue"), meta: { title: "办件", tab: "cases", permission: "case.read" } },
    { path: "/cases/:id(\\d+)", name: "case", component: () => import("./pages/CasePage.vue"), meta: { title: "办理", permission: "case.read" } },
    { path: "/alarms", name: "alarms", component: () => import("./pages/AlarmsPage.vue"), meta: { title: "预警", tab: "alarm", permission: "iot.read" } },
    { path: "/alarms/:number", name: "alarm", component: () => import("./pages/AlarmPage.vue"), meta: { title: "预警详情", permission: "iot.read" } },
    { path: "/me", name: "me", component: () => import("./pages/MePage.vue"), meta: { title: "我的", tab: "me" } },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

/** Opened by the mobile container with a one-time ticket: sign in with it, and keep it out of the history. */
async function useTicket(ticket: string): Promise<string> {
  try {
    await signInWithTicket(ticket);
    return "";
  } catch (error) {
    return error instanceof ApiError ? `${error.problem.message}${error.problem.hint}` : "登录未成功，请重试。";
  }
}

/** Where somebody goes who may not open a page: those without cases to their alarms, all others to themselves. */
const elsewhere = (needed: string): string => (needed === "case.read" && session.has("iot.read") ? "alarms" : "me");

router.beforeEach(async (to) => {
  await loadSession();
  if (typeof to.query.ticket === "string") {
    const problem = await useTicket(to.query.ticket);
    return problem ? { name: "sign-in", query: { problem }, replace: true } : { path: to.path, replace: true };
  }
  const staff = session.signedIn.value && session.person.value?.kind === "STAFF";
  if (to.name === "sign-in") return true;
  if (!staff) return { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
  const needed = to.meta.permission as string | undefined;
  return !needed || session.has(needed) ? true : { name: elsewhere(needed) };
});
router.afterEach((to) => {
  document.title = `${String(to.meta.title ?? "移动办公")} - 上海民防一体化平台`;
});
