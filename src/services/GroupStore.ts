import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GroupDetails } from "../domain/TaskGroup.ts"

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
    /** The group has ended: `also` runs in the same transaction. False when it had ended before. */
    end(
      options: { readonly message: string; readonly removalAt: number; readonly now: number },
      also: () => void,
    ): boolean
    /** How often the webhook of this end has been tried; counting is a transaction of its own. */
    deliveries(): number
    countDelivery(): void
    /**
     * The group is gone for everybody from now on, whatever becomes of emptying the storage: it is neither looked up,
     * nor followed, nor received again. `also` runs in the same transaction.
     */
    remove(also: () => void): void
    /** Empties the storage of a removed group. What still runs writes nothing back. Fails like the platform does. */
    readonly erase: Effect.Effect<void, StorageFailed>
    /** Empties the storage of an object that holds nothing, so that a look-up leaves nothing behind. */
    readonly forget: Effect.Effect<void, StorageFailed>
  }
>()("multitask/services/GroupStore") {}
