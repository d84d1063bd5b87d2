import type { Clock } from "../simulator/index.ts"
import { sleep } from "../simulator/core/clock.ts"
import { makeSseParser } from "../src/layers/parallel/sseParser.ts"
import { isMissing, type Json, objectOf, parseJson, textOf } from "./json.ts"
import { standIn } from "./redact.ts"

export interface ProbeOptions {
  readonly clock: Clock
  readonly baseUrl: string
  readonly key: string
  /** A key of another account, to see what it gets of this group. */
  readonly otherKey: string | null
  readonly fetch: (by: string) => typeof globalThis.fetch
  /** When it aborts, everything ends at once. */
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => unknown
}

interface Ask {
  readonly method?: "POST"
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
  /** How long it is listened to: at most, and while nothing comes. */
  readonly maxMs?: number
  readonly quietMs?: number
  /** Called with each event, and in between with null; true ends it. */
  readonly onEvent?: (event: Json | null) => boolean
}

const ANSWER_MS = 20_000
/** Between two looks at the group; the first ones show how soon runs are listed. */
const LOOKS_MS = [0, 300, 500, 700, 1_000, 1_500, 2_000]
const MAX_LOOKS = 60
const lookDelay = (n: number): number => LOOKS_MS[n] ?? (n < 30 ? 2_500 : n < 45 ? 10_000 : 30_000)
/** How long the first event stream is watched after all runs have ended: does it end, is it kept alive? */
const WATCH_MS = 40_000
const RECONNECTS = 8
const OUTPUT_ATTEMPTS = 5

const runIn = (event: Json) => objectOf(event["run"])
const hasEnded = (status: unknown) => status === "completed" || status === "failed" || status === "cancelled"
const after = (id: string) => ({ last_event_id: id })
/** An id of the same look that names nothing. A number is likely to name something, unless it is a great one. */
const strangeTo = (id: string): string =>
  /^\d+$/.test(id) ? "9".repeat(Math.max(6, id.length)) : standIn(id, "strange")

/** What came until it ended, fell quiet or was enough; null where no answer came. How it ended is in the recording. */
const send = async (options: ProbeOptions, name: string, path: string, given: Ask) => {
  const { clock, signal } = options
  if (signal.aborted) return null
  const { method = "GET", maxMs = ANSWER_MS, quietMs = Infinity, onEvent = () => false } = given
  const leave = new AbortController()
  const accept = /^(?:list|events):/.test(name) ? "text/event-stream" : "application/json"
  const query = new URLSearchParams(given.query).toString()
  const request = options.fetch(name)(`${options.baseUrl}/v1/tasks/${path}${query && "?"}${query}`, {
    method,
    headers: { accept, "x-api-key": given.key ?? options.key, ...given.headers },
    body: method === "POST" ? "{}" : null,
    redirect: "manual",
    signal: leave.signal,
  })
  const cancel = clock.setTimer(ANSWER_MS, () => leave.abort())
  const response = await request.catch(() => null).finally(cancel)
  if (response === null) return null
  const started = clock.now()
  let [text, lastAt, ended] = ["", started, false]
  const events: Json[] = []
  const read = async () => {
    const [parser, decoder] = [makeSseParser(), new TextDecoder()]
    for await (const chunk of response.body ?? []) {
      const piece = decoder.decode(chunk, { stream: true })
      lastAt = clock.now()
      text += piece
      const told = parser.push(piece).map(({ data }) => objectOf(parseJson(data)))
      events.push(...told)
      for (const event of told) ended ||= onEvent(event)
    }
  }
  const isOver = () => (ended = true)
  const done = read().then(isOver, isOver)
  const isEnough = () => clock.now() - lastAt >= quietMs || clock.now() - started >= maxMs || onEvent(null)
  while (!ended && !signal.aborted && !isEnough()) await Promise.race([done, sleep(clock, 250, signal)])
  leave.abort()
  await done
  return { json: objectOf(parseJson(text)), events }
}

/**
 * Asks upstream what the product never asks: the same thing with and without a cursor, from the start and in the
 * middle, too early and once more after the end. It draws no conclusions: those are drawn from the recording.
 */
