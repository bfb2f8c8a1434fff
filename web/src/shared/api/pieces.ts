/** Large files in pieces: progress, pause, and going on after a lost network, a new sign-in or a reload. */
import { api, ApiError, askToSignIn, call, problemOf, requestHeaders, unreachable, type Schemas } from "./client";

export type Upload = Schemas["UploadOut"];
export type Material = Schemas["MaterialOut"];
export type Phase = "sending" | "paused" | "offline" | "checking" | "scanning";

export interface PiecesHandle {
  done: Promise<Material>;
  pause: () => void;
  go: () => void;
  cancel: () => void;
}
interface Place {
  caseId: number;
  code: string;
}
export interface Watcher {
  progress: (share: number) => void;
  phase: (phase: Phase) => void;
}

/** Files up to this size go in one request. */
export const SMALL = 4 * 1024 * 1024;
const RETRY_SECONDS = [1, 2, 4, 8, 15];
const CHECK_SECONDS = 2;
const SCAN_SECONDS = 15;
const aborted = () => new DOMException("cancelled", "AbortError");

class Sending {
  private paused = false;
  private cancelled = false;
  private failures = 0;
  private upload: Upload | null = null;
  private request: XMLHttpRequest | null = null;
  private wake: (() => void) | null = null;

  constructor(
    private readonly place: Place,
    private readonly file: File,
    private readonly watcher: Watcher,
  ) {}

  async run(): Promise<Material> {
    let upload = await this.patiently(() =>
      call(() =>
        api.POST("/api/uploads", {
          body: { name: this.file.name, size: this.file.size, case_id: this.place.caseId, code: this.place.code, modified: this.file.lastModified },
        }),
      ),
    );
    this.upload = upload;
    while (upload.state === "OPEN" && upload.received < upload.size) {
      await this.gate();
      this.watcher.phase("sending");
      upload = await this.patiently(() => this.piece(upload));
    }
    this.watcher.progress(1);
    return settle(this.place, await this.patiently(() => finish(upload)), this.watcher, (seconds) => this.rest(seconds));
  }

  pause(): void {
    this.paused = true;
    this.request?.abort();
    this.watcher.phase("paused");
  }

  go(): void {
    this.paused = false;
    this.wake?.();
  }

  cancel(): void {
    this.cancelled = true;
    this.request?.abort();
    this.wake?.();
    if (this.upload) void giveUp(this.upload.id).catch(() => undefined);
  }

  private async gate(): Promise<void> {
    while (this.paused && !this.cancelled) await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.cancelled) throw aborted();
  }

  private async rest(seconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      window.addEventListener("online", this.wake, { once: true });
    });
    if (this.cancelled) throw aborted();
  }

  /** Repeat while the server cannot be reached; refusals are passed on. */
  private async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      if (this.cancelled) throw aborted();
      try {
        const answer = await work();
        this.failures = 0;
        return answer;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.unreachable) throw error;
        this.watcher.phase("offline");
        await this.rest(RETRY_SECONDS[Math.min(this.failures++, RETRY_SECONDS.length - 1)] ?? 15);
      }
    }
  }

  /** Send the next piece; where it turns out to be the wrong one, ask where to go on. */
  private async piece(upload: Upload): Promise<Upload> {
    try {
      return await this.patch(upload);
    } catch (error) {
      if (error instanceof DOMException && !this.cancelled) return upload;
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401 && (await askToSignIn("登录已过期，登录后继续上传。"))) return upload;
      if (error.code === "WRONG_OFFSET") return look(upload.id);
      throw error;
    }
  }

  private patch(upload: Upload): Promise<Upload> {
    return new Promise((resolve, reject) => {
      const request = (this.request = new XMLHttpRequest());
      request.open("PATCH", `/api/uploads/${upload.id}?offset=${upload.received}`);
      for (const [name, value] of Object.entries(requestHeaders("PATCH"))) request.setRequestHeader(name, value);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => this.watcher.progress((upload.received + event.loaded) / upload.size);
      request.onerror = () => reject(unreachable());
      request.onabort = () => reject(aborted());
      request.onload = () => {
        const body = parsed(request.responseText);
        if (request.status >= 200 && request.status < 300) resolve(body as Upload);
        else reject(problemOf(request.status, body));
      };
      request.send(this.file.slice(upload.received, upload.received + upload.piece));
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const look = (id: string) => call(() => api.GET("/api/uploads/{upload_id}", { params: { path: { upload_id: id } } }));

async function finish(upload: Upload): Promise<Upload> {
  try {
    return await call(() => api.POST("/api/uploads/{upload_id}/finish", { params: { path: { upload_id: upload.id } } }));
  } catch (error) {
    if (error instanceof ApiError && error.code === "CHECKING") return look(upload.id);
    throw error;
  }
}

/** Wait for the judgement of a file that has been sent whole, and hand it in. */
async function settle(place: Place, sent: Upload, watcher: Watcher, rest: (seconds: number) => Promise<void>): Promise<Material> {
  let upload = sent;
  while (upload.state === "CHECKING" || upload.state === "WAITING_SCAN") {
    const scanning = upload.state === "WAITING_SCAN";
    watcher.phase(scanning ? "scanning" : "checking");
    await rest(scanning ? SCAN_SECONDS : CHECK_SECONDS);
    upload = await look(upload.id);
  }
  if (upload.problem) throw problemOf(422, { ...upload.problem, fields: [], trace_id: "" });
  return attach(place, upload.id);
}

/** Hand in what has been uploaded. */
export const attach = (place: Place, id: string): Promise<Material> =>
  call(() =>
    api.POST("/api/portal/cases/{case_id}/materials/{code}/from-upload", {
      params: { path: { case_id: place.caseId, code: place.code } },
      body: { upload_id: id },
    }),
  );

/** Forget an unfinished upload. */
export const giveUp = (id: string): Promise<unknown> =>
  call(() => api.DELETE("/api/uploads/{upload_id}", { params: { path: { upload_id: id } } }));

/** What was begun for an application in this or an earlier visit and has not been handed in. */
export const unfinished = (caseId: number): Promise<Upload[]> => call(() => api.GET("/api/uploads", { params: { query: { case_id: caseId } } }));

/** Send a file in pieces and hand it in; the same file chosen again goes on where it stopped. */
export function sendInPieces(place: Place, file: File, watcher: Watcher): PiecesHandle {
  const sending = new Sending(place, file, watcher);
  return { done: sending.run(), pause: () => sending.pause(), go: () => sending.go(), cancel: () => sending.cancel() };
}
