import type { Clock } from "../simulator/index.ts"
import {
  isMissing,
  type Json,
  objectOf,
  parseJson,
  pause,
  type Reading,
  readInBackground,
  textOf,
} from "./reading.ts"

export interface ProbeOptions {
  readonly clock: Clock
  readonly baseUrl: string
  readonly key: string
  /** A key of another account, to see what it gets of this group. */
  readonly otherKey: string | null
  readonly fetch: (by: string) => typeof globalThis.fetch
  /** When it aborts, the probe ends at once. */
  readonly signal: AbortSignal
  readonly maxRequests: number
  readonly onProgress: (text: string) => void
}

interface Ask {
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
}

/** What upstream itself says of a run in the end. */
export interface Truth {
  readonly runId: string
  readonly status: string | null
  readonly input: unknown
  readonly inputIndex: string | null
  readonly content: unknown
}

const TERMINAL = new Set(["completed", "failed", "cancelled"])
/** Between two looks at the group; the first ones show how soon runs are listed. */
const LOOKS_MS = [0, 300, 500, 700, 1_000, 1_500, 2_000]
const MAX_LOOKS = 60
const lookDelay = (n: number): number => LOOKS_MS[n] ?? (n < 30 ? 2_500 : n < 45 ? 10_000 : 30_000)

/** How long the first event stream is watched after all runs have ended: does it end, is it kept alive? */
const WATCH_MS = 40_000
const RECONNECTS = 8
const OUTPUT_ATTEMPTS = 5
const ANSWER_MS = 20_000
const CONTINUATION = "events:main"

/**
 * Asks upstream what the product never asks: the same thing with and without a cursor, from the start and in the
 * middle, too early and once more after the end. It draws no conclusions: those are drawn from the recording.
 */
export class Probe {
  readonly #options: ProbeOptions
  readonly #open = new Set<AbortController>()
  #requests = 0
  readonly #statuses = new Map<string, string>()
  /** A cursor of a listing that had active runs in it. */
  #earlyCursor: string | null = null
  #lastListing: ReadonlyArray<Json> = []
  #main: Reading | null = null
  #mainEvents: Json[] = []
  #allEndedAt: number | null = null

