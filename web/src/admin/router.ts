import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";
import { loadSession, session } from "@/shared/session";
import { sections } from "./section";

declare module "vue-router" {
  interface RouteMeta {
    title?: string;
    open?: boolean;
    permission?: string;
  }
}

export const router = createRouter({
  history: createWebHistory("/admin"),
  routes: [
    {
      path: "/",
      component: () => import("./AdminShell.vue"),
      children: [
        { path: "", name: "home", component: () => import("./pages/HomePage.vue"), meta: { title: "系统管理" } },
        ...sections.flatMap((section) => section.routes),
        { path: ":rest(.*)*", name: "missing", component: () => import("./pages/BarredPage.vue"), meta: { title: "未找到页面" } },
      ],
    },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

/** The first page this administrator may open. */
export function firstPage(): string {
  const pages = sections.flatMap((section) => section.pages);
  return pages.find((page) => session.has(page.permission))?.path ?? "";
}

/** Who is not signed in signs in at the office's door and comes back here. */
router.beforeEach(async (to: RouteLocationNormalized) => {
  await loadSession();
  const staff = session.signedIn.value && session.person.value?.kind === "STAFF";
  if (!staff) {
    window.location.assign(`/office/sign-in?to=${encodeURIComponent(`/admin${to.fullPath}`)}`);
    return false;
  }
  const needed = to.meta.permission;
  if (needed && !session.has(needed)) return { name: "missing", params: { rest: ["barred"] } };
  if (to.name === "home" && firstPage()) return `/${firstPage()}`;
  return true;
});

router.afterEach((to) => {
  document.title = `${to.meta.title ?? "系统管理"} - 上海民防一体化平台`;
});
