import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { MultitaskBody } from "../domain/MultitaskBody.ts"
import { keyInFields, keyInRows } from "../domain/OwnKey.ts"
import { Problems } from "../domain/Problem.ts"
import type { Rows } from "../domain/Rows.ts"
import type { ApiKey } from "../services/ParallelApi.ts"
import { InvalidRequest } from "./createErrors.ts"

/** Who has the key of the request in its body would publish it: refused, by path. */
export const refuseOwnKey = (
  apiKey: ApiKey,
  { body, rows }: { readonly body?: MultitaskBody; readonly rows: Rows | null },
): Effect.Effect<void, InvalidRequest> => {
  const key = Redacted.value(apiKey)
  const problems = body === undefined ? new Problems() : keyInFields(body, key)
  if (rows !== null) problems.join(keyInRows(rows, key))
  return problems.count === 0
    ? Effect.void
    : Effect.fail(new InvalidRequest({ problems: [...problems.list("inputs")] }))
}
