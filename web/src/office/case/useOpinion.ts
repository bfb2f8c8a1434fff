import { computed, onBeforeUnmount, ref, watch, type Ref } from "vue";
import { clock } from "@/shared/format";
import { addPhrase, draftKey, dropDraft, loadDraft, saveDraft } from "./draft";

const SAVE_AFTER = 600;
const MOST = 500;

/** The opinion being written: kept in this browser as it is typed, restored when the case is opened again. */
export function useOpinion(caseId: number, itemId: Ref<number | null | undefined>) {
  const text = ref("");
  const saved = ref("");
  const restored = ref(false);
  const key = computed(() => draftKey(caseId, itemId.value ?? null));
  let timer = 0;

  watch(
    itemId,
    (now) => {
      if (!now) return;
      const draft = loadDraft(key.value);
      if (!draft || text.value) return;
      text.value = draft.text;
      restored.value = true;
      saved.value = `${clock(draft.savedAt)} 的草稿已恢复`;
    },
    { immediate: true },
  );

  function keep(): void {
    window.clearTimeout(timer);
    const now = new Date();
    const kept = saveDraft(key.value, text.value, now);
    saved.value = !text.value.trim() ? "" : kept ? `${clock(now)} 已自动保存` : "本机无法保存草稿，请及时提交";
  }
  watch(text, () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, SAVE_AFTER);
  });
  window.addEventListener("beforeunload", keep);
  onBeforeUnmount(() => {
    window.removeEventListener("beforeunload", keep);
    if (timer) keep();
  });

  const length = computed(() => [...text.value].length);
  return {
    text,
    saved,
    restored,
    length,
    most: MOST,
    add: (phrase: string) => (text.value = addPhrase(text.value, phrase)),
    /** Forget what was sent. */
    done: () => {
      window.clearTimeout(timer);
      timer = 0;
      dropDraft(key.value);
      text.value = "";
      saved.value = "";
    },
  };
}

export type Opinion = ReturnType<typeof useOpinion>;
