import { beforeEach, describe, expect, it, vi } from "vitest";

const SIZE = 10;
const PIECE = 4;
interface Answer {
  status: number;
  body: unknown;
}
const server = { received: 0, state: "OPEN", answers: [] as Array<Answer | "lost">, offsets: [] as number[], asked: 0, attached: 0 };

const uploadOut = () => ({ id: "u1", code: "M1", name: "a.pdf", size: SIZE, piece: PIECE, received: server.received, state: server.state, state_label: "", problem: null, file: null });

vi.mock("./client", async () => {
  class ApiError extends Error {
    constructor(readonly status: number, readonly problem: { code: string; message: string; hint: string }) {
      super(problem.message);
    }
    get code() {
      return this.problem.code;
    }
    get unreachable() {
      return this.status === 0 || this.status >= 502;
    }
  }
  const answer = (path: string) => {
    if (path.endsWith("/finish")) server.state = "DONE";
    if (path.endsWith("/from-upload")) return Promise.resolve({ id: ++server.attached });
    return Promise.resolve(uploadOut());
  };
  return {
    ApiError,
    api: { POST: answer, GET: answer, DELETE: answer },
    call: (work: () => Promise<unknown>) => work(),
    askToSignIn: () => Promise.resolve(++server.asked > 0),
    requestHeaders: () => ({}),
    unreachable: () => new ApiError(0, { code: "UNREACHABLE", message: "", hint: "" }),
    problemOf: (status: number, body: { code: string }) => new ApiError(status, { message: "", hint: "", ...body }),
  };
});

class Request {
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  status = 0;
  responseText = "";
  private offset = 0;
  open(_: string, address: string) {
    this.offset = Number(address.split("offset=")[1]);
  }
  setRequestHeader() {}
  abort() {
    this.onabort?.();
  }
  send(body: { size: number }) {
    server.offsets.push(this.offset);
    const planned = server.answers.shift();
    queueMicrotask(() => {
      if (planned === "lost") return this.onerror?.();
      if (!planned) server.received = this.offset + body.size;
      this.status = planned?.status ?? 200;
      this.responseText = JSON.stringify(planned?.body ?? uploadOut());
      this.onload?.();
    });
  }
}

const file = { name: "a.pdf", size: SIZE, lastModified: 1, slice: (from: number, to: number) => ({ size: Math.min(to, SIZE) - from }) } as unknown as File;

async function send(watch: { phase?: (phase: string) => void } = {}) {
  const { sendInPieces } = await import("./pieces");
  const shares: number[] = [];
  const handle = sendInPieces({ caseId: 1, code: "M1" }, file, { progress: (share) => shares.push(share), phase: (phase) => watch.phase?.(phase) });
  return { handle, shares };
}

beforeEach(() => {
  Object.assign(server, { received: 0, state: "OPEN", answers: [], offsets: [], asked: 0, attached: 0 });
  vi.stubGlobal("XMLHttpRequest", Request);
  vi.stubGlobal("window", { addEventListener: (_: string, wake: () => void) => setTimeout(wake, 0) });
});

describe("a file in pieces", () => {
  it("is sent piece by piece and handed in", async () => {
    const { handle, shares } = await send();
    await handle.done;
    expect(server.offsets).toEqual([0, 4, 8]);
    expect(server.attached).toBe(1);
    expect(shares.at(-1)).toBe(1);
  });

  it("goes on where the server stands after a lost network, a new sign-in and a wrong place", async () => {
    server.answers = ["lost", { status: 401, body: { code: "SESSION_EXPIRED" } }, { status: 409, body: { code: "WRONG_OFFSET" } }];
    const phases: string[] = [];
    const { handle } = await send({ phase: (phase) => phases.push(phase) });
    await handle.done;
    expect(server.offsets).toEqual([0, 0, 0, 0, 4, 8]);
    expect(server.asked).toBe(1);
    expect(phases).toContain("offline");
  });

  it("begins in the middle when part of it came in an earlier visit", async () => {
    server.received = 8;
    const { handle } = await send();
    await handle.done;
    expect(server.offsets).toEqual([8]);
  });

  it("waits while paused and stops for good when cancelled", async () => {
    const { handle } = await send();
    handle.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = server.offsets.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.offsets.length).toBe(before);
    handle.cancel();
    await expect(handle.done).rejects.toMatchObject({ name: "AbortError" });
    expect(server.attached).toBe(0);
  });

  it("passes a refusal on", async () => {
    server.answers = [{ status: 413, body: { code: "PIECE_SIZE" } }];
    const { handle } = await send();
    await expect(handle.done).rejects.toMatchObject({ status: 413 });
  });
});
