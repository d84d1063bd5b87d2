import * as Effect from "effect/Effect"
import { shiftChange } from "../../domain/Ids.ts"
import { StorageFailed, type Topic } from "../../services/GroupStore.ts"
import type { GroupTables } from "./GroupTables.ts"
import { CURSOR, DELIVERIES, MEMORY, PLAN, SENTENCES } from "./keys.ts"

/** In the order in which they stand in `status_message`. */
const TOPICS: ReadonlyArray<Topic> = ["end", "following", "refusal", "submission", "webhook"]

/** Warnings come from upstream's misbehaviour too, so their number is bounded. */
const MAX_WARNINGS = 100

/** Inside `write`. */
export const addWarning = (tables: GroupTables, message: string) => {
  const { warnings } = tables.group
  if (warnings.includes(message) || warnings.length >= MAX_WARNINGS) return
  tables.updateDetails({ warnings: [...warnings, message] })
}

/** `GroupStore` on the tables. */
export const makeGroup = (tables: GroupTables) => {
  const { storage } = tables
  const sentences = () => storage.kv.get<Partial<Record<Topic, string>>>(SENTENCES) ?? {}
  const keep = (said: Partial<Record<Topic, string>>) => {
    if (Object.keys(said).length > 0) storage.kv.put(SENTENCES, said)
    else storage.kv.delete(SENTENCES)
  }
  const say = (said: Partial<Record<Topic, string>>) => {
    keep(said)
    const statusMessage = TOPICS.flatMap((topic) => said[topic] ?? []).join(" ")
    if (tables.group.statusMessage !== statusMessage) tables.updateDetails({ statusMessage })
  }
  const emptied = (also: () => void) =>
    Effect.tryPromise({
      try: () => {
        // In this order, so that a group that begins meanwhile makes its tables anew.
        const deleted = storage.deleteAll()
        also()
        return deleted
      },
      catch: (error) =>
        new StorageFailed({
          message: `The storage could not be emptied (${error instanceof Error ? error.name : "unknown"})`,
        }),
    })
  return {
    say: (topic: Topic, sentence: string | null) =>
      tables.write(undefined, () => {
        if (tables.details === null) return
        const { [topic]: before, ...rest } = sentences()
        if ((before ?? null) !== sentence) say(sentence === null ? rest : { ...rest, [topic]: sentence })
      }),
    addWarning: (message: string) => tables.write(undefined, () => addWarning(tables, message)),
    end: (
      options: { readonly message: string; readonly removalAt: number; readonly now: number },
      also: () => void,
    ) =>
      tables.write(false, () => {
        if (tables.group.state !== "active") return false
        tables.flush()
        keep(options.message === "" ? {} : { end: options.message })
        tables.updateDetails({
          state: "ended",
          statusMessage: options.message,
          endedAt: options.now,
          removalAt: options.removalAt,
        })
        // `done` takes a number of its own, so that a viewer that has seen all rows but not it comes back for it.
        tables.updateDetails({ endChange: shiftChange(tables.change, 1) })
        for (const key of [PLAN, CURSOR, MEMORY, DELIVERIES]) storage.kv.delete(key)
        also()
        tables.rest()
        return true
      }),
    deliveries: () => storage.kv.get<number>(DELIVERIES) ?? 0,
    countDelivery: () =>
      tables.write(undefined, () =>
        storage.kv.put(DELIVERIES, (storage.kv.get<number>(DELIVERIES) ?? 0) + 1),
      ),
    remove: (also: () => void) =>
      tables.write(undefined, () => {
        if (tables.details !== null) tables.updateDetails({ state: "removed" })
        also()
      }),
    erase: Effect.suspend(() => {
      tables.close()
      return emptied(() => {})
    }),
    forget: emptied(() => tables.deleted()),
  }
}
