/** Colours and icons of states; the words always stand beside them. */
export const STATUS_TONES: Record<string, string> = { ONLINE: "is-ok", OFFLINE: "is-hold", FAULT: "is-late", MAINTENANCE: "", DISABLED: "is-hold", LOW_BATTERY: "is-warn" };
export const OP_TONES: Record<string, string> = { PEACE: "is-ok", TRANSITION: "is-warn", EMERGENCY: "is-late" };
export const LIFE_TONES: Record<string, string> = { IN_USE: "is-ok", RENOVATING: "is-warn", RETIRED: "is-hold", DEMOLISHED: "is-hold" };
export const DUE_TONES: Record<string, string> = { SOON: "is-warn", OVER: "is-late" };
