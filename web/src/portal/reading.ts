/** Reading comfort chosen by the visitor, kept in this browser: size, contrast, line spacing, ruler, elder version. */
import { reactive, watch } from "vue";

export interface Reading {
  size: "normal" | "large" | "xlarge";
  contrast: boolean;
  loose: boolean;
  ruler: boolean;
  elder: boolean;
}
const KEY = "minfang:reading";
const USUAL: Reading = { size: "normal", contrast: false, loose: false, ruler: false, elder: false };

function remembered(): Reading {
  try {
    return { ...USUAL, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Reading>) };
  } catch {
    return { ...USUAL };
  }
}
export const reading = reactive<Reading>(remembered());

function show(): void {
  const root = document.documentElement;
  const flag = (name: string, on: boolean, value = "") =>
    on ? root.setAttribute(`data-${name}`, value) : root.removeAttribute(`data-${name}`);
  flag("elder", reading.elder);
  flag("size", reading.size !== "normal", reading.size);
  flag("contrast", reading.contrast, "high");
  flag("loose", reading.loose);
}

/** Put the remembered choice on the document and follow changes. */
export function applyReading(): void {
  show();
  watch(reading, () => {
    show();
    try {
      localStorage.setItem(KEY, JSON.stringify(reading));
    } catch {
      /* a browser without storage forgets the choice, nothing else */
    }
  });
}

export function resetReading(): void {
  Object.assign(reading, USUAL);
}
