/** Schedules people choose from, and how one reads. */
export const CRONS = [
  { value: "", label: "不定时（手动启动）" },
  { value: "*/5 * * * *", label: "每 5 分钟" },
  { value: "*/15 * * * *", label: "每 15 分钟" },
  { value: "0 * * * *", label: "每小时" },
  { value: "30 2 * * *", label: "每天 02:30" },
  { value: "30 2 * * 1", label: "每周一 02:30" },
];

export const cronWords = (cron: string): string => CRONS.find((entry) => entry.value === cron)?.label ?? cron;
