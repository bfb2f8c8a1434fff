/** Downloads that may ask the person to sign in or to confirm who they are first. */
import { announce } from "../announce";
import { ApiError, call } from "./client";

async function fetched(url: string) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) return { error: (await response.json().catch(() => ({}))) as unknown, response };
  return { data: { blob: await response.blob(), name: nameIn(response.headers.get("Content-Disposition") ?? "") }, response };
}

function nameIn(disposition: string): string {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  return encoded ? decodeURIComponent(encoded) : (/filename="?([^";]+)/.exec(disposition)?.[1] ?? "download");
}

/** For `@click.prevent="download"` on a link: what it points at is fetched and saved. */
export async function download(event: Event): Promise<void> {
  const link = event.currentTarget as HTMLAnchorElement;
  try {
    const { blob, name } = await call(() => fetched(link.href));
    save(blob, name);
    announce(`已导出 ${name}。`);
  } catch (error) {
    announce(error instanceof ApiError ? `未导出：${error.problem.message}${error.problem.hint}` : "未导出，请重试。");
  }
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