export const createProbe = (options: ProbeOptions, groupId: string, runIds: ReadonlyArray<string>) => {
  const { clock, signal, otherKey, onProgress } = options
  const group = `groups/${groupId}`
  const statuses = new Map<string, string>()
  const told: Json[] = []
  let allEndedAt = Infinity
  let firstRun: string | null = null
  /** A cursor of a listing that had active runs in it. */
  let earlyCursor: string | null = null

  const ask = (name: string, path: string, given: Ask = {}) => send(options, name, path, given)
  const result = (name: string, run: string, timeout: string, headers: Ask["headers"] = {}) =>
    ask(`result:${name}`, `runs/${run}/result`, { query: { timeout }, headers })
  const list = async (name: string, query: Ask["query"] = {}, headers: Ask["headers"] = {}) =>
    (await ask(`list:${name}`, `${group}/runs`, { query, headers }))?.events ?? []
  const events = (name: string, given: Ask, of = group) =>
    ask(`events:${name}`, `${of}/events`, { quietMs: 1_500, maxMs: 5_000, ...given })
  const pause = (ms: number) => sleep(clock, ms, signal)
  const toldIds = () => told.flatMap(({ event_id: id }) => textOf(id) ?? [])

  const lookAtRuns = async () => {
    const runs = (await list("look")).filter(({ type }) => type === "task_run.state")
    for (const run of runs.map(runIn)) statuses.set(String(run["run_id"]), String(run["status"]))
    const ids = runs.map(({ event_id: id }) => textOf(id))
    firstRun = ids[0] ?? firstRun
    if (!runs.every((event) => hasEnded(runIn(event)["status"]))) earlyCursor ??= ids.at(-1) ?? null
  }

  /** As soon as a run is known to be completed: is its output there? */
  const askForOutput = async (run: string, nth: number) => {
    for (let attempt = 0; attempt < OUTPUT_ATTEMPTS && !signal.aborted; attempt++) {
      if (attempt > 0) await pause(1_000 * 2 ** attempt)
      const own = await result(`${nth}`, run, "1")
      const listed = await list("outputs", { status: "completed", include_output: "true" })
      const entry = listed.find((event) => runIn(event)["run_id"] === run)
      if (!isMissing(entry?.["output"]) && !isMissing(own?.json["output"])) return
    }
  }

  /** What does a second stream begin with, does a cursor work? */
  const askForStreams = async (headers: Ask["headers"] = {}) => {
    await events("late", { headers })
    const [first] = toldIds()
    if (first === undefined) return undefined
    await events("after", { query: after(first) })
    await events("header", { headers: { "last-event-id": first } })
    return first
  }

  const askInTheMiddle = async () => {
    await askForStreams()
    await events("timeout", { quietMs: Infinity, query: { timeout: "2" } })
  }

  const askAtTheEnd = async () => {
    await pause(2_000)
    const first = await askForStreams({ "accept-encoding": "gzip" })
    if (first !== undefined) {
      await events("unknown", { query: after(strangeTo(first)) })
      await list("foreign", after(first))
    }
    await lookAtRuns()
    if (firstRun !== null) {
      await events("foreign", { query: after(firstRun) })
      await list("unknown", after(strangeTo(firstRun)))
      await list("after", after(firstRun))
    }
    if (earlyCursor !== null) await list("resumed", after(earlyCursor))
    const headers = { "parallel-beta": "field-basis-2025-11-25" }
    await list("basis", { include_output: "true" }, headers)
    const run = runIds.find((id) => statuses.get(id) === "completed")
    if (run !== undefined) await result("basis", run, "5", headers)
    await ask("group:malformed", "groups/not-a-group")
    await ask("group:unknown", `groups/${strangeTo(groupId)}`)
    await ask("run:unknown", `runs/${strangeTo(runIds[0] ?? "trun_0")}`)
    if (otherKey !== null) await ask("group:foreign", group, { key: otherKey })
    // A group without runs costs nothing.
    const empty = textOf((await ask("group:create", "groups", { method: "POST" }))?.json["taskgroup_id"])
    if (empty !== null) await ask("group:empty", `groups/${empty}`)
    if (empty !== null) await events("empty", { maxMs: 2_500 }, `groups/${empty}`)
  }

  /** Keeps one stream open from the beginning; where it ends too early, goes on after the last id. */
  const followMain = async () => {
    const isOver = () => signal.aborted || allEndedAt < Infinity
    const onEvent = (event: Json | null) => {
      if (event !== null) told.push(event)
      return clock.now() - allEndedAt > WATCH_MS
    }
    for (let attempt = 0; attempt <= RECONNECTS && !isOver(); attempt++) {
      if (attempt > 0) await pause(1_500)
      const cursor = toldIds().at(-1)
      const query = cursor === undefined ? {} : after(cursor)
      await events("main", { query, quietMs: Infinity, maxMs: Infinity, onEvent })
      const last = told.findLast(({ type }) => type === "task_group_status")
      // It may have been said too early: the looks tell. Do not hammer a stream that has said all.
      if (objectOf(last?.["status"])["is_active"] === false && !isOver()) await pause(5_000)
    }
  }

  /** Until all runs have ended, or the product says so. */
  const followRuns = async (isServed: () => boolean) => {
    const started = clock.now()
    const questions = new Map<string, Promise<void>>()
    for (let n = 0; n < MAX_LOOKS && !signal.aborted; n++) {
      await pause(lookDelay(n))
      // In this order, so that what is active in the count was active in the list's time.
      await lookAtRuns()
      await ask("group:look", group)
      for (const run of runIds.filter((id) => statuses.get(id) === "completed" && !questions.has(id)))
        questions.set(run, askForOutput(run, questions.size))
      const isMiddle = clock.now() - started > (new Set(toldIds()).size >= 2 ? 4_000 : 7_000)
      if (isMiddle && !questions.has("middle")) questions.set("middle", askInTheMiddle())
      if (runIds.every((run) => hasEnded(statuses.get(run))) || isServed()) break
    }
    allEndedAt = clock.now()
    onProgress("all runs have ended; asking the last questions")
    await Promise.all(questions.values())
  }

  /** Asks from now to the end. Returns the runs as upstream lists them then, with inputs and outputs. */
  return async (isServed: () => boolean): Promise<ReadonlyArray<Json>> => {
    const main = followMain()
    await followRuns(isServed)
    await askAtTheEnd()
    const listed = await list("all", { include_input: "true", include_output: "true" })
    onProgress(`watching how the event stream ends, at most ${WATCH_MS / 1000} s`)
    await main
    return listed
  }
}
