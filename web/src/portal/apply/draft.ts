/**
 * Autosave: 800 ms after the last change, on leaving a field, on changing step. One save at a time, always
 * the newest data; a failed save keeps a copy in the browser and tries again.
 */
import { computed, reactive } from "vue";
import { api, ApiError, call, type Schemas } from "@/shared/api/client";
import type { FormStore } from "@/shared/forms/store";
import { dropCopy, keepCopy } from "./localcopy";

const PAUSE_MS = 800;
const RETRY_MS = [3_000, 8_000, 20_000, 60_000];

type State = "saved" | "waiting" | "saving" | "offline" | "conflict" | "refused";

export class Draft {
  readonly status = reactive<{ state: State; savedAt: string; version: number; reason: string; tries: number }>({
    state: "saved",
    savedAt: "",
    version: 0,
    reason: "",
    tries: 0,
  });
  /** Something is not on the server yet. */
  readonly unsaved = computed(() => this.status.state !== "saved");
  step = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<boolean> | null = null;
  private changes = 0;
  private stopped = false;

  constructor(
    private readonly caseId: number,
    private readonly store: FormStore,
    version: number,
    savedAt: string,
    private readonly onSaved: (saved: Schemas["DraftSaved"]) => void,
  ) {
    this.status.version = version;
    this.status.savedAt = savedAt;
    store.onChange(() => this.changed());
    window.addEventListener("online", this.online);
    window.addEventListener("beforeunload", this.leaving);
    document.addEventListener("visibilitychange", this.hiding);
  }

  /** Stop watching; what is unsaved stays in the browser's copy. */
  dispose(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
    window.removeEventListener("beforeunload", this.leaving);
    document.removeEventListener("visibilitychange", this.hiding);
  }

  private readonly online = () => this.status.state === "offline" && void this.save();
  private readonly hiding = () => document.visibilityState === "hidden" && this.status.state === "waiting" && void this.save();
  private readonly leaving = (event: BeforeUnloadEvent) => {
    if (!this.unsaved.value) return;
    event.preventDefault();
    event.returnValue = "";
  };

  private changed(): void {
    this.changes += 1;
    if (this.status.state === "conflict") return;
    if (this.status.state !== "saving") this.status.state = "waiting";
    this.schedule(PAUSE_MS);
  }

  /** Mark the present data as not yet on the server (a restored copy). */
  touch(): void {
    this.changed();
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.save(), delay);
  }

  /** Save what there is; true when everything is on the server. */
  async save(): Promise<boolean> {
    clearTimeout(this.timer);
    if (this.running) {
      await this.running;
      return this.unsaved.value && this.status.state === "waiting" ? this.save() : !this.unsaved.value;
    }
    if (this.status.state === "saved" || this.status.state === "conflict") return this.status.state === "saved";
    this.running = this.send();
    try {
      return await this.running;
    } finally {
      this.running = null;
      if (this.status.state === "waiting") this.schedule(PAUSE_MS);
    }
  }

  private async send(): Promise<boolean> {
    const seen = this.changes;
    const data = this.store.snapshot();
    keepCopy(this.caseId, { version: this.status.version, step: this.step, at: new Date().toISOString(), data });
    this.status.state = "saving";
    try {
      const saved = await call(() =>
        api.PUT("/api/portal/cases/{case_id}/draft", {
          params: { path: { case_id: this.caseId } },
          body: { data, step: this.step, seen_version: this.status.version },
        }),
      );
      this.accepted(saved, seen);
      return this.status.state === ("saved" as State);
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  private accepted(saved: Schemas["DraftSaved"], seen: number): void {
    Object.assign(this.status, { version: saved.version, savedAt: saved.saved_at, reason: "", tries: 0 });
    const newest = seen === this.changes;
    this.status.state = newest ? "saved" : "waiting";
    if (newest) dropCopy(this.caseId);
    this.onSaved(saved);
  }

  private failed(error: unknown): void {
    const problem = error instanceof ApiError ? error : null;
    this.status.reason = problem ? `${problem.problem.message}${problem.problem.hint}` : "保存未成功。";
    if (problem?.status === 409) this.status.state = problem.code === "STALE" ? "conflict" : "refused";
    else if (problem && problem.status >= 400 && problem.status < 500) this.status.state = "refused";
    else {
      this.status.state = "offline";
      this.schedule(RETRY_MS[Math.min(this.status.tries, RETRY_MS.length - 1)] ?? 60_000);
      this.status.tries += 1;
    }
  }

  /** After a conflict: write over what was saved elsewhere, knowing its version. */
  async overwrite(version: number): Promise<boolean> {
    this.status.version = version;
    this.status.state = "waiting";
    return this.save();
  }

  /** A change of version made by another request of this page (materials, signature). */
  adopt(version: number): void {
    this.status.version = version;
  }
}
