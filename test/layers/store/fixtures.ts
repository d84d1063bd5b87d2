import * as Effect from "effect/Effect"
import { RunId } from "../../../src/domain/Ids.ts"
import type { GroupInit, RunRow } from "../../../src/domain/TaskGroup.ts"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import { readOutput, readRun, type WireOutput } from "../../../src/domain/Wire.ts"
import { makePublisher } from "../../../src/layers/PublisherLive.ts"
import { RendererSse } from "../../../src/layers/render/RendererSse.ts"
import type { SqliteStorage } from "../../../src/layers/sqlite/SqliteStorage.ts"
import { makeAudience } from "../../../src/layers/AudienceLive.ts"
import { makeTaskGroupStore, type TaskGroupStore } from "../../../src/layers/TaskGroupStoreSqlite.ts"
import { EventRenderer } from "../../../src/services/EventRenderer.ts"
import { type EventReader, GroupReader, type Snapshot } from "../../../src/services/GroupReader.ts"
import type { RunUpdate, UnfinishedRun } from "../../../src/services/RunStore.ts"
import { groupId } from "../../support/ids.ts"

export type Store = TaskGroupStore

/** All services of a store: one object has the members of all of them. */
export const wholeStore = Effect.map(GroupReader, (reader) => reader as unknown as Store)

/** Runs a test on an empty storage; a Durable Object's can only be used from inside it. */
export type WithStorage = (body: (storage: SqliteStorage) => void | Promise<void>) => Promise<void>

/** What viewers' rows are read as. */
export const { rows: viewersRows } = Effect.runSync(Effect.provide(EventRenderer, RendererSse))
export const asEvents = viewersRows({})

export const NOW = Date.UTC(2026, 10, 20, 9)

export const initOf = (changes: Partial<GroupInit> = {}): GroupInit => ({
  taskgroupId: groupId("tgrp_store_suite"),
  url: "https://multitask.example/tgrp_store_suite",
  createdAt: "2026-11-20T09:00:00Z",
  metadata: `{"origin":"test"}`,
  processor: "core",
  taskSpec: `{"output_schema":{"type":"auto"}}`,
  runOptions: "{}",
  inputColumns: ["company"],
  outputColumns: ["ceo"],
  warnings: [],
  numInputs: 3,
  ...changes,
})

export const inputsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => `{"company":"Company ${at}"}`)

export const opened = (storage: SqliteStorage) => {
  const publisher = makePublisher({ now: () => 0, later: () => () => {} })
  const audience = makeAudience()
  return { store: makeTaskGroupStore(storage, publisher, audience), publisher, audience }
}

/** A committed group. */
export const groupOn = (
  storage: SqliteStorage,
  inputs: ReadonlyArray<string> = inputsOf(3),
  changes: Partial<GroupInit> = {},
): Store => {
  const { store } = opened(storage)
  store.begin(initOf({ numInputs: inputs.length, ...changes }))
  store.addInputs(0, inputs, NOW)
  store.commit({ ...EMPTY_PLAN, todo: [{ id: 0, rows: [{ from: 0, to: inputs.length }] }] })
  return store
}

/** A group whose runs upstream has taken: `run-0`, `run-1`, … */
export const submittedOn = (
  storage: SqliteStorage,
  inputs?: ReadonlyArray<string>,
  changes?: Partial<GroupInit>,
): Store => {
  const store = groupOn(storage, inputs, changes)
  accept(store, 0, store.status().num_task_runs)
  return store
}

/** A run that upstream has given to a row. */
export const runOf = (inputIndex: number, runId = `run-${inputIndex}`): UnfinishedRun => ({
  inputIndex,
  runId: RunId(runId),
})

export const accept = (store: Store, from: number, to: number) =>
  store.acceptRuns(
    Array.from({ length: to - from }, (_, at) => runOf(from + at)),
    EMPTY_PLAN,
    NOW,
  )

export interface Told {
  readonly output?: WireOutput | null
  /** Metadata names the input, unless this is null. */
  readonly index?: number | null
  readonly raw?: Record<string, unknown>
}

/** What upstream tells of a run; its metadata names the input when `index` is given. */
export const told = (
  runId: string,
  status: string,
  { output = null, index = null, raw = {} }: Told = {},
): RunUpdate => {
  const metadata = index === null ? null : { input_index: String(index) }
  const run = readRun(JSON.stringify({ run_id: runId, status, metadata, ...raw }))
  if (run === null) throw new Error("unreadable run")
  return { run, output }
}

export const outputOf = (content: unknown, basis: ReadonlyArray<unknown> = []): WireOutput => {
  const output = readOutput(
    JSON.stringify({ type: typeof content === "string" ? "text" : "json", content, basis }),
  )
  if (output === null) throw new Error("unreadable output")
  return output
}

