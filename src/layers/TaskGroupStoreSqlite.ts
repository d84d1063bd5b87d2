import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { GroupDetails } from "../domain/TaskGroup.ts"
import { Audience } from "../services/Audience.ts"
import { GroupReader } from "../services/GroupReader.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { Publisher } from "../services/Publisher.ts"
import { ReceivingStore } from "../services/ReceivingStore.ts"
import { RunStore } from "../services/RunStore.ts"
import { SubmissionStore } from "../services/SubmissionStore.ts"
import { makeGroup } from "./sqlite/group.ts"
import { groupReads } from "./sqlite/groupReads.ts"
import { GroupTables } from "./sqlite/GroupTables.ts"
import { makeReceiving } from "./sqlite/receiving.ts"
import { makeRuns } from "./sqlite/runs.ts"
import type { SqliteStorage } from "./sqlite/SqliteStorage.ts"
import { makeSubmission } from "./sqlite/submission.ts"

/** The store on a SQLite database: a Durable Object's `storage`, or anything that has the same few members. */
export const makeTaskGroupStore = (
  storage: SqliteStorage,
  publisher: Publisher["Service"],
  audience: Audience["Service"],
) => {
  const tables = new GroupTables(storage, publisher)
  const details = (): GroupDetails | null => tables.details
  return {
    ...makeReceiving(tables),
    ...makeSubmission(tables),
    ...makeRuns(tables),
    ...makeGroup(tables),
    ...groupReads(tables, audience),
    details,
  }
}

export type TaskGroupStore = ReturnType<typeof makeTaskGroupStore>

/** The stores of one object, on one database: each service is its part of it. */
export const TaskGroupStoreSqlite = (
  storage: SqliteStorage,
): Layer.Layer<
  ReceivingStore | SubmissionStore | RunStore | GroupStore | GroupReader,
  never,
  Publisher | Audience
> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = makeTaskGroupStore(storage, yield* Publisher, yield* Audience)
      return Context.empty().pipe(
        Context.add(ReceivingStore, store),
        Context.add(SubmissionStore, store),
        Context.add(RunStore, store),
        Context.add(GroupStore, store),
        Context.add(GroupReader, store),
      )
    }),
  )
