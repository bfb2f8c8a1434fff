/** A refusal as messages for the fields it names; one without fields under the empty name. */
import { ApiError, unreachable } from "@/shared/api/client";

export function fieldErrors(error: unknown): Record<string, string> {
  const refusal = error instanceof ApiError ? error : unreachable();
  const found = Object.fromEntries(refusal.problem.fields.map((field) => [field.path, field.message]));
  return Object.keys(found).length ? found : { "": `${refusal.problem.message}${refusal.problem.hint}` };
}
