import { onBeforeUnmount, ref, useTemplateRef, watch } from "vue";

/** A small panel (template ref `popover`) hanging from a button: closes on Esc (focus back to the button), outside click, or leaving by Tab. */
export function usePopover() {
  const open = ref(false);
  const root = useTemplateRef<HTMLElement>("popover");

  function outside(event: Event): void {
    if (root.value && !root.value.contains(event.target as Node)) open.value = false;
  }
  function escape(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    open.value = false;
    root.value?.querySelector<HTMLElement>("[aria-expanded]")?.focus();
  }
  function listen(on: boolean): void {
    const change = on ? document.addEventListener : document.removeEventListener;
    change.call(document, "pointerdown", outside);
    change.call(document, "focusin", outside);
    change.call(document, "keydown", escape as EventListener);
  }
  watch(open, listen);
  onBeforeUnmount(() => listen(false));
  return { open, root };
}
