import { computed, ref, shallowRef } from "vue";
import { ApiError, newKey } from "@/shared/api/client";
import { act, getCase, openCase } from "../api";
import { loadDesk, tellOutcome } from "../store";
import type { CaseRow, OfficeCase, SupplementItem, Verb } from "../types";

export interface ActExtra {
  opinion: string;
  supplement_items?: SupplementItem[];
  transfer_to?: number | null;
  office_to?: number | null;
  when?: string;
  until?: string | null;
  item_id?: number;
}

/** Verbs after which the case is still this person's. */
export const STAYING = ["claim", "withdraw", "remove_signer", "suspend", "resume", "reopen"];

/** One case: reading it, doing a verb, and reading it again when someone else was faster. */
export function useCase(id: number) {
  const value = shallowRef<OfficeCase | null>(null);
  const problem = shallowRef<ApiError | null>(null);
  const refused = shallowRef<ApiError | null>(null);
  const busy = ref("");
  const attempt = { of: "", key: "" };

  async function load(): Promise<void> {
    try {
      value.value = await getCase(id);
      problem.value = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!value.value || error.status === 404) problem.value = error;
      else refused.value = error;
    }
  }

  /** Note that whoever's turn it is has the case in front of them; of no consequence to the page if it fails. */
  async function noteOpened(): Promise<void> {
    if (value.value?.item_id) await openCase(id).catch(() => undefined);
  }

  /** The key stays the same while the same verb with the same content is tried again. */
  function keyFor(content: string): string {
    if (attempt.of !== content) Object.assign(attempt, { of: content, key: newKey() });
    return attempt.key;
  }

  /** Do a verb; answers the next case, `false` when refused (the reason is in `refused`). */
  async function perform(verb: Verb, extra: ActExtra): Promise<CaseRow | null | false> {
    const shown = value.value;
    const item = extra.item_id ?? shown?.item_id ?? shown?.opinions[shown.opinions.length - 1]?.item_id;
    if (!shown || item === undefined || busy.value) return false;
    const body = {
      item_id: item,
      verb: verb.verb,
      outcome: verb.outcome,
      target: verb.target,
      opinion: extra.opinion,
      seen_version: shown.item_version ?? shown.version,
      supplement_items: extra.supplement_items ?? [],
      transfer_to: extra.transfer_to ?? null,
      office_to: extra.office_to ?? null,
      when: extra.when ?? "",
      until: extra.until ?? null,
    };
    busy.value = verb.label;
    refused.value = null;
    try {
      const answer = await act(id, body, keyFor(JSON.stringify(body)));
      tellOutcome(answer.message, id, shown.project_name);
      void loadDesk();
      if (STAYING.includes(verb.verb)) await load();
      return answer.next_case;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.value = error;
      if (error.status === 409) await load();
      return false;
    } finally {
      busy.value = "";
    }
  }

  return { value, problem, refused, busy: computed(() => busy.value), load, noteOpened, perform };
}
