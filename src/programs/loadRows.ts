import * as Effect from "effect/Effect"
import type { Inputs, RowChoice } from "../domain/requestFields.ts"
import { InputsLoader } from "../services/InputsLoader.ts"
import type { ApiKey } from "../services/ParallelApi.ts"
import { InvalidRequest } from "./createErrors.ts"
import { refuseOwnKey } from "./refuseOwnKey.ts"

/** The rows of a request, fetched where they are behind a URL: for nobody whose key is not known to be good. */
export const loadRows = Effect.fnUntraced(function* (
  key: ApiKey,
  { inputs, skipEmpty, limit }: RowChoice & { readonly inputs: Inputs },
) {
  if (inputs._tag === "rows") return inputs.rows
  const loader = yield* InputsLoader
  const { collector, problems } = yield* loader.load(inputs.url, limit)
  const rows = collector.finish(skipEmpty, limit)
  if (problems.count > 0) return yield* new InvalidRequest({ problems: [...problems.list("inputs")] })
  yield* refuseOwnKey(key, { rows })
  return rows
})
