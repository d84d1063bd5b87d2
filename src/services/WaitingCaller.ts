import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Refusal } from "../domain/Errors.ts"
import type { Submission } from "./TaskGroups.ts"

/** Who created the group and waits for what becomes of its submission: known only while the object is in memory. */
export class WaitingCaller extends Context.Service<
  WaitingCaller,
  {
    /** Upstream refuses and has taken nothing. True when a caller waits, whose the refusal then is. */
    take(refusal: Refusal): boolean
    /** The refusal that was taken; null when none was. */
    taken(): Refusal | null
    /** Answers whoever waits for what was taken. */
    answer(submission: Submission): Effect.Effect<void>
    /** Waits for what becomes of the submission, at most `ms`; a refusal that was taken meanwhile is waited out. */
    wait<R>(outcome: Effect.Effect<Submission, never, R>, ms: number): Effect.Effect<Submission, never, R>
  }
>()("multitask/services/WaitingCaller") {}
