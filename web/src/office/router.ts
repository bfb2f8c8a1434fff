import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";
import { loadSession, session } from "@/shared/session";

declare module "vue-router" {
  interface RouteMeta {
    title?: string;
    open?: boolean;
    permission?: string;
    /** Every member of staff, also administrators. */
    anyone?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory("/office"),
  routes: [
    { path: "/sign-in", name: "sign-in", component: () => import("./pages/SignInPage.vue"), meta: { title: "登录", open: true } },
    { path: "/account", name: "account", component: () => import("./pages/AccountPage.vue"), meta: { title: "账号安全", anyone: true } },
    {
      path: "/",
      component: () => import("./layout/OfficeShell.vue"),
      children: [
        { path: "", name: "desk", component: () => import("./pages/DeskPage.vue"), meta: { title: "工作台" } },
        { path: "cases", name: "cases", component: () => import("./pages/CaseListPage.vue"), meta: { title: "办件" } },
        { path: "cases/:id(\\d+)", name: "case", component: () => import("./pages/CasePage.vue"), meta: { title: "办件" } },
        {
          path: "pushes",
          name: "pushes",
          component: () => import("./pages/PushesPage.vue"),
          meta: { title: "推送监控", permission: "push.read" },
        },
        { path: "stats", name: "stats", component: () => import("./pages/StatsPage.vue"), meta: { title: "统计" } },
        {
          path: "alarms",
          name: "alarms",
          component: () => import("./alarms/AlarmsPage.vue"),
          meta: { title: "预警", permission: "iot.read" },
        },
        {
          path: "alarms/ledger",
          name: "alarm-ledger",
          component: () => import("./alarms/LedgerPage.vue"),
          meta: { title: "预警台账", permission: "iot.read" },
        },
        {
          path: "alarms/pushes",
          name: "alarm-pushes",
          component: () => import("./alarms/PushTrackPage.vue"),
          meta: { title: "推送跟踪", permission: "iot.read" },
        },
        {
          path: "alarms/silences",
          name: "alarm-silences",
          component: () => import("./alarms/SilencesPage.vue"),
          meta: { title: "静默", permission: "iot.read" },
        },
        { path: "links", name: "links", component: () => import("./links/LinksPage.vue"), meta: { title: "数据链路", permission: "iot.read" } },
        { path: "links/new", name: "link-new", component: () => import("./links/LinkEditorPage.vue"), meta: { title: "新建链路", permission: "link.manage" } },
        { path: "links/:id(\\d+)", name: "link-edit", component: () => import("./links/LinkEditorPage.vue"), meta: { title: "链路", permission: "link.manage" } },
        { path: "anomalies/tasks", name: "anomaly-tasks", component: () => import("./anomalies/TasksPage.vue"), meta: { title: "核查任务", permission: "iot.read" } },
        { path: "anomalies/:model?", name: "anomalies", component: () => import("./anomalies/AnomaliesPage.vue"), meta: { title: "异常监测", permission: "iot.read" } },
        { path: "indicators", name: "indicators", component: () => import("./indicators/IndicatorsPage.vue"), meta: { title: "专项指标", permission: "iot.read" } },
        { path: "telemetry", name: "telemetry", component: () => import("./telemetry/LedgerPage.vue"), meta: { title: "感知数据", permission: "iot.read" } },
        { path: "live/:id(\\d+)?", name: "live", component: () => import("./live/LivePage.vue"), meta: { title: "实时监测", permission: "iot.read" } },
        { path: "rules", name: "rules", component: () => import("./rules/RulesPage.vue"), meta: { title: "预警规则", permission: "iot.read" } },
        { path: "rules/:id(\\d+)", name: "rule", component: () => import("./rules/RulePage.vue"), meta: { title: "预警规则", permission: "iot.read" } },
        { path: "works", name: "works", component: () => import("./works/WorksPage.vue"), meta: { title: "工程", permission: "works.read" } },
        { path: "works/:id(\\d+)", name: "work", component: () => import("./works/WorkPage.vue"), meta: { title: "工程", permission: "works.read" } },
        { path: "devices", name: "devices", component: () => import("./works/DevicesPage.vue"), meta: { title: "传感设备", permission: "iot.read" } },
        { path: "devices/:id(\\d+)", name: "device", component: () => import("./works/DevicePage.vue"), meta: { title: "传感设备", permission: "iot.read" } },
        { path: "barred", name: "barred", component: () => import("./pages/BarredPage.vue"), meta: { title: "无权限查看" } },
        { path: ":rest(.*)*", name: "missing", component: () => import("./pages/MissingPage.vue"), meta: { title: "未找到页面", anyone: true } },
      ],
    },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

/** Where those begin who handle no cases: what they watch. */
const START_PAGES: [permission: string, page: string][] = [["iot.read", "alarms"]];

function startPage(): { name: string } | true {
  if (session.has("case.read")) return true;
  const found = START_PAGES.find(([permission]) => session.has(permission));
  return { name: found ? found[1] : "barred" };
}

/** Who is not signed in signs in first and comes back to where they wanted to go. */
router.beforeEach(async (to: RouteLocationNormalized) => {
  await loadSession();
  const staff = session.signedIn.value && session.person.value?.kind === "STAFF";
  if (to.meta.open) return true;
  if (staff && to.meta.anyone) return true;
  if (staff && to.name === "desk") return startPage();
  if (staff) return session.has(to.meta.permission ?? "case.read") || to.name === "barred" ? true : { name: "barred" };
  return { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
});

export function setTitle(text: string): void {
  document.title = `${text} - 上海民防一体化平台`;
}

router.afterEach((to) => setTitle(to.meta.title ?? "办公"));
