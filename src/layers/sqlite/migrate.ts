import {
  type EdgeRefusal,
  EMPTY_PLAN,
  type Range,
  type SubmissionPlan,
  type Waiting,
} from "../../domain/TaskGroup.ts"
import type { Topic } from "../../services/GroupStore.ts"
import type { FollowMemory } from "../../services/RunStore.ts"
import { MEMORY, PLAN, SENTENCES } from "./keys.ts"
import { showResults } from "./resultsView.ts"
import { firstRow, run, type SqliteStorage } from "./SqliteStorage.ts"

/** Written into `details`, because the platform does not support `PRAGMA user_version`. */
export const SCHEMA_VERSION = 4

/**
 * A later deploy stored this group, and this one, an earlier one that was put in its place, does not understand it.
 * Nothing has been read or written.
 */
export class StoredByLaterVersion extends Error {
  override readonly name = "StoredByLaterVersion"

  constructor(version: unknown) {
    super(
      `This group was stored by a later version of the code than the one deployed (layout ${String(version)}; known are those up to ${SCHEMA_VERSION}). Deploy that version again.`,
    )
  }
}

/**
 * Brings a database of an earlier version up to date, in one transaction: a group lives for weeks and outlasts deploys.
 * Throws `StoredByLaterVersion`.
 */
export const migrate = (storage: SqliteStorage): void => {
  const [version] = firstRow(storage.sql.exec("SELECT schema_version FROM details WHERE id = 1")) ?? [
    SCHEMA_VERSION,
  ]
  if (version === SCHEMA_VERSION) return
  if (version !== 1 && version !== 2 && version !== 3) throw new StoredByLaterVersion(version)
  storage.transactionSync(() => {
    if (version === 1) {
      endOrRunOn(storage)
      nameSentences(storage)
      restartWaits(storage)
    }
    if (version !== 3) nameColumns(storage)
    addColumns(storage)
    run(storage, `UPDATE details SET schema_version = ${SCHEMA_VERSION} WHERE id = 1`)
  })
}

interface FormerBatch extends Range {
  readonly edge?: EdgeRefusal
}

/** Before version 4 a group had one submission, whose batches were ranges of rows, and all its runs one processor. */
const addColumns = (storage: SqliteStorage): void => {
  run(storage, "ALTER TABLE details ADD COLUMN run_options TEXT NOT NULL DEFAULT '{}'")
  run(storage, "ALTER TABLE runs ADD COLUMN processor TEXT")
  const plan = storage.kv.get<
    Pick<SubmissionPlan, "credit" | "edge"> & Record<"todo" | "sending" | "lost", Array<FormerBatch>>
  >(PLAN)
  if (plan === undefined) return
  let next = 0
  const named = <A extends FormerBatch>({ from, to, ...rest }: A) => ({
    ...rest,
    id: next++,
    rows: [{ from, to }],
  })
  const [todo, sending, lost] = [plan.todo, plan.sending, plan.lost].map((batches) => batches.map(named))
  storage.kv.put(PLAN, { ...EMPTY_PLAN, ...plan, todo, sending, lost, next })
}

/** Before version 3 there was no view of the users' columns. */
const nameColumns = (storage: SqliteStorage): void => {
  const [inputColumns, outputColumns] = firstRow(
    storage.sql.exec("SELECT input_columns, output_columns FROM details"),
  )!.map((names) => JSON.parse(names as string) as Array<string>)
  showResults(storage, { inputColumns: inputColumns!, outputColumns: outputColumns! })
}

/**
 * Version 1 told a completion before its output came. Now such a row runs until it ends as a whole, and where the output
 * was never to come it has failed. That is news to viewers: each row takes the next change number, and the end of a group
 * that has ended the one behind them. It is no progress of the group's, so that no time changes.
 */
const endOrRunOn = (storage: SqliteStorage): void => {
  const WITHOUT_OUTPUT = "status = 'completed' AND content IS NULL"
  const [rows, change] = firstRow(
    storage.sql.exec(
      `SELECT count(*), max(ifnull((SELECT max(change) FROM runs), 0), (SELECT change FROM details))
        FROM runs WHERE ${WITHOUT_OUTPUT}`,
    ),
  ) as [number, number]
  if (rows === 0) return
  run(
    storage,
    `UPDATE runs SET status = iif(error IS NULL, 'running', 'failed'), change = ? + nth
      FROM (SELECT id AS row, row_number() OVER (ORDER BY id) AS nth FROM runs WHERE ${WITHOUT_OUTPUT})
      WHERE runs.id = row`,
    change,
  )
  const last = change + rows
  run(
    storage,
    `UPDATE details SET change = ?1 + (end_change IS NOT NULL), end_change = iif(end_change IS NULL, NULL, ?1 + 1)`,
    last,
  )
}

/** Version 1 had one message, which was replaced by whoever came next. Now who says a sentence also takes it back. */
const nameSentences = (storage: SqliteStorage): void => {
  const [state, message] = firstRow(storage.sql.exec("SELECT state, status_message FROM details"))!
  if (message === "") return
  const refused = storage.kv.get("refused_since") !== undefined
  const topic: Topic = state === "ended" ? "end" : refused ? "following" : "submission"
  storage.kv.put(SENTENCES, { [topic]: message })
}

/**
 * Version 1 waited in time that passed, now it is time in which upstream answered. Nobody knows how much of the one was
 * the other, so that what was waited for is waited for anew: nothing is given up too early.
 */
const restartWaits = (storage: SqliteStorage): void => {
  const refused = storage.kv.delete("refused_since")
  if (refused) {
    const memory: FollowMemory = { answeredMs: 0, answeredAt: null, refusedAt: 0, lateOutputs: {} }
    storage.kv.put(MEMORY, memory)
  }
  const plan = storage.kv.get<{ readonly credit: { readonly next: number } | null }>(PLAN)
  if (plan === undefined) return
  const credit: Waiting | null = plan.credit && { since: 0, next: plan.credit.next, rounds: 1 }
  storage.kv.put(PLAN, { ...plan, credit, edge: null })
}
