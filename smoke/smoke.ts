import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { isDeepStrictEqual } from "node:util"
import { type Clock, readRecording, type RecordingLine } from "../simulator/index.ts"
import { readSettings } from "../src/domain/Settings.ts"
import { judge } from "./judge.ts"
import { Probe, type Truth } from "./probe.ts"
import { type Served, startProduct } from "./product.ts"
import { objectOf, parseJson, pause, textOf } from "./reading.ts"
import { createRecorder } from "./recorder.ts"
import { createRedactor } from "./redact.ts"
import type { Verdict } from "./verdict.ts"

/** Three of the cheapest runs. */
export const INPUTS = [{ company: "Stripe" }, { company: "Cloudflare" }, { company: "Mozilla" }] as const
export const COST_USD = 0.015
const PROPERTIES = {
  founded_year: { type: "string", description: "Year of founding, YYYY" },
  products: { type: "array", items: { type: "string" }, description: "Two well-known products" },
}
export const BODY = {
  inputs: INPUTS,
  processor: "lite",
  output_type: "json",
  output_schema: {
    type: "object",
    properties: PROPERTIES,
    required: Object.keys(PROPERTIES),
    additionalProperties: false,
  },
}

const MAX_REQUESTS = 600
const MAX_PROBES = 200
const MAX_CHARS = 8_000_000

export interface SmokeOptions {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly baseUrl: string
  readonly key: string
  readonly otherKey: string | null
  readonly limitMs: number
  readonly signal: AbortSignal
  readonly write: (line: RecordingLine) => void
  readonly progress: (text: string) => void
  /** For tests: what else the product's programs run in. */
  readonly surroundings?: (fetch: typeof globalThis.fetch) => Layer.Layer<never>
  readonly salt?: string
}

export interface SmokeResult {
  /** What is wrong with the product's own result; empty when it was complete and right. */
  readonly problems: ReadonlyArray<string>
  readonly verdicts: ReadonlyArray<Verdict>
  readonly requests: number
  readonly tookMs: number
}

/** Runs the product against the API, asks around it, and says what was learned. */
export const runSmoke = async (options: SmokeOptions): Promise<SmokeResult> => {
  const { clock } = options
  let over = false
  const progress = (text: string) => {
    if (!over) options.progress(text)
  }
  const started = clock.now()
  const read = readSettings({ PARALLEL_BASE_URL: options.baseUrl })
  if (!read.ok) throw new Error(read.problems.join(" "))
  const stop = new AbortController()
  options.signal.addEventListener("abort", () => stop.abort())
  if (options.signal.aborted) stop.abort()
  const cancelLimit = clock.setTimer(options.limitMs, () => stop.abort())

  const lines: RecordingLine[] = []
  let whenAdded: (added: { group: string; runs: ReadonlyArray<string> }) => void = () => {}
  const added = new Promise<{ group: string; runs: ReadonlyArray<string> }>((resolve) => {
    whenAdded = resolve
  })
  let groupId = ""
  const recorder = createRecorder({
    now: () => clock.now(),
    fetch: options.fetch,
    redactor: createRedactor({
      secrets: [options.key, options.otherKey ?? ""],
      ownKeys: [...Object.keys(PROPERTIES), "company"],
      ...(options.salt === undefined ? {} : { salt: options.salt }),
    }),
    write: (line) => {
      lines.push(line)
      options.write(line)
    },
    maxRequests: MAX_REQUESTS,
    maxChars: MAX_CHARS,
    beforeAdd: (group) => probe.lookAtEmptyGroup(group),
    onAnswer: (kind, status, body) => {
      const json = objectOf(parseJson(body))
      if (kind === "create") groupId = textOf(json["taskgroup_id"]) ?? ""
      const ids = json["run_ids"]
      if (kind !== "add" || status !== 200 || !Array.isArray(ids)) return
      whenAdded({ group: groupId, runs: ids.filter((id): id is string => typeof id === "string") })
    },
  })
  const probe = new Probe({
    clock,
    baseUrl: read.settings.PARALLEL_BASE_URL,
    key: options.key,
    otherKey: options.otherKey,
    fetch: (by) => recorder.fetch(by),
    signal: stop.signal,
    maxRequests: MAX_PROBES,
    onProgress: progress,
  })
  const fetch = stoppable(recorder.fetch("product"), stop.signal)
  const surroundings = options.surroundings?.(fetch) ?? realSurroundings(fetch, progress)
  const product = startProduct({ clock, settings: read.settings, surroundings })

  const follow = async (): Promise<ReadonlyArray<string>> => {
    progress("creating the group")
    const refused = await product.submit(BODY, options.key)
    if (refused !== null) return [`The product could not submit: ${refused}`]
    const { group, runs } = await orStop(added, stop.signal)
    progress(`${runs.length} runs were added; following them`)
    let served: Served | null = null
    const watching = async () => {
      while (!stop.signal.aborted) {
        served = await product.read()
        if (served?.ended === true) return progress("the product has its result")
        await pause(clock, 500, stop.signal)
      }
    }
    const [truth] = await Promise.all([probe.run(group, runs, () => served?.ended === true), watching()])
    return problemsOf(served, truth)
  }

  let problems: ReadonlyArray<string>
  try {
    problems = await Promise.race([follow(), orStop(new Promise<never>(() => {}), stop.signal)])
  } catch (error) {
    const why = options.signal.aborted
      ? "It was interrupted."
      : stop.signal.aborted
        ? "The time limit is reached."
        : messageOf(error)
    recorder.note(options.signal.aborted ? "interrupted" : stop.signal.aborted ? "time limit" : "failed")
    problems = [why]
  } finally {
    cancelLimit()
    over = true
    stop.abort()
    await product.stop()
    recorder.close()
  }
  return {
    problems,
    verdicts: judge(readRecording(lines)),
    requests: recorder.requests(),
    tookMs: clock.now() - started,
  }
}