  constructor(options: ProbeOptions) {
    this.#options = options
    options.signal.addEventListener("abort", () => {
      for (const controller of this.#open) controller.abort()
    })
  }

  /** Before any run exists. */
  async lookAtEmptyGroup(group: string): Promise<void> {
    await this.#get("group:empty", this.#groupPath(group))
    await this.#get("list:empty", this.#groupPath(group, "/runs"))
    await this.#watch("events:empty", this.#groupPath(group, "/events"), {}, { quietMs: 1_500, maxMs: 2_500 })
  }

  /** From the answer that runs were added to everything that can be learned after their end. */
  async run(
    group: string,
    runIds: ReadonlyArray<string>,
    productEnded: () => boolean,
  ): Promise<ReadonlyArray<Truth>> {
    const main = this.#followMain(group)
    const outputs: Array<Promise<void>> = []
    const middle: Array<Promise<void>> = []
    const started = this.#now()
    for (let n = 0; n < MAX_LOOKS && !this.#over(); n++) {
      await this.#pause(lookDelay(n))
      const before = new Map(this.#statuses)
      await this.#look(group)
      for (const [run, status] of this.#statuses) {
        if (status === "completed" && before.get(run) !== "completed" && runIds.includes(run))
          outputs.push(this.#askForOutput(group, run, outputs.length))
      }
      const hasCursors = new Set(this.#mainIds()).size >= 2
      if (middle.length === 0 && this.#now() - started > (hasCursors ? 4_000 : 7_000))
        middle.push(this.#askInTheMiddle(group))
      if (runIds.every((run) => TERMINAL.has(this.#statuses.get(run) ?? "")) || productEnded()) break
    }
    this.#allEndedAt = this.#now()
    this.#options.onProgress("all runs have ended; asking the last questions")
    await Promise.all([...outputs, ...middle])
    await this.#askAtTheEnd(group, runIds)
    const truth = await this.#readTruth(group, runIds)
    if (this.#main?.ended === false)
      this.#options.onProgress(`watching how the event stream ends, at most ${WATCH_MS / 1000} s`)
    await main
    return truth
  }

  /** One list, one count: in this order, so that what is active in the count was active in the list's time. */
  async #look(group: string): Promise<void> {
    const listed = await this.#get("list:look", this.#groupPath(group, "/runs"))
    this.#noteListing(listed)
    await this.#get("group:look", this.#groupPath(group))
  }

  #noteListing(listed: Reading | null): void {
    const runs = (listed?.events ?? []).filter((event) => event["type"] === "task_run.state")
    if (runs.length === 0) return
    this.#lastListing = runs
    for (const event of runs) {
      const run = objectOf(event["run"])
      const [id, status] = [textOf(run["run_id"]), textOf(run["status"])]
      if (id === null || status === null) continue
      this.#statuses.set(id, status)
    }
    const active = runs.some(
      (event) => !TERMINAL.has(textOf(objectOf(event["run"])["status"]) ?? "completed"),
    )
    if (active) this.#earlyCursor ??= textOf(runs.at(-1)?.["event_id"])
  }

  /** As soon as a run is known to be completed: is its output there? */
  async #askForOutput(group: string, run: string, at: number): Promise<void> {
    for (let attempt = 0; attempt < OUTPUT_ATTEMPTS && !this.#over(); attempt++) {
      if (attempt > 0) await this.#pause(1_000 * 2 ** attempt)
      const result = await this.#get(`result:${at}`, `/v1/tasks/runs/${run}/result`, {
        query: { timeout: "1" },
      })
      const listed = await this.#get(`list:outputs`, this.#groupPath(group, "/runs"), {
        query: { status: "completed", include_output: "true" },
      })
      const inListing = listed?.events.some(
        (event) => objectOf(event["run"])["run_id"] === run && !isMissing(event["output"]),
      )
      const inResult = result?.status === 200 && !isMissing(objectOf(parseJson(result.text))["output"])
      if (inListing === true && inResult) return
    }
  }

  /** While runs are active: what does a second stream begin with, does a cursor work, what is `timeout`? */
  async #askInTheMiddle(group: string): Promise<void> {
    const path = this.#groupPath(group, "/events")
    const [first] = this.#mainIds()
    const window = { quietMs: 1_500, maxMs: 4_000 }
    await this.#watch("events:late", path, {}, window)
    if (first !== undefined) {
      await this.#watch("events:after", path, { query: { last_event_id: first } }, window)
      await this.#watch("events:header", path, { headers: { "last-event-id": first } }, window)
    }
    const timeout = { quietMs: Number.POSITIVE_INFINITY, maxMs: 5_000 }
    await this.#watch("events:timeout", path, { query: { timeout: "2" } }, timeout)
  }

  async #askAtTheEnd(group: string, runIds: ReadonlyArray<string>): Promise<void> {
    await this.#pause(2_000)
    const [events, runs] = [this.#groupPath(group, "/events"), this.#groupPath(group, "/runs")]
    const window = { quietMs: 1_500, maxMs: 5_000 }
    const list = (name: string, query: Record<string, string>, headers: Record<string, string> = {}) =>
      this.#get(name, runs, { query, headers })
    await this.#watch("events:late", events, { headers: { "accept-encoding": "gzip" } }, window)
    const [first] = this.#mainIds()
    if (first !== undefined) {
      await this.#watch("events:after", events, { query: { last_event_id: first } }, window)
      await this.#watch("events:header", events, { headers: { "last-event-id": first } }, window)
      await this.#watch("events:unknown", events, { query: { last_event_id: strangeTo(first) } }, window)
      await list("list:foreign", { last_event_id: first })
    }
    this.#noteListing(await this.#get("list:look", runs))
    const firstRun = textOf(this.#lastListing[0]?.["event_id"])
    if (firstRun !== null) {
      await this.#watch("events:foreign", events, { query: { last_event_id: firstRun } }, window)
      await list("list:unknown", { last_event_id: strangeTo(firstRun) })
      await list("list:after", { last_event_id: firstRun })
    }
    if (this.#earlyCursor !== null) await list("list:resumed", { last_event_id: this.#earlyCursor })
    const beta = { "parallel-beta": "field-basis-2025-11-25" }
    await list("list:basis", { include_output: "true" }, beta)
    const [run = ""] = runIds.filter((id) => this.#statuses.get(id) === "completed")
    if (run !== "")
      await this.#get("result:basis", `/v1/tasks/runs/${run}/result`, {
        query: { timeout: "5" },
        headers: beta,
      })
    await this.#get("group:malformed", this.#groupPath("not-a-group"))
    await this.#get("group:unknown", this.#groupPath(strangeTo(group)))
    await this.#get("run:unknown", `/v1/tasks/runs/${strangeTo(runIds[0] ?? "trun_0")}`)
    const { otherKey } = this.#options
    if (otherKey !== null) await this.#get("group:foreign", this.#groupPath(group), { key: otherKey })
  }

  /** The runs and their inputs, to hold the product's result against. */
  async #readTruth(group: string, runIds: ReadonlyArray<string>): Promise<ReadonlyArray<Truth>> {
    const listed = await this.#get("list:inputs", this.#groupPath(group, "/runs"), {
      query: { include_input: "true" },
    })
    const inputs = new Map(
      (listed?.events ?? []).map((event) => [objectOf(event["run"])["run_id"], objectOf(event["input"])]),
    )
    const truth: Truth[] = []
    for (const runId of runIds) {
      const run = objectOf(parseJson((await this.#get("run:final", `/v1/tasks/runs/${runId}`))?.text ?? ""))
      const status = textOf(run["status"])
      const path = `/v1/tasks/runs/${runId}/result`
      const result =
        status === "completed" ? await this.#get("result:final", path, { query: { timeout: "5" } }) : null
      const output = objectOf(objectOf(parseJson(result?.text ?? ""))["output"])
      const input = inputs.get(runId)
      const index = objectOf(run["metadata"])["input_index"] ?? objectOf(input?.["metadata"])["input_index"]
      truth.push({
        runId,
        status,
        input: input?.["input"],
        inputIndex: index === undefined ? null : String(index),
        content: output["content"],
      })
    }
    return truth
  }

  /** Keeps one stream open from the beginning; where it ends too early, goes on after the last id. */
  async #followMain(group: string): Promise<void> {
    for (let attempt = 0; attempt <= RECONNECTS && !this.#over(); attempt++) {
      if (attempt > 0) await this.#pause(1_500)
      const cursor = this.#mainIds().at(-1)
      const query = attempt === 0 || cursor === undefined ? {} : { last_event_id: cursor }
      const reading = await this.#openStream(CONTINUATION, this.#groupPath(group, "/events"), { query })
      this.#main = reading
      if (reading === null) continue
      const before = this.#mainEvents
      const sync = () => {
        this.#mainEvents = [...before, ...reading.events]
      }
      while (!reading.ended && !this.#over()) {
        await Promise.race([reading.done, this.#pause(250)])
        sync()
        if (this.#allEndedAt !== null && this.#now() - this.#allEndedAt > WATCH_MS) reading.leave()
      }
      sync()
      if (this.#allEndedAt !== null) return
      const last = this.#mainEvents.findLast((event) => event["type"] === "task_group_status")
      if (last !== undefined && objectOf(last["status"])["is_active"] === false) {
        // It may have been said too early: the looks tell. Do not hammer a stream that has said all.
        await this.#pause(5_000)
        if (this.#allEndedAt !== null) return
      }
    }
  }

  #mainIds(): string[] {
    return this.#mainEvents.flatMap((event) => textOf(event["event_id"]) ?? [])
  }

  #groupPath(group: string, rest = ""): string {
    return `/v1/tasks/groups/${group}${rest}`
  }

  #now(): number {
    return this.#options.clock.now()
  }

  #over(): boolean {
    return this.#options.signal.aborted || this.#requests >= this.#options.maxRequests
  }

  #pause(ms: number): Promise<void> {
    return pause(this.#options.clock, ms, this.#options.signal)
  }

  async #openStream(
    name: string,
    path: string,
    ask: Ask,
    accept = "text/event-stream",
  ): Promise<Reading | null> {
    if (this.#over()) return null
    this.#requests++
    const { clock, baseUrl, key } = this.#options
    const controller = new AbortController()
    this.#open.add(controller)
    const url = new URL(baseUrl + path)
    for (const [field, value] of Object.entries(ask.query ?? {})) url.searchParams.set(field, value)
    const cancel = clock.setTimer(ANSWER_MS, () => controller.abort())
    try {
      const response = await this.#options.fetch(name)(url, {
        headers: { accept, "x-api-key": ask.key ?? key, ...ask.headers },
        redirect: "manual",
        signal: controller.signal,
      })
      const leave = () => controller.abort()
      const reading = readInBackground(response, clock, leave, () => undefined)
      void reading.done.then(() => this.#open.delete(controller))
      return reading
    } catch {
      this.#open.delete(controller)
      return null
    } finally {
      cancel()
    }
  }

  /** A whole answer, or null where there was none. */
  async #get(name: string, path: string, ask: Ask = {}): Promise<Reading | null> {
    const accept = name.startsWith("list:") ? "text/event-stream" : "application/json"
    const reading = await this.#openStream(name, path, ask, accept)
    if (reading === null) return null
    const { clock } = this.#options
    const cancel = clock.setTimer(ANSWER_MS, reading.leave)
    await reading.done
    cancel()
    return reading
  }

  /** A stream for a while: until it ends, falls quiet, or the time is up. */
  async #watch(
    name: string,
    path: string,
    ask: Ask,
    window: { readonly quietMs: number; readonly maxMs: number },
  ): Promise<void> {
    const reading = await this.#openStream(name, path, ask)
    if (reading === null) return
    const started = this.#now()
    while (!reading.ended && !this.#over()) {
      const quiet = this.#now() - reading.lastAt
      if (quiet >= window.quietMs || this.#now() - started >= window.maxMs) break
      await Promise.race([reading.done, this.#pause(100)])
    }
    reading.leave()
    await reading.done
  }
}

/** An id of the same look that names nothing: every letter and digit of its tail moved by one. */
const strangeTo = (id: string): string => {
  const prefix = /^(?:trun_|tgrp_)/.exec(id)?.[0] ?? ""
  const tail = id.slice(prefix.length)
  // A number is likely to name something else when it is changed by one.
  if (/^\d+$/.test(tail)) return prefix + "9".repeat(Math.max(6, tail.length))
  const alphabets = /^[0-9a-f-]+$/.test(tail)
    ? ["0123456789abcdef"]
    : ["0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
  const moved = Array.from(tail, (char) => {
    const alphabet = alphabets.find((letters) => letters.includes(char)) ?? char
    return alphabet[(alphabet.indexOf(char) + 1) % alphabet.length]!
  })
  return prefix + moved.join("")
}
