/** The colours of states, the same on all pages about people. */
export const STATE_TONES: Record<string, string> = {
  ACTIVE: "is-ok",
  LOCKED: "is-warn",
  DISABLED: "is-hold",
  TAMPERED: "is-late",
  WAITING: "is-warn",
  APPROVED: "is-ok",
  REFUSED: "is-late",
  WITHDRAWN: "is-hold",
  EXPIRED: "is-hold",
};
