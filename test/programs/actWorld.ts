import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import type { Act, ActOutcome, Standing } from "../../src/domain/Act.ts"
import type { ActName } from "../../src/domain/ActRequest.ts"
import type { InputsUnavailable, ParallelError } from "../../src/domain/Errors.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { IdempotencyObjects } from "../../src/layers/IdempotencyObjects.ts"
import { TaskGroupsObjects, type TaskGroupStub } from "../../src/layers/TaskGroupsObjects.ts"
import { actOnce } from "../../src/programs/actOnce.ts"
import { actOnTaskGroup } from "../../src/programs/actOnTaskGroup.ts"
import { InputsLoader, type LoadedRows } from "../../src/services/InputsLoader.ts"
import { ParallelApi } from "../../src/services/ParallelApi.ts"
import { Settings } from "../../src/services/Settings.ts"
import { recordObjects } from "../support/records.ts"
import { settingsWith } from "../support/settings.ts"
import { GROUP_ID } from "./support.ts"

export const URL_OF_GROUP = `https://multitask.example/${GROUP_ID}`

export const API_KEY = "sk-test-0123456789"

/** What a test may put into the way. */
interface Weather {
  /** What Parallel says of the key. */
  key: Effect.Effect<void, ParallelError>
  /** What the inputs URL answers. */
  loads: Effect.Effect<LoadedRows, InputsUnavailable>
  /** What comes before a call, by its name: a pause, or a break of the line to it. */
  before: (call: string) => Promise<void> | void
  /** The call was done, and its answer does not come. */
  lost: (call: string) => boolean
  /** What the group's object says instead of acting. */
  outcome: ActOutcome | null
}

/**
 * One group as its object shows it, which does what it is told, once for each record; records in memory under the virtual
 * clock; a Parallel that is asked for nothing but the group.
 */
