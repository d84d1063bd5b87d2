import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Refusal } from "../domain/Errors.ts"
import type { Submission } from "../services/TaskGroups.ts"
import { WaitingCaller } from "../services/WaitingCaller.ts"

/** The caller of one object. */
export const WaitingCallerLive: Layer.Layer<WaitingCaller> = Layer.sync(WaitingCaller, () => {
  const answer = Deferred.makeUnsafe<Submission>()
  let waiting = 0
  let taken: Refusal | null = null
  return WaitingCaller.of({
    take: (refusal) => {
      if (waiting > 0) taken = refusal
      return waiting > 0
    },
    taken: () => taken,
    answer: (submission) => Effect.asVoid(Deferred.succeed(answer, submission)),
    wait: (outcome, ms) =>
      Effect.suspend(() => {
        waiting++
        return Effect.raceFirst(Deferred.await(answer), outcome)
      }).pipe(
        Effect.timeoutOrElse({
          duration: Duration.millis(ms),
          orElse: () => Effect.succeed<Submission>({ _tag: "Underway" }),
        }),
        // From here on a refusal is the object's own to deal with, unless it has been taken just now.
        Effect.ensuring(
          Effect.sync(() => {
            waiting--
          }),
        ),
        Effect.flatMap((submission) =>
          taken === null ? Effect.succeed(submission) : Deferred.await(answer),
        ),
      ),
  })
})
