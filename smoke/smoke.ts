import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { isDeepStrictEqual } from "node:util"
import { type Clock, readRecording, type RecordingLine } from "../simulator/index.ts"
import { sleep } from "../simulator/core/clock.ts"
import { TaskGroupObject } from "../src/do/TaskGroupObject.ts"
import { taskGroupLayers } from "../src/do/layers.ts"
import { readSettings, type SettingsShape } from "../src/domain/Settings.ts"
import { readOutput, readRun } from "../src/domain/Wire.ts"
import { InputsLoaderHttp } from "../src/layers/InputsLoaderHttp.ts"
import { TaskGroupsObjects } from "../src/layers/TaskGroupsObjects.ts"
import { createMultitask } from "../src/programs/createMultitask.ts"
import { nodeSqliteStorage } from "../src/entry/testing/nodeSqliteStorage.ts"
import { judge } from "./judge.ts"
import { type Json, jsonOf, objectOf, parseJson } from "./json.ts"
import { createProbe, type ProbeOptions } from "./probe.ts"
import { createRecorder } from "./recorder.ts"
import { createRedactor } from "./redact.ts"

/** Three of the cheapest runs. */
export const INPUTS = [{ company: "Stripe" }, { company: "Cloudflare" }, { company: "Mozilla" }] as const
export const COST_USD = 0.015
const PROPERTIES = {
  founded_year: { type: "string", description: "Year of founding, YYYY" },
  products: { type: "array", items: { type: "string" }, description: "Two well-known products" },
}
const REQUIRED = Object.keys(PROPERTIES)
export const BODY = {
  inputs: INPUTS,
  processor: "lite",
  output_type: "json",
  output_schema: { type: "object", properties: PROPERTIES, required: REQUIRED, additionalProperties: false },
}

export interface SmokeOptions extends Omit<ProbeOptions, "fetch"> {
  readonly fetch: typeof globalThis.fetch
  readonly limitMs: number
  readonly write: (line: RecordingLine) => void
  /** For tests: what else the product's programs run in. */
  readonly surroundings?: (fetch: typeof globalThis.fetch) => Layer.Layer<never>
}

export type SmokeResult = Awaited<ReturnType<typeof runSmoke>>

/**
 * Runs the product against the API, asks around it, and says what was learned; and in `problems` what is wrong with the
 * product's own result: nothing when it was complete and right.
 */
export const runSmoke = async (options: SmokeOptions) => {
  const { clock, key, otherKey } = options
  const read = readSettings({ PARALLEL_BASE_URL: options.baseUrl })
  if (!read.ok) throw new Error(read.problems.join(" "))
  const started = clock.now()
  const stop = new AbortController()
  const { signal } = stop
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  stopped.catch(() => {})
  signal.addEventListener("abort", () => reject(new Error(String(signal.reason))))
  const interrupt = () => stop.abort("It was interrupted.")
  options.signal.addEventListener("abort", interrupt)
  if (options.signal.aborted) interrupt()
  const cancelLimit = clock.setTimer(options.limitMs, () => stop.abort("The time limit is reached."))
  const onProgress = (text: string) => signal.aborted || options.onProgress(text)
  const redactor = createRedactor([key, otherKey ?? ""], [...REQUIRED, "company"])
  const recorder = createRecorder({ ...options, signal, redactor })
  const { PARALLEL_BASE_URL: baseUrl } = read.settings
  const asking = { ...options, baseUrl, fetch: recorder.fetch, signal, onProgress }
  const fetch = recorder.fetch("product")
  const surroundings = options.surroundings?.(fetch) ?? Layer.succeed(FetchHttpClient.Fetch, fetch)
  const product = startProduct(clock, read.settings, surroundings)

  const follow = async (): Promise<ReadonlyArray<string>> => {
    onProgress("creating the group")
    const refused = await product.submit(BODY, key)
    if (refused !== null) return [`The product could not submit: ${refused}`]
    let served: Served | null = null
    const until = async (ms: number, isEnough: (served: Served) => boolean): Promise<Served> => {
      while (!signal.aborted && !(served !== null && isEnough(served))) {
        await sleep(clock, ms, signal)
        served = await product.read()
      }
      return served!
    }
    const idsIn = ({ runs }: Served) => runs.flatMap(({ run_id: id }) => id ?? [])
    const isServed = () => served?.ended === true
    const added = await until(10, (one) => isServed() || idsIn(one).length === INPUTS.length)
    const [group, runIds] = [added.taskgroup_id, idsIn(added)]
    onProgress(`${runIds.length} runs were added; following them`)
    const questions = createProbe(asking, group, runIds)(isServed)
    const result = await until(500, isServed)
    onProgress("the product has its result")
    return problemsOf(result, await questions)
  }

  const problems = await Promise.race([follow(), stopped]).catch((error: unknown) => {
    recorder.note(signal.aborted ? String(signal.reason) : "It failed.")
    return [error instanceof Error ? error.message : "something failed"]
  })
  cancelLimit()
  stop.abort("It is over.")
  await product.stop()
  recorder.close()
  const verdicts = judge(readRecording(recorder.lines))
  return { problems, verdicts, requests: recorder.requests(), tookMs: clock.now() - started }
}

