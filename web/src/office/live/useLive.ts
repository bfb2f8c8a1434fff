/**
 * Hears of changes while a page is open: a stream of server-sent events, and where none can be had, a question
 * every few seconds. `useLive({ alarm: ({ works, id }) => … })`.
 */
import { onBeforeUnmount, onMounted, ref, watch, type Ref } from "vue";
import { loadSession } from "@/shared/session";
import { getChanges, getWhere } from "./api";

export interface Change {
  works: number;
  id: number;
}

export interface LiveHandlers {
  /** An alarm of a work I may see was raised or changed; in a storm `id` is 0: read the list anew. */
  alarm?: (change: Change) => void;
  /** The readiness of a work changed. */
  works?: (change: Change) => void;
  /** A new picture of the work and view this page looks at. */
  view?: (data: unknown) => void;
  /** Too much was missed: read everything anew. Also called for each round without a stream. */
  reload?: () => void;
}

export type LiveState = "connecting" | "stream" | "polling" | "ended";

/** How long to wait before the n-th try to reach the stream again, in milliseconds. */
export const pauseBefore = (failures: number): number => Math.min(60_000, 1_000 * 2 ** Math.min(failures, 6));

const POLL_AFTER = 2;

/** The address with what this page looks at. */
export function addressOf(url: string, watching: string): string {
  return watching ? `${url}${url.includes("?") ? "&" : "?"}${watching}` : url;
}

/** `watching` is the query of what this page looks at (`works=3&view=peace`), empty for changes only. */
export function useLive(handlers: LiveHandlers, watching: Ref<string> = ref("")): { state: Ref<LiveState> } {
  const state = ref<LiveState>("connecting");
  let source: EventSource | null = null;
  let timer = 0;
  let failures = 0;
  let where = { url: "", poll_seconds: 10 };
  let since = "";
  let closed = false;

  const parsed = (event: MessageEvent): unknown => JSON.parse(String(event.data));

  function listen(opened: EventSource): void {
    opened.addEventListener("hello", () => {
      failures = 0;
      state.value = "stream";
      window.clearTimeout(timer);
    });
    opened.addEventListener("alarm", (event) => handlers.alarm?.(parsed(event as MessageEvent) as Change));
    opened.addEventListener("works", (event) => handlers.works?.(parsed(event as MessageEvent) as Change));
    opened.addEventListener("view", (event) => handlers.view?.(parsed(event as MessageEvent)));
    opened.addEventListener("reload", () => handlers.reload?.());
    opened.addEventListener("bye", () => {
      close();
      state.value = "ended";
      void loadSession(true).then(() => handlers.reload?.());
    });
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED || failures >= POLL_AFTER) retry();
      else failures += 1;
    };
  }

  function close(): void {
    source?.close();
    source = null;
    window.clearTimeout(timer);
  }

  function open(): void {
    close();
    if (closed) return;
    if (!where.url) {
      state.value = "polling";
      timer = window.setTimeout(() => void poll(), where.poll_seconds * 1000);
      return;
    }
    source = new EventSource(addressOf(where.url, watching.value), { withCredentials: true });
    listen(source);
  }

  /** The stream failed: ask meanwhile, and try it again after a while. */
  function retry(): void {
    close();
    failures += 1;
    if (failures >= POLL_AFTER) state.value = "polling";
    const turn = failures >= POLL_AFTER ? poll() : Promise.resolve();
    void turn.finally(() => {
      if (!closed && state.value !== "ended") timer = window.setTimeout(open, pauseBefore(failures));
    });
  }

  async function poll(): Promise<void> {
    try {
      const told = await getChanges(since || new Date(Date.now() - 60_000).toISOString());
      since = told.since;
      for (const change of told.changes) handlers.alarm?.(change);
      handlers.reload?.();
    } catch {
      // The page keeps what it has; the next round asks again.
    }
    if (!where.url && !closed) timer = window.setTimeout(() => void poll(), where.poll_seconds * 1000);
  }

  async function start(): Promise<void> {
    try {
      where = await getWhere();
    } catch {
      failures += 1;
      timer = window.setTimeout(() => void start(), pauseBefore(failures));
      return;
    }
    open();
  }

  onMounted(() => void start());
  watch(watching, () => {
    if (state.value !== "connecting") open();
  });
  onBeforeUnmount(() => {
    closed = true;
    close();
  });
  return { state };
}
