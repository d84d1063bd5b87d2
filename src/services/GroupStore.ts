import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { IdempotentAct } from "../domain/Idempotency.ts"
import type { GroupDetails, JsonText, StatusState } from "../domain/TaskGroup.ts"

/** What a sentence of `status_message` is about: each is replaced and taken back by the one who said it. */
export type Topic = "refusal" | "submission" | "following" | "end" | "webhook"

/** The platform could not empty the storage; it is there as before, and may be asked again. */
export class StorageFailed extends Schema.TaggedError<StorageFailed>()("StorageFailed", {
  message: Schema.String,
}) {}

/**
 * The group itself: what it is, what is said about it, its end and its removal. Synchronous but for what empties the
 * storage; every writing member is one transaction. Times are epoch milliseconds.
 */
export class GroupStore extends Context.Service<
  GroupStore,
  {
    /** Null until the group begins, and after its removal. */
    details(): GroupDetails | null
    /** Says, or with null no longer says, this in `status_message`. */
    say(topic: Topic, sentence: string | null): void
    addWarning(message: string): void
    /** What the members of all stores write in it is one transaction. `otherwise`: the group is gone. */
    transaction<T>(otherwise: T, body: () => T): T
    /**
     * The group has ended: `also` runs in the same transaction. With a `message` following was given up; a `note` is said
     * besides. What is in doubt is settled should the group go on. False when it had ended before.
     */
    end(
      options: {
        readonly message: string
        readonly note?: string
        readonly removalAt: number
        readonly now: number
      },
      also: () => void,
    ): boolean
    /** Following begins anew, after an end perhaps, as if upstream had refused nothing and it were the first day. */
    goOn(now: number): void
    /** How many ends there have been before the present one. */
    ends(): number
    state(): StatusState
    /** What an earlier act was answered, under this idempotency key; `other`: it was another request. */
    answerTo(record: IdempotentAct, now: number): { readonly answer: JsonText } | "other" | null
    keepAnswer(record: IdempotentAct, answer: JsonText, until: number, now: number): void
    /** How often the webhook of this end has been tried; counting is a transaction of its own. */
    deliveries(): number
    countDelivery(): void
    /**
     * The group is gone for everybody from now on, whatever becomes of emptying the storage: it is neither looked up,
     * nor followed, nor received again. `also` runs in the same transaction. That it was here is known until then.
     */
    remove(also: () => void, knownUntil?: number | null): void
    /**
     * Empties the storage of a removed group. What still runs writes nothing back. Fails like the platform does. Where it
     * stays known for a while that the group was here, `also` is done with it: it has to go in its time.
     */
    erase(also?: (knownUntil: number) => void): Effect.Effect<void, StorageFailed>
    /** Empties the storage of an object that holds nothing, so that a look-up leaves nothing behind. */
    forget(now: number): Effect.Effect<void, StorageFailed>
  }
>()("multitask/services/GroupStore") {}
