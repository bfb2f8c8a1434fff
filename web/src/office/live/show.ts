/** How levels, tones and ages are said and drawn. */
import type { LivePoint } from "./api";

export const LEVELS: Record<number, { name: string; word: string; d: string }> = {
  1: { name: "红", word: "重大", d: "M4 1h4l3 3v4l-3 3H4L1 8V4z" },
  2: { name: "橙", word: "较重", d: "M6 .5L11.5 6 6 11.5.5 6z" },
  3: { name: "黄", word: "一般", d: "M6 1l5.500 10H.5z" },
  4: { name: "蓝", word: "提示", d: "M1 6a5 5 0 1 0 10 0A5 5 0 1 0 1 6" },
};

export const TONES: Record<string, { word: string; d: string }> = {
  ok: { word: "正常", d: "M1.500 6.200l3 3 6-6.400" },
  warn: { word: "注意", d: "M6 1.500v5.500M6 9.600v.6" },
  late: { word: "不满足", d: "M2 2l8 8M10 2l-8 8" },
  hold: { word: "无当前数据", d: "M2 6h8" },
};

/** How long ago, from a server instant to the server's now. */
export function ageOf(ts: string | null, now: number): string {
  if (!ts) return "尚未上报";
  const seconds = Math.max(0, Math.round((now - Date.parse(ts)) / 1000));
  if (seconds < 60) return `${seconds} 秒前`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分钟前`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} 小时前`;
  return `${Math.floor(seconds / 86400)} 天前`;
}

/** A value that is not of now is never said without its age. */
export function saying(point: LivePoint, now: number): string {
  if (point.value === null) return "尚未上报";
  return point.stale ? `${point.text}（${ageOf(point.ts, now)}）` : point.text;
}

/** The line of a small curve in a box of `width` × `height`; gaps stay gaps. */
export function sparkPath(values: (number | null)[], width: number, height: number): string {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const tall = high - low || 1;
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) drawing = false;
    else {
      const x = (index / (values.length - 1)) * width;
      const y = high === low ? height / 2 : height - 1 - ((value - low) / tall) * (height - 2);
      path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      drawing = true;
    }
  });
  return path;
}
