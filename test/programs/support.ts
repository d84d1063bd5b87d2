import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  NotFound,
  type ParallelError,
  PaymentRequired,
  Rejected,
  Unauthorized,
  Unavailable,
} from "../../src/domain/Errors.ts"
import { EventCursor, RunId } from "../../src/domain/Ids.ts"
import { cutBatches, withTodo } from "../../src/domain/Plan.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { EMPTY_PLAN, type GroupInit } from "../../src/domain/TaskGroup.ts"
import { type GroupEvent, readOutput, readRun } from "../../src/domain/Wire.ts"
import { AlarmClockStorage } from "../../src/layers/AlarmClockStorage.ts"
import { AudienceLive } from "../../src/layers/AudienceLive.ts"
import { GroupFibersScoped } from "../../src/layers/GroupFibersScoped.ts"
import { ExcerptRendererMarkdown } from "../../src/layers/render/ExcerptRendererMarkdown.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { SecretStoreKv } from "../../src/layers/SecretStoreKv.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { WaitingCallerLive } from "../../src/layers/WaitingCallerLive.ts"
import { readTaskGroup } from "../../src/programs/readTaskGroup.ts"
import { type AddRuns, ParallelApi } from "../../src/services/ParallelApi.ts"
import { ReceivingStore } from "../../src/services/ReceivingStore.ts"
import { makeRequestBudget, RequestBudget } from "../../src/services/RequestBudget.ts"
import { SecretStore } from "../../src/services/SecretStore.ts"
import { Settings } from "../../src/services/Settings.ts"
import { groupId } from "../support/ids.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { settingsWith } from "../support/settings.ts"

export const GROUP_ID = groupId("tgrp_12345678")
export const KEY = Redacted.make("key")
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** What lies between one time and the next. */
export const gaps = (times: ReadonlyArray<number>) => times.slice(1).map((at, index) => at - times[index]!)

const inParallelsShape = (status: number, message: string) => ({ status, message, detail: null, refId: null })
export const unauthorized = (status: 401 | 403, message: string) =>
  new Unauthorized(inParallelsShape(status, message))
export const noCredit = new PaymentRequired(inParallelsShape(402, "Insufficient credit"))
export const rejected = (message: string) => new Rejected(inParallelsShape(422, message))
export const notFound = new NotFound(inParallelsShape(404, "Not found"))
/** A status without Parallel's own words: a proxy's page, or nobody there. */
export const unavailable = (status: number | null) =>
  new Unavailable({ message: `A page with status ${status}`, status, timedOut: false })

/** A run as Parallel has it. */
export interface Run {
  readonly id: string
  readonly input: unknown
  /** How it spells that, where it matters. */
  readonly inputText?: string
  /** What of its metadata comes back. */
  readonly metadata: Readonly<Record<string, string>> | null
  status: string
  /** Its output, once there is one. */
  content: unknown
}

type Call = "addRuns" | "getTaskGroup" | "listRuns" | "events" | "getRun" | "getResult"

/** One request, as Parallel saw it. */
export interface Asked {
  readonly call: Call
  /** Milliseconds since the story began. */
  readonly at: number
  /** The inputs that it was about, where it was. */
  readonly rows: ReadonlyArray<number>
  /** Where an event stream was to go on. */
  readonly cursor: string | null
}

/** Nothing: it is answered as it should be. An error: nothing was done. `lost`, `hangs`: done, and nobody hears of it. */
type Reply = undefined | ParallelError | { readonly lost: ParallelError } | "hangs"

export interface Script extends Partial<Record<Exclude<Call, "events">, (asked: Asked) => Reply>> {
  /** Without it an event stream stays open and says nothing. */
  readonly events?: (asked: Asked) => Stream.Stream<GroupEvent, ParallelError>
}

