import { describe, expect, it } from "vitest";
import { addPhrase, draftKey, dropDraft, loadDraft, saveDraft } from "./draft";

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    clear: () => kept.clear(),
    key: () => null,
    get length() {
      return kept.size;
    },
  };
}

describe("an opinion being written", () => {
  it("survives leaving the page, apart for each case and step", () => {
    const store = memory();
    saveDraft(draftKey(5, 7), "建议准予。", new Date("2026-07-14T02:24:00Z"), store);
    expect(loadDraft(draftKey(5, 7), store)?.text).toBe("建议准予。");
    expect(loadDraft(draftKey(5, 8), store)).toBeNull();
  });
  it("is forgotten when emptied or sent", () => {
    const store = memory();
    saveDraft("k", "同意", new Date(), store);
    saveDraft("k", "  ", new Date(), store);
    expect(loadDraft("k", store)).toBeNull();
    saveDraft("k", "同意", new Date(), store);
    dropDraft("k", store);
    expect(loadDraft("k", store)).toBeNull();
  });
  it("tells when the browser cannot keep it, and reads nothing from broken content", () => {
    const store = { ...memory(), setItem: () => { throw new Error("full"); }, getItem: () => "{" } as Storage;
    expect(saveDraft("k", "同意", new Date(), store)).toBe(false);
    expect(loadDraft("k", store)).toBeNull();
  });
  it("takes each phrase once, with a full stop between sentences", () => {
    expect(addPhrase("", "同意。")).toBe("同意。");
    expect(addPhrase("材料齐全", "建议准予。")).toBe("材料齐全。建议准予。");
    expect(addPhrase("材料齐全。建议准予。", "建议准予。")).toBe("材料齐全。建议准予。");
  });
});