export const makeActWorld = Effect.fnUntraced(function* (changes: Partial<SettingsShape> = {}) {
  const settings = settingsWith(changes)
  const clock = yield* Clock.Clock
  const weather: Weather = {
    key: Effect.void,
    loads: Effect.never,
    before: () => {},
    lost: () => false,
    outcome: null,
  }
  let standing: Standing | null = {
    taskgroupId: GROUP_ID,
    url: URL_OF_GROUP,
    state: "active",
    processor: "core",
    taskSpec: "{}",
    numInputs: 3,
    running: 2,
    holdsKey: false,
  }
  const asked: Array<string> = []
  const done: Array<Act> = []
  const answers = new Map<string, { readonly bodyHash: string; readonly answer: string }>()
  const pieces = new Map<string, Array<readonly [at: number, rows: ReadonlyArray<string>]>>()

  const call = async <A>(name: string, use: () => A | Promise<A>): Promise<A> => {
    asked.push(name)
    await weather.before(name)
    const answer = await use()
    if (weather.lost(name)) throw new Error("the answer is lost")
    return answer
  }
  const act = (one: Act): ActOutcome => {
    if (weather.outcome !== null) return weather.outcome
    if (standing === null) return { _tag: "Gone" }
    const known = one.record && answers.get(one.record.name)
    if (known)
      return known.bodyHash === one.record?.bodyHash
        ? { _tag: "Done", answer: known.answer, replayed: true }
        : { _tag: "KeyReused" }
    if (one._tag === "inputs" && !pieces.delete(one.pieces)) return { _tag: "PiecesLost" }
    done.push(one)
    const answer = JSON.stringify({ url: URL_OF_GROUP, did: one._tag, times: done.length })
    if (one.record !== null) answers.set(one.record.name, { bodyHash: one.record.bodyHash, answer })
    if (one._tag === "delete") {
      standing = null
      answers.clear()
    }
    return { _tag: "Done", answer, replayed: false }
  }
  const object: Omit<TaskGroupStub, "exists" | "wasHere" | "fetch" | "askSql"> = {
    begin: () => Promise.reject(new Error("unexpected")),
    receive: () => Promise.reject(new Error("unexpected")),
    addInputs: () => Promise.reject(new Error("unexpected")),
    commit: () => Promise.reject(new Error("unexpected")),
    standing: () => call("standing", () => standing),
    addPiece: (name, at, rows) =>
      call("addPiece", () => {
        pieces.set(name, [...(pieces.get(name) ?? []), [at, rows]])
        return "stored" as const
      }),
    act: (one) => call("act", () => act(one)),
    progress: () => Promise.reject(new Error("unexpected")),
    excerpt: () => Promise.reject(new Error("unexpected")),
  }
  const records = recordObjects(settings, () => clock.currentTimeMillisUnsafe())
  const layer = Layer.mergeAll(
    TaskGroupsObjects(() => object),
    IdempotencyObjects(
      (name) => {
        const { object: record } = records(name)
        return {
          acquire: (request) => call("acquire", () => record.acquire(request)),
          advance: (token, step) => call(step._tag, () => record.advance(token, step)),
          release: (token, inDoubt) => call("release", () => record.release(token, inDoubt)),
        }
      },
      () => ({ wasHere: () => Promise.resolve(standing !== null) }),
    ),
    Layer.succeed(Settings, settings),
    Layer.succeed(
      InputsLoader,
      InputsLoader.of({
        load: () =>
          Effect.suspend(() => {
            asked.push("load")
            return weather.loads
          }),
      }),
    ),
    Layer.mock(ParallelApi, {
      getTaskGroup: () =>
        Effect.suspend(() => {
          asked.push("getTaskGroup")
          return Effect.as(weather.key, {} as never)
        }),
    }),
  )
  let requests = 0
  /** `key`: an `Idempotency-Key`. */
  const request = (name: ActName, body: unknown = {}, key: string | null = null) => {
    const token = `request ${(requests += 1)}`
    const options = { id: GROUP_ID, act: name, key: Redacted.make(API_KEY), token, body }
    // No hashing here: it takes real time, which a virtual clock does not wait for.
    const bodyHash = `${name} ${JSON.stringify(body)}`
    const program =
      key === null ? actOnTaskGroup(options) : actOnce({ ...options, record: { name: key, bodyHash } })
    return program.pipe(Effect.result, Effect.provide(layer))
  }
  /** The answer, or the error, of what is asked in a calm. */
  const ask = Effect.fnUntraced(function* (...asked: Parameters<typeof request>) {
    const fiber = yield* Effect.forkChild(request(...asked), { startImmediately: true })
    yield* pass(30)
    return yield* Fiber.join(fiber)
  })
  return {
    weather,
    asked,
    done,
    pieces,
    records,
    request,
    ask,
    change: (to: Partial<Standing> | null) => {
      standing = to && standing && { ...standing, ...to }
    },
    isThere: () => standing !== null,
  }
})

export type ActWorld = Effect.Success<ReturnType<typeof makeActWorld>>
export type ActAnswer = Effect.Success<ReturnType<ActWorld["request"]>>

/** Lets time pass in small steps, so that promises in between get their turn. */
export const pass = Effect.fnUntraced(function* (seconds: number) {
  for (let at = 0; at < seconds * 4; at += 1) {
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    yield* TestClock.adjust("250 millis")
  }
})

/** What was answered, with `again` for a replay; or the error's tags, from the outside in. */
export const said = (answer: ActAnswer): string => {
  if (answer._tag === "Success") return `${answer.success.answer}${answer.success.replayed ? " again" : ""}`
  const { failure } = answer
  return failure._tag === "ActFailed" ? `ActFailed ${failure.reason._tag}` : failure._tag
}

/** What the world's object answers to an act. */
export const answer = (act: string, times = 1) => JSON.stringify({ url: URL_OF_GROUP, did: act, times })

/** What is wrong with a request, by path. */
export const problems = (from: ActAnswer) => {
  if (from._tag === "Success") throw new Error("it was taken")
  const { failure } = from
  const reason = failure._tag === "ActFailed" ? failure.reason : failure
  if (reason._tag !== "InvalidRequest") throw new Error(reason._tag)
  return reason.problems
}
