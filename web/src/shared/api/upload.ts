/** Uploads with progress (fetch cannot report it). */
import { askToSignIn, newKey, problemOf, requestHeaders, unreachable } from "./client";

export interface UploadHandle<T> {
  done: Promise<T>;
  cancel: () => void;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function attempt<T>(request: XMLHttpRequest, url: string, key: string, file: File, progress: (share: number) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    request.open("POST", url);
    for (const [name, value] of Object.entries(requestHeaders("POST"))) request.setRequestHeader(name, value);
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as T);
      else reject(problemOf(request.status, body));
    };
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}

/** Send one file; `progress` gets 0..1. A run-out session asks for sign-in and sends again. */
export function upload<T>(url: string, file: File, progress: (share: number) => void): UploadHandle<T> {
  const key = newKey();
  let request = new XMLHttpRequest();
  const run = async (): Promise<T> => {
    try {
      return await attempt<T>(request, url, key, file, progress);
    } catch (error) {
      const expired = (error as { status?: number }).status === 401;
      if (!expired || !(await askToSignIn("登录已过期，登录后继续上传。"))) throw error;
      request = new XMLHttpRequest();
      return attempt<T>(request, url, key, file, progress);
    }
  };
  return { done: run(), cancel: () => request.abort() };
}