/** A Parallel that does what it is asked, but for what the script says, and keeps a record of both. */
export const makeParallel = (script: Script = {}, { echoesMetadata = true } = {}) => {
  const runs: Array<Run> = []
  const asked: Array<Asked> = []

  const note = (call: Call, rows: ReadonlyArray<number> = [], cursor: string | null = null) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      const one: Asked = { call, at, rows, cursor }
      asked.push(one)
      return one
    })
  const answer = <A>(
    call: Exclude<Call, "events">,
    rows: ReadonlyArray<number>,
    act: () => A | ParallelError,
  ) =>
    Effect.flatMap(note(call, rows), (one): Effect.Effect<A, ParallelError> => {
      const reply = script[call]?.(one)
      if (reply !== undefined && reply !== "hangs" && !("lost" in reply)) return Effect.fail(reply)
      const result = act()
      if (reply === "hangs") return Effect.never
      if (reply !== undefined) return Effect.fail(reply.lost)
      return isError(result) ? Effect.fail(result) : Effect.succeed(result)
    })

  const add = (texts: AddRuns["inputs"]) =>
    texts.map((text) => {
      const { input, metadata } = JSON.parse(text)
      const run: Run = {
        id: `run-${runs.length}`,
        input,
        metadata: echoesMetadata ? metadata : null,
        status: "queued",
        content: null,
      }
      runs.push(run)
      return RunId(run.id)
    })
  const find = (id: string) => runs.find((run) => run.id === id)
  const rowOf = (id: string) => Number(find(id)?.metadata?.["input_index"] ?? -1)

  const layer = Layer.mock(ParallelApi, {
    addRuns: (_key, _id, { inputs }) =>
      answer(
        "addRuns",
        inputs.map((text) => Number(JSON.parse(text).metadata.input_index)),
        () => add(inputs),
      ),
    getTaskGroup: () =>
      answer("getTaskGroup", [], () => ({ taskgroup_id: GROUP_ID, status: statusOf(runs) })),
    listRuns: (_key, _id, { status, includeInput, includeOutput }) =>
      Stream.unwrap(
        answer("listRuns", [], () =>
          Stream.fromIterable(
            runs
              .filter((run) => status === undefined || run.status === status)
              .map((run) => told(run, { input: includeInput === true, output: includeOutput === true })),
          ),
        ),
      ),
    events: (_key, _id, cursor) =>
      Stream.unwrap(Effect.map(note("events", [], cursor), (one) => script.events?.(one) ?? Stream.never)),
    getRun: (_key, id) =>
      answer("getRun", [rowOf(id)], () => {
        const run = find(id)
        return run === undefined ? notFound : wireOf(run)
      }),
    getResult: (_key, id) =>
      answer("getResult", [rowOf(id)], () => {
        const run = find(id)
        const output =
          run === undefined ? null : readOutput(JSON.stringify({ type: "json", content: run.content }))
        if (run === undefined || run.status === "failed") return notFound
        return run.status === "completed" && output !== null ? { run: wireOf(run), output } : unavailable(408)
      }),
  })

  return {
    layer,
    runs,
    /** What was asked so far, of one kind. */
    asked: (call: Call) => asked.filter((one) => one.call === call),
    /** Somebody else adds a run to the group. */
    addStranger: (metadata: Run["metadata"] = null) =>
      void runs.push({
        id: `theirs-${runs.length}`,
        input: { theirs: runs.length },
        metadata,
        status: "queued",
        content: null,
      }),
    /** All runs that there are complete, with or without their outputs. */
    complete: (content: (run: Run) => unknown = ({ id }) => ({ of: id })) => {
      for (const run of runs) Object.assign(run, { status: "completed", content: content(run) })
    },
  }
}

const isError = (value: unknown): value is ParallelError =>
  value instanceof NotFound || value instanceof Unavailable

const statusOf = (runs: ReadonlyArray<Run>) => {
  const counts: Record<string, number> = {}
  for (const { status } of runs) counts[status] = (counts[status] ?? 0) + 1
  return { num_task_runs: runs.length, task_run_status_counts: counts }
}

const wireOf = ({ id, status, metadata }: Run) => readRun(JSON.stringify({ run_id: id, status, metadata }))!

/** What an event or a listing tells of a run. */
export const told = (
  run: Run,
  { input = false, output = false, eventId = null as string | null } = {},
): GroupEvent => ({
  _tag: "Run",
  eventId: eventId === null ? null : EventCursor(eventId),
  run: wireOf(run),
  output: output ? readOutput(JSON.stringify({ type: "json", content: run.content })) : null,
  input: input ? (run.inputText ?? JSON.stringify(run.input)) : undefined,
})

/** What a group's programs run on, but for Parallel and the webhook: the real stores, on a database in memory. */
export const groupLayers = (settings: Partial<SettingsShape> = {}, storage = nodeSqliteStorage()) => {
  const object = { ...storage, setAlarm: () => {}, deleteAlarm: () => {} }
  const all = settingsWith(settings)
  return Layer.mergeAll(
    TaskGroupStoreSqlite(object),
    SecretStoreKv(object),
    AlarmClockStorage(object),
    GroupFibersScoped,
    WaitingCallerLive,
    ExcerptRendererMarkdown,
  ).pipe(
    Layer.provideMerge([
      PublisherLive,
      AudienceLive,
      Layer.succeed(Settings, all),
      Layer.succeed(RequestBudget, makeRequestBudget(all.SUBREQUEST_BUDGET)),
    ]),
  )
}

export const initOf = (numInputs: number): GroupInit => ({
  taskgroupId: GROUP_ID,
  url: `https://multitask.example/${GROUP_ID}`,
  createdAt: null,
  metadata: "{}",
  processor: "core",
  taskSpec: "{}",
  runOptions: "{}",
  inputColumns: ["company"],
  outputColumns: [],
  warnings: [],
  numInputs,
})

export const inputsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => JSON.stringify({ company: `Company ${at}` }))

/** The same with a committed group in it, of which nothing has been sent yet. */
export const committedGroup = (
  rows: number,
  settings: Partial<SettingsShape> = {},
  { webhookUrl = null as string | null, storage = nodeSqliteStorage(), inputs = inputsOf(rows) } = {},
) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const store = yield* ReceivingStore
      const secrets = yield* SecretStore
      const { BATCH_SIZE, BATCH_CHARS } = yield* Settings
      const lengths = inputs.map(({ length }) => length)
      secrets.save({ apiKey: Redacted.value(KEY), webhookUrl })
      store.begin(initOf(rows))
      store.addInputs(0, inputs, 0)
      const cut = cutBatches(lengths.entries(), { size: BATCH_SIZE, chars: BATCH_CHARS })
      store.commit(withTodo(EMPTY_PLAN, cut))
    }),
  ).pipe(Layer.provideMerge(groupLayers(settings, storage)))

/** What a reader sees: the rows' statuses, their errors and what is said of the group. */
export const look = Effect.map(readTaskGroup({}), ({ status, results, runs }) => ({
  isActive: status.is_active,
  says: status.status_message,
  statuses: results.map((row) => row["$status"]),
  /** Messages of the rows that failed or were left out, by their index. */
  errors: Object.fromEntries(
    runs.flatMap(({ error, input_index }) =>
      typeof error === "object" && error !== null && "message" in error
        ? [[String(input_index), error.message]]
        : [],
    ),
  ),
  results,
}))
