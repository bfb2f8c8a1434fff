import { nextTick } from "vue";
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { announce } from "@/shared/announce";
import { loadSession, session } from "@/shared/session";
import HomePage from "./pages/HomePage.vue";
import { namePage } from "./page";

declare module "vue-router" {
  interface RouteMeta {
    title?: string;
    section?: string;
    /** Breadcrumb levels between 首页 and the page. */
    trail?: Array<{ text: string; to: string }>;
    /** Only for people who are signed in. */
    personal?: boolean;
    compact?: boolean;
  }
}

const MATTERS = { text: "办事", to: "/matters" };
const QUERY = { text: "查询", to: "/query" };
const OPEN = { text: "公开", to: "/open" };
const HELP = { text: "帮助", to: "/sitemap" };
const CASES = { text: "我的办件", to: "/cases" };

const routes: RouteRecordRaw[] = [
  { path: "/", component: HomePage, meta: { title: "首页", section: "home" } },
  { path: "/matters", component: () => import("./pages/MattersPage.vue"), meta: { title: "事项清单", section: "matters", trail: [MATTERS] } },
  { path: "/matters/:code", component: () => import("./pages/GuidePage.vue"), meta: { title: "办事指南", section: "matters", trail: [MATTERS] } },
  { path: "/apply/:id(\\d+)/done", component: () => import("./pages/SubmittedPage.vue"), meta: { title: "提交结果", section: "matters", trail: [MATTERS, CASES], personal: true } },
  { path: "/apply/:id(\\d+)/:step?", component: () => import("./pages/ApplyPage.vue"), meta: { title: "填写申请", section: "matters", trail: [MATTERS], personal: true, compact: true } },
  { path: "/cases", component: () => import("./pages/CasesPage.vue"), meta: { title: "我的办件", section: "matters", trail: [MATTERS], personal: true } },
  { path: "/cases/:id(\\d+)", component: () => import("./pages/CasePage.vue"), meta: { title: "办件进度", section: "matters", trail: [MATTERS, CASES], personal: true } },
  { path: "/query", component: () => import("./pages/QueryPage.vue"), meta: { title: "查询服务", section: "query" } },
  { path: "/verify", component: () => import("./pages/VerifyPage.vue"), meta: { title: "批文与证书核验", section: "query", trail: [QUERY] } },
  { path: "/verify/:code", component: () => import("./pages/VerifyPage.vue"), meta: { title: "核验结果", section: "query", trail: [QUERY, { text: "批文与证书核验", to: "/verify" }] } },
  { path: "/tools/required-area", component: () => import("./pages/AreaTrialPage.vue"), meta: { title: "应建面积试算", section: "query", trail: [QUERY] } },
  { path: "/search", component: () => import("./pages/SearchPage.vue"), meta: { title: "站内搜索", section: "" } },
  { path: "/open", component: () => import("./pages/OpenPage.vue"), meta: { title: "公开信息", section: "open" } },
  { path: "/open/:slug", component: () => import("./pages/ArticlePage.vue"), meta: { title: "公开信息", section: "open", trail: [OPEN] } },
  { path: "/shelters", component: () => import("./pages/SheltersPage.vue"), meta: { title: "科普与掩蔽点", section: "shelters" } },
  { path: "/help/:slug", component: () => import("./pages/ArticlePage.vue"), meta: { title: "帮助", section: "", trail: [HELP] } },
  { path: "/sitemap", component: () => import("./pages/SitemapPage.vue"), meta: { title: "网站地图", section: "" } },
  { path: "/sign-in", alias: "/login", component: () => import("./pages/LoginPage.vue"), meta: { title: "登录", section: "" } },
  { path: "/:rest(.*)*", component: () => import("./pages/MissingPage.vue"), meta: { title: "没有这个页面", section: "" } },
];

export const router = createRouter({
  history: createWebHistory("/"),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
});

router.beforeEach(async (to) => {
  if (!to.meta.personal) return true;
  await loadSession();
  return session.signedIn.value || !session.known.value || { path: "/sign-in", query: { next: to.fullPath } };
});

router.afterEach(async (to, from) => {
  const title = to.meta.title ?? "";
  const trail = to.path === "/" ? [] : [{ text: "首页", to: "/" }, ...(to.meta.trail ?? [])];
  namePage(title, [...trail, { text: title }]);
  if (from.matched.length === 0 || to.path === from.path) return;
  await nextTick();
  document.getElementById("main")?.focus({ preventScroll: true });
  announce(`已打开：${document.title}`);
});

/** A page chunk that is gone after an update: load the page anew, once. */
router.onError((error, to) => {
  if (!/import|module script|fetch/i.test(String(error)) || sessionStorage.getItem("reloaded") === to.fullPath) return;
  sessionStorage.setItem("reloaded", to.fullPath);
  window.location.assign(to.fullPath);
});
