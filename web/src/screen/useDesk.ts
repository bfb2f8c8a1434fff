import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from "vue";
import { api, ApiError, call, type Schemas } from "@/shared/api/client";

type Desk = Schemas["Desk"];
const EVERY = 60_000;

/** The approval numbers, read every minute; what was last read stays with its time when reading fails. */
export function useDesk() {
  const desk = shallowRef<Desk | null>(null);
  const problem = ref("");
  const readAt = ref(0);
  const now = ref(Date.now());
  let timers: number[] = [];

  async function read(): Promise<void> {
    try {
      desk.value = await call(() => api.GET("/api/office/desk"), true);
      readAt.value = Date.now();
      problem.value = "";
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) window.location.assign("/office/sign-in?to=/screen");
      else problem.value = error instanceof ApiError ? error.problem.message : "暂时读不到数据。";
    }
  }
  onMounted(() => {
    void read();
    timers = [window.setInterval(read, EVERY), window.setInterval(() => (now.value = Date.now()), 1000)];
  });
  onBeforeUnmount(() => timers.forEach((timer) => window.clearInterval(timer)));

  /** The server's clock, carried on by this machine between readings. */
  const clock = computed(() => new Date(desk.value ? Date.parse(desk.value.now) + (now.value - readAt.value) : now.value));
  return { desk, problem, clock };
}