/** Holds the product's result against what upstream itself lists in the end. */
const problemsOf = (served: Served, listed: ReadonlyArray<Json>): ReadonlyArray<string> => {
  if (served.runs.length !== INPUTS.length) return [`The product has ${served.runs.length} rows.`]
  const events = listed.filter(({ type }) => type === "task_run.state")
  const upstream = new Map(events.map((event) => [objectOf(event["run"])["run_id"], event]))
  if (upstream.size !== INPUTS.length) return [`Upstream has ${upstream.size} runs.`]
  return INPUTS.flatMap((input, at) => {
    const row = served.runs.find(({ input_index: index }) => index === at)
    const { run: of, input: given, output } = upstream.get(row?.run_id) ?? {}
    const run = readRun(jsonOf(of), jsonOf(given))
    if (row === undefined || run === null) return [`Row ${at} has no run of upstream's.`]
    const content = run.status === "completed" ? readOutput(jsonOf(output))?.content : undefined
    const checks: ReadonlyArray<readonly [string, unknown, unknown]> = [
      ["input", row.input, input],
      ["run, of another input", objectOf(given)["input"] ?? input, input],
      ["run, of another number", run.inputIndex ?? at, at],
      ["run, of another attempt", run.attempt, 1],
      [`status (${row.status}, not ${run.status})`, row.status, run.status],
      ["output", row.output?.content, content === undefined ? undefined : parseJson(content)],
    ]
    const wrong = checks.filter(([, ours, theirs]) => !isDeepStrictEqual(ours, theirs))
    return wrong.map(([what]) => `Row ${at} has the wrong ${what}.`)
  })
}

/** The group as the product serves it. */
interface Served {
  readonly ended: boolean
  readonly taskgroup_id: string
  readonly runs: ReadonlyArray<{
    readonly run_id: string | null
    readonly status: string
    readonly input_index: number
    readonly input: unknown
    readonly output?: { readonly content: unknown } | null
  }>
}

/**
 * The product without the platform: its programs and its object, on SQLite in memory. `surroundings` is what Effect's
 * programs run in: the network always, and in tests a clock and a seed as well.
 */
export const startProduct = (clock: Clock, settings: SettingsShape, surroundings: Layer.Layer<never>) => {
  let cancelAlarm = () => {}
  const setAlarm = (at: number) => {
    cancelAlarm()
    cancelAlarm = clock.setTimer(at - clock.now(), () => void object.alarm().catch(() => undefined))
  }
  const storage = { ...nodeSqliteStorage(), setAlarm, deleteAlarm: () => cancelAlarm() }
  const layers = taskGroupLayers(storage, settings).pipe(Layer.provideMerge(surroundings))
  const runtime = ManagedRuntime.make(layers)
  const object: TaskGroupObject = new TaskGroupObject({
    storage,
    runtime: () => runtime,
    version: "smoke",
  })
  const creation = Layer.mergeAll(
    TaskGroupsObjects(() => object),
    InputsLoaderHttp.pipe(Layer.provide(FetchHttpClient.layer)),
  )
  return {
    /** Submits the inputs; null when it went well, else why it did not. */
    submit: async (body: unknown, key: string): Promise<string | null> => {
      const secret = Redacted.make(key, { label: "api key" })
      const program = createMultitask({ body, key: secret, origin: "https://smoke.invalid" })
      const result = await runtime.runPromise(Effect.result(Effect.provide(program, creation)))
      if (result._tag === "Success") return null
      const { _tag: tag, message } = result.failure
      return `${tag}: ${message}`
    },
    read: async (): Promise<Served | null> => {
      const response = await object.fetch(new Request("https://object/json"))
      if (response.status !== 200) return null
      const ended = response.headers.get("sunset") !== null
      return { ...((await response.json()) as Omit<Served, "ended">), ended }
    },
    stop: async (): Promise<void> => {
      await runtime.dispose()
      cancelAlarm()
      storage.close()
    },
  }
}