/** The product's follower lives as long as its object; without the network it comes to nothing. */
const stoppable =
  (fetch: typeof globalThis.fetch, stop: AbortSignal): typeof globalThis.fetch =>
  async (input, init = {}) => {
    stop.throwIfAborted()
    return fetch(input, { ...init, signal: init.signal ? AbortSignal.any([init.signal, stop]) : stop })
  }

const messageOf = (error: unknown) => (error instanceof Error ? error.message : "something failed")

const orStop = <A>(promise: Promise<A>, signal: AbortSignal): Promise<A> =>
  new Promise((resolve, reject) => {
    const stopped = () => reject(new Error("stopped"))
    if (signal.aborted) return stopped()
    signal.addEventListener("abort", stopped)
    promise.then(resolve, reject)
  })

const realSurroundings = (fetch: typeof globalThis.fetch, progress: (text: string) => void) =>
  Layer.mergeAll(
    Layer.succeed(FetchHttpClient.Fetch, fetch),
    Logger.layer([
      Logger.make(({ message, logLevel }) => progress(`${logLevel}: ${JSON.stringify(message)}`)),
    ]),
  )

/** Holds the product's result against what upstream itself says in the end. */
const problemsOf = (served: Served | null, truth: ReadonlyArray<Truth>): ReadonlyArray<string> => {
  if (served === null) return ["The product has no result."]
  const problems: string[] = []
  if (!served.ended) problems.push("The product's group has not ended.")
  if (served.runs.length !== INPUTS.length)
    problems.push(`The product has ${served.runs.length} rows for ${INPUTS.length} inputs.`)
  if (new Set(truth.map(({ runId }) => runId)).size !== INPUTS.length)
    problems.push(`Upstream has ${truth.length} runs for ${INPUTS.length} inputs.`)
  for (const [at, input] of INPUTS.entries()) {
    const row = served.runs.find(({ input_index: index }) => index === at)
    const run = truth.find(({ runId }) => runId === row?.run_id)
    const name = `Row ${at}`
    if (row === undefined || run === undefined) {
      problems.push(`${name} has no run of upstream's.`)
      continue
    }
    if (!isDeepStrictEqual(row.input, input)) problems.push(`${name} has another input.`)
    if (run.input !== undefined && !isDeepStrictEqual(run.input, input))
      problems.push(`${name} has the run of another input.`)
    if (run.inputIndex !== null && run.inputIndex !== String(at))
      problems.push(`${name} has the run of input ${run.inputIndex}.`)
    if (row.status !== run.status)
      problems.push(`${name} is ${row.status}, upstream says ${run.status ?? "nothing"}.`)
    const content = row.output?.content
    if (run.status === "completed" && !isDeepStrictEqual(content, contentOf(run.content)))
      problems.push(`${name} has another output than upstream.`)
  }
  return problems
}

/** Content as JSON text means the same as the object. */
const contentOf = (content: unknown): unknown => {
  if (typeof content !== "string") return content
  const parsed = parseJson(content)
  return typeof parsed === "object" && parsed !== null ? parsed : content
}
