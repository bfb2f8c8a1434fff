import { onBeforeUnmount, onMounted, ref } from "vue";

export const WIDTH = 1920;
export const HEIGHT = 1080;

/** How much the 1920 × 1080 canvas is enlarged or shrunk to fit the window, keeping its shape. */
export const fit = (width: number, height: number): number => Math.min(width / WIDTH, height / HEIGHT);

export function useScale() {
  const style = ref("");
  function measure(): void {
    const scale = fit(window.innerWidth, window.innerHeight);
    const left = (window.innerWidth - WIDTH * scale) / 2;
    const top = (window.innerHeight - HEIGHT * scale) / 2;
    style.value = `transform: translate(${left}px, ${top}px) scale(${scale})`;
  }
  onMounted(() => {
    measure();
    window.addEventListener("resize", measure);
  });
  onBeforeUnmount(() => window.removeEventListener("resize", measure));
  return style;
}
