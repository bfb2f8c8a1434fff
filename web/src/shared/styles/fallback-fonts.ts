/** Fetch the rules of the bundled fonts when the page is idle; their slices load only where a system font lacks a character. */
export function loadFallbackFonts(): void {
  const load = () => void import("./fonts.css");
  if ("requestIdleCallback" in window) window.requestIdleCallback(load, { timeout: 4000 });
  else setTimeout(load, 1500);
}