/** As a group is removed: gone for everybody, then emptied. Rejects where the storage does. */
export const removed = (store: Store): Promise<void> => {
  store.remove(() => {})
  return Effect.runPromise(Effect.asVoid(store.erase()))
}

/** Ends a row with an output. */
export const complete = (store: Store, index: number, content: unknown = { ceo: `Person ${index}` }) =>
  store.apply([told(`run-${index}`, "completed", { output: outputOf(content) })], NOW + 1)

export const rowsOf = (store: Store): ReadonlyArray<RunRow> =>
  withSnapshot(store, (snapshot) => [...snapshot.rows(0)])

export const rowOf = (store: Store, index: number): RunRow => {
  const row = rowsOf(store)[index]
  if (row === undefined) throw new Error(`no row ${index}`)
  return row
}

export const withSnapshot = <T>(store: Store, read: (snapshot: Snapshot) => T): T => {
  const snapshot = store.snapshot()
  try {
    return read(snapshot)
  } finally {
    snapshot.close()
  }
}

export interface ViewerEvent {
  readonly id: number
  readonly name: string
  readonly data: {
    readonly event_id: string
    readonly input_index?: number
    readonly run?: { readonly run_id: string | null; readonly status: string }
    readonly output?: { readonly content: unknown } | null
    readonly status?: { readonly task_run_status_counts: Record<string, number> }
  }
}

export const eventsIn = (bytes: Uint8Array): ReadonlyArray<ViewerEvent> =>
  new TextDecoder()
    .decode(bytes)
    .split("\n\n")
    .slice(0, -1)
    .map((block) => {
      const [, id, name, data] = /^id: (\d+)\nevent: (\S+)\ndata: (.*)$/.exec(block) ?? []
      if (data === undefined) throw new Error(`not an event: ${block.slice(0, 100)}`)
      return { id: Number(id), name: name ?? "", data: JSON.parse(data) as ViewerEvent["data"] }
    })

/** Everything a reader has to give until it is at the head. */
export const drain = (reader: EventReader): ReadonlyArray<ViewerEvent> => {
  const events: Array<ViewerEvent> = []
  for (let turns = 0; turns < 10_000; turns++) {
    const batch = reader.next()
    for (const bytes of batch.bytes) events.push(...eventsIn(bytes))
    if (!batch.more) return events
  }
  throw new Error("a reader that never reaches the head")
}

/** Everything that is stored, told by a store that has just been opened, and what this one believes. */
export const beliefs = (store: Store) => ({
  details: store.details(),
  counts: store.status().task_run_status_counts,
  change: store.change(),
  upstream: store.upstreamCounts(),
  submitted: store.submitted(),
  unfinished: store.unfinishedRuns(10_000).toSorted((a, b) => a.inputIndex - b.inputIndex),
  ended: store.allEnded(),
  pending: [...store.pendingOutputs()].map(({ inputIndex, runId }) => ({ inputIndex, runId })),
  plan: store.plan(),
  rows: rowsOf(store),
})

/** A storage that has something done before every statement. */
export const observed = (storage: SqliteStorage, see: (query: string) => void): SqliteStorage => ({
  kv: storage.kv,
  transactionSync: (body) => storage.transactionSync(body),
  deleteAll: () => storage.deleteAll(),
  sql: {
    exec: (query, ...bindings) => {
      see(query)
      return storage.sql.exec(query, ...bindings)
    },
  },
})

/** A storage whose n-th statement that matches fails. */
export const breaking = (storage: SqliteStorage, statement: RegExp) => {
  let left = Number.POSITIVE_INFINITY
  return {
    storage: observed(storage, (query) => {
      if (statement.test(query) && --left === 0) throw new Error("planned failure")
    }),
    breakAt: (n: number) => {
      left = n
    },
  }
}

/** A storage that tells how many statements wrote rows. */
export const counting = (storage: SqliteStorage) => {
  let writes = 0
  const counted = observed(storage, (query) => {
    if (/^\s*(?:INSERT|UPDATE|DELETE)/i.test(query)) writes++
  })
  return { counted, writes: () => writes }
}

export const storedStatuses = (storage: SqliteStorage) =>
  [...storage.sql.exec("SELECT status FROM runs ORDER BY id").raw()].map(([status]) => status)

/** mulberry32: the same numbers for a seed, everywhere. */
export const makeDice = (seed: number) => {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (below: number) => Math.floor(next() * below)
  const pick = <A>(items: ReadonlyArray<A>): A => items[whole(items.length)]!
  return { whole, pick, chance: (probability: number) => next() < probability }
}
export type Dice = ReturnType<typeof makeDice>

/** Seeds of a property: some that stay, and one that is new every time; a test's name tells which. */
export const SEEDS = [1, 2, 3, 4, Math.floor(Math.random() * 2 ** 31)]
