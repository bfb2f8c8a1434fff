/** How many alarms are open, beside every page of the office. */
import { shallowReactive } from "vue";
import { api, ApiError, call, type Schemas } from "@/shared/api/client";

export const alarmTotals = shallowReactive<{ value: Schemas["AlarmTotalsOut"] | null }>({ value: null });

/** Read the totals again; a failure leaves what was known. */
export async function loadAlarmTotals(background = false): Promise<void> {
  try {
    alarmTotals.value = await call(() => api.GET("/api/office/alarms/totals", background ? { headers: { "X-Background": "1" } } : {}));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
