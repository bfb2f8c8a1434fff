/** Short news for screen readers and, at the foot of the page, for eyes (never for errors of fields). */
import { reactive } from "vue";

export const news = reactive<{ text: string; at: number }>({ text: "", at: 0 });

/** Say that something happened; replaces what was said before. */
export function announce(text: string): void {
  news.text = text;
  news.at = Date.now();
}
