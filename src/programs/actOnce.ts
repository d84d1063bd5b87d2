import * as Effect from "effect/Effect"
import type { IdempotentAct } from "../domain/Idempotency.ts"
import { Idempotency, type IdempotentRequest } from "../services/Idempotency.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import type { ParallelApi } from "../services/ParallelApi.ts"
import type { Settings } from "../services/Settings.ts"
import type { TaskGroups } from "../services/TaskGroups.ts"
import type { ActError } from "./actErrors.ts"
import { actDecoded, type Acted, type ActOptions, decodeAct, isPlan } from "./actOnTaskGroup.ts"
import { KeyTakenOver } from "./createErrors.ts"
import { obtainKey } from "./obtainKey.ts"

/**
 * `actOnTaskGroup`, at most once for each idempotency key: whoever sends the same request again gets the first answer.
 * The group's object keeps it from being done twice; the record keeps the key for this request, and has the answer when
 * the group is gone. A plan claims nothing.
 */
export const actOnce = Effect.fn("actOnce")(function* (
  options: ActOptions & { readonly record: IdempotentAct },
): Effect.fn.Return<Acted, ActError, ParallelApi | InputsLoader | TaskGroups | Settings | Idempotency> {
  const records = yield* Idempotency
  const asked = yield* decodeAct(options)
  if (isPlan(asked)) return yield* actDecoded(asked, options, null)
  const { record, token } = options
  const request: IdempotentRequest = { ...record, token, isAct: true }
  let inDoubt = false
  // Should this fail, the record's lease frees the key later.
  const release = Effect.suspend(() => Effect.ignore(records.release(request, inDoubt)))
  const obtained = yield* obtainKey(request).pipe(Effect.onInterrupt(() => release))
  if (obtained._tag === "Answered") {
    const { url, answer } = obtained.group
    return { url, answer, replayed: true, isPlan: false }
  }
  const acted = yield* actDecoded(asked, options, {
    record,
    before: obtained.before,
    // Goes on only where the record says so in so many words.
    announce: (group) =>
      Effect.flatMap(records.created(request, group), (isOurs) =>
        isOurs ? Effect.void : Effect.fail(new KeyTakenOver({ taskgroupId: group.taskgroupId })),
      ),
    sent: (isSent) => {
      inDoubt = isSent
    },
  }).pipe(Effect.onError(() => release))
  const { url, answer } = acted
  // Should this fail, a repetition asks the group's object, or has the answer that a DELETE left.
  yield* Effect.ignore(records.done(request, { taskgroupId: options.id, url, answer }))
  return acted
})
