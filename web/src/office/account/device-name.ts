/** A browser's own description in a few words. */
const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger/, "微信"],
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/HeadlessChrome|Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/UOS|Kylin|Linux/, "Linux"],
];
const first = (list: [RegExp, string][], text: string): string => list.find(([sign]) => sign.test(text))?.[1] ?? "";

export function deviceName(agent: string): string {
  return [first(BROWSERS, agent), first(SYSTEMS, agent)].filter(Boolean).join(" · ") || "未知设备";
}
