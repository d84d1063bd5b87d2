import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { describe, expect, it } from "vitest"
import type { Act, ActOutcome, Standing } from "../../../src/domain/Act.ts"
import {
  NotFound,
  type ParallelError,
  RateLimited,
  Unauthorized,
  Unavailable,
} from "../../../src/domain/Errors.ts"
import type { SettingsShape } from "../../../src/domain/Settings.ts"
import { handle } from "../../../src/http/handle.ts"
import { type Limited, rateLimitsOf } from "../../../src/http/rateLimits.ts"
import type { RequestRuntime } from "../../../src/http/runtime.ts"
import { IdempotencyObjects } from "../../../src/layers/IdempotencyObjects.ts"
import { TaskGroupsObjects, type TaskGroupStub } from "../../../src/layers/TaskGroupsObjects.ts"
import { InputsLoader } from "../../../src/services/InputsLoader.ts"
import { ParallelApi } from "../../../src/services/ParallelApi.ts"
import { Settings } from "../../../src/services/Settings.ts"
import { recordObjects } from "../../support/records.ts"
import { settingsWith } from "../../support/settings.ts"
import { groupId } from "../../support/ids.ts"
import { bare } from "../support/context.ts"

const GROUP_ID = groupId("tgrp_12345678")
const ORIGIN = "https://multitask.example"
const GROUP_URL = `${ORIGIN}/${GROUP_ID}`
const ANSWER = `{"url":"${GROUP_URL}","did":true}`
const KEY = { "x-api-key": "sk-test-0123456789" }

const said = (status: number, message: string) => ({ status, message, detail: null, refId: null })
const unauthorized = (status: number, message: string) => new Unauthorized(said(status, message))

const STANDING: Standing = {
  taskgroupId: GROUP_ID,
  url: GROUP_URL,
  state: "active",
  processor: "core",
  taskSpec: "{}",
  numInputs: 3,
  running: 2,
  holdsKey: false,
}

interface World {
  readonly standing?: Standing | null
  readonly upstream?: ParallelError
  readonly outcome?: ActOutcome
  readonly settings?: Partial<SettingsShape>
  /** Limits that are used up. */
  readonly spent?: ReadonlyArray<Limited>
}

/** The Worker's front before one group. */
const front = (world: World = {}) => {
  const settings = settingsWith(world.settings)
  const acts: Array<Act> = []
  const counted: Array<Limited> = []
  const object = {
    standing: async () => (world.standing === undefined ? STANDING : world.standing),
    addPiece: async () => "stored",
    act: async (act: Act) => {
      acts.push(act)
      return world.outcome ?? { _tag: "Done", answer: ANSWER, replayed: false }
    },
    fetch: async () => new Response("{}"),
  } as unknown as TaskGroupStub
  const records = recordObjects(settings, () => Date.now())
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(
      TaskGroupsObjects(() => object),
      IdempotencyObjects(
        (name) => ({
          acquire: async (request) => records(name).object.acquire(request),
          advance: async (token, step) => records(name).object.advance(token, step),
          release: (token, inDoubt) => records(name).object.release(token, inDoubt),
        }),
        () => object,
      ),
      Layer.succeed(Settings, settings),
      Layer.mock(InputsLoader, {}),
      Layer.mock(ParallelApi, {
        getTaskGroup: () => (world.upstream ? Effect.fail(world.upstream) : Effect.succeed({} as never)),
      }),
    ),
  )
  const limiter = (name: Limited) => ({
    limit: async () => {
      counted.push(name)
      return { success: !world.spent?.includes(name) }
    },
  })
  const bindings = { RATE_SUBMIT: limiter("RATE_SUBMIT"), RATE_UNKNOWN: limiter("RATE_UNKNOWN") }
  const limits = rateLimitsOf(bindings, { ...settings, RATE_LIMITS: true })
  const send = (method: string, path: string, { headers, ...init }: RequestInit = {}) =>
    handle(
      new Request(`${ORIGIN}${path}`, {
        ...init,
        method,
        headers: { "cf-connecting-ip": "192.0.2.7", ...KEY, ...(headers as Record<string, string>) },
      }),
      { settings, runtime: runtime as unknown as RequestRuntime, groups: () => object, limits, ...bare },
    )
  return { send, acts, counted }
}

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
})

const ROWS = json({ inputs: [{ company: "A" }] })
/** Each act as it is sent. */
const ACTS = [
  ["POST", `/${GROUP_ID}/inputs`, ROWS],
  ["POST", `/${GROUP_ID}/retry`, {}],
  ["POST", `/${GROUP_ID}/stop`, {}],
  ["POST", `/${GROUP_ID}/resume`, {}],
  ["DELETE", `/${GROUP_ID}`, {}],
] as const

const HASH = /^[0-9a-f]{64}$/

interface ErrorAnswer {
  readonly type: string
  readonly error: { readonly message: string; readonly detail: { readonly errors: Array<{ path: string }> } }
  readonly taskgroup_id?: string
  readonly url?: string
}

const refused = async (response: Response, status: number) => {
  const body = await response.json<ErrorAnswer>()
  expect([response.status, body.type]).toEqual([status, "error"])
  return body
}

describe.each(ACTS)("%s %s", (method, path, init) => {
  it("answers the group's URL, or the JSON to who prefers that", async () => {
    const { send, acts, counted } = front()
    const text = await send(method, path, init)
    expect([text.status, await text.text()]).toEqual([200, GROUP_URL])
    expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8")
    const { headers, ...rest } = init as RequestInit
    const accept = { ...(headers as Record<string, string>), accept: "application/json" }
    const asJson = await send(method, `${path}/`, { ...rest, headers: accept })
    expect([asJson.status, await asJson.text()]).toEqual([200, ANSWER])
    for (const { headers: told } of [text, asJson]) {
      expect(told.get("location")).toBe(GROUP_URL)
      expect(told.get("cache-control")).toBe("no-store")
      expect(told.get("vary")).toBe("Accept")
      expect(told.get("access-control-allow-origin")).toBe("*")
      expect(told.has("idempotency-replayed")).toBe(false)
    }
    expect(acts).toHaveLength(2)
    expect(counted).toEqual(["RATE_SUBMIT", "RATE_SUBMIT"])
  })

  it("answers the same under an Idempotency-Key, and says so", async () => {
    const { send, acts } = front()
    const keyed = (key: string) => ({
      ...init,
      headers: { ...(init as { headers?: object }).headers, "idempotency-key": key },
    })
    expect((await send(method, path, keyed("one"))).headers.has("idempotency-replayed")).toBe(false)
    const again = await send(method, path, keyed("one"))
    expect([again.headers.get("idempotency-replayed"), await again.text()]).toEqual(["true", GROUP_URL])
    expect(acts).toHaveLength(1)
    expect(acts[0]?.record).toMatchObject({
      name: expect.stringMatching(HASH),
      bodyHash: expect.stringMatching(HASH),
    })
    // Elsewhere it is another request.
    await refused(await send(method, `${path}/`, keyed("one")), 409)
    expect(acts).toHaveLength(1)
  })

  it("wants a key, and counts whoever asks", async () => {
    const { send, acts } = front()
    await refused(await send(method, path, { ...init, headers: { "x-api-key": "" } }), 401)
    const spent = await front({ spent: ["RATE_SUBMIT"] }).send(method, path, init)
    expect((await refused(spent, 429)).error.message).toContain("changes")
    expect(acts).toEqual([])
  })

  it("answers what Parallel says of the key, and nothing of the group", async () => {
    const answers: ReadonlyArray<readonly [ParallelError, number]> = [
      [unauthorized(401, "no such key"), 401],
      [unauthorized(403, "not yours"), 403],
      [new NotFound(said(404, "Not found")), 403],
      [new RateLimited({ message: "slow down", retryAfterMs: 5_000 }), 429],
      [new Unavailable({ message: "down", status: 503, timedOut: false }), 502],
      [new Unavailable({ message: "silent", status: null, timedOut: true }), 504],
    ]
    for (const [upstream, status] of answers) {
      const { send, acts } = front({ upstream })
      const response = await send(method, path, init)
      expect(response.headers.get("retry-after")).toBe(status === 429 ? "5" : null)
      const body = await refused(response, status)
      expect([body.taskgroup_id, body.url]).toEqual([undefined, undefined])
      if (status > 500) expect(body.error.message).toContain("Nothing has changed")
      expect(acts).toEqual([])
    }
  })

  it("of an unknown group is a 404, and counted as a guess", async () => {
    const { send, counted } = front({ standing: null })
    const { error } = await refused(await send(method, path, init), 404)
    expect(error.message).toContain("no task group")
    expect(counted).toEqual(["RATE_SUBMIT", "RATE_UNKNOWN"])
    const guesser = front({ standing: null, spent: ["RATE_UNKNOWN"] })
    await refused(await guesser.send(method, path, init), 429)
    await refused(await guesser.send(method, path, init), 429)
    expect(guesser.counted).toEqual(["RATE_SUBMIT", "RATE_UNKNOWN"])
  })

  it("tells who has a good key which group an error is about", async () => {
    const receiving = front({ standing: { ...STANDING, state: "receiving" } })
    const early = await receiving.send(method, path, init)
    expect(early.headers.get("retry-after")).toBe("2")
    const about = { taskgroup_id: GROUP_ID, url: GROUP_URL }
    expect(await refused(early, 409)).toMatchObject(about)
    const problems = [{ path: "rows[0]", message: "is no row." }]
    const bad = front({ outcome: { _tag: "Refused", problems } })
    expect(await refused(await bad.send(method, path, init), 422)).toMatchObject({
      ...about,
      error: { detail: { errors: problems } },
    })
    const lost = front({ outcome: { _tag: "PiecesLost" } })
    expect(await refused(await lost.send(method, path, init), 503)).toMatchObject(about)
  })

  it("takes an empty body, whatever its type, and refuses fields and parameters that it does not know", async () => {
    const { send, acts } = front()
    const blank = { body: "", headers: { "content-type": "application/x-www-form-urlencoded" } }
    const isAdd = path.endsWith("/inputs")
    const empty = await send(method, path, { ...blank, headers: { ...blank.headers, "content-length": "0" } })
    const nothing = new ReadableStream({ start: (controller) => controller.close() })
    const streamed = await send(method, path, { body: nothing, duplex: "half" } as RequestInit)
    for (const answer of [empty, streamed])
      if (isAdd) expect((await refused(answer, 422)).error.message).toContain("inputs is missing")
      else expect(answer.status).toBe(200)
    const { error } = await refused(await send(method, path, json({ limt: 3, key: 1 })), 422)
    expect(error.detail.errors.map((problem) => problem.path)).toEqual([
      "limt",
      "key",
      ...(isAdd ? ["inputs"] : []),
    ])
    await refused(await send(method, path, { ...json([]) }), 422)
    await refused(await send(method, path, { ...json({}), body: "{" }), 400)
    const query = await refused(await send(method, `${path}?dry_rum=true`, init), 422)
    expect(query.error.detail.errors).toMatchObject([{ path: "dry_rum" }])
    expect(acts).toHaveLength(isAdd ? 0 : 2)
  })

  it("has a plan where it may spend, and refuses dry_run elsewhere", async () => {
    const spends = /inputs|retry/.test(path)
    for (const asked of ["body", "query"] as const) {
      const { send, acts } = front()
      const sent = "body" in init ? JSON.parse(init.body as string) : {}
      const response =
        asked === "query"
          ? await send(method, `${path}?dry_run=true`, init)
          : await send(method, path, json({ ...sent, dry_run: true }))
      if (spends) {
        expect([response.status, response.headers.get("location")]).toEqual([200, null])
        expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8")
      } else await refused(response, 422)
      for (const act of acts) expect(act).toMatchObject({ dryRun: true, record: null })
      expect(acts).toHaveLength(path.endsWith("/retry") ? 1 : 0)
    }
  })

  it("is open to pages of other origins, but where private addresses may be asked", async () => {
    const page = { origin: "https://other.example", "sec-fetch-site": "cross-site" }
    const preflight = { headers: { ...page, "access-control-request-method": method } }
    const open = await front().send("OPTIONS", path, preflight)
    expect(open.status).toBe(204)
    expect(open.headers.get("access-control-allow-methods")?.split(", ")).toContain(method)
    expect(open.headers.get("access-control-allow-origin")).toBe("*")
    const own = front({ settings: { ALLOW_PRIVATE_URLS: true } })
    for (const response of [
      await own.send("OPTIONS", path, preflight),
      await own.send(method, path, {
        ...init,
        headers: { ...((init as RequestInit).headers as object), ...page },
      }),
    ]) {
      await refused(response, 403)
      expect(response.headers.has("access-control-allow-origin")).toBe(false)
    }
    expect(own.acts).toEqual([])
  })
})

describe("methods", () => {
  it.each([
    ["GET", `/${GROUP_ID}/retry`, "POST, OPTIONS"],
    ["DELETE", `/${GROUP_ID}/inputs`, "POST, OPTIONS"],
    ["PUT", `/${GROUP_ID}`, "GET, HEAD, DELETE, OPTIONS"],
    ["POST", `/${GROUP_ID}`, "GET, HEAD, DELETE, OPTIONS"],
    ["DELETE", `/${GROUP_ID}.json`, "GET, HEAD, OPTIONS"],
    ["DELETE", `/${GROUP_ID}.db`, "GET, HEAD, POST, OPTIONS"],
    ["DELETE", `/${GROUP_ID}/3`, "GET, HEAD, OPTIONS"],
    ["POST", `/${GROUP_ID}/3`, "GET, HEAD, OPTIONS"],
  ])("%s %s is a 405 that allows %s", async (method, path, allow) => {
    const { send, acts } = front()
    const response = await send(method, path)
    expect(response.headers.get("allow")).toBe(allow)
    await refused(response, 405)
    expect((await send("OPTIONS", path)).headers.get("allow")).toBe(allow)
    expect(acts).toEqual([])
  })

  it("of an id that cannot be one are a 404", async () => {
    const { send, counted } = front()
    for (const [method, path] of [
      ["POST", "/short/retry"],
      ["DELETE", "/short"],
      ["POST", "/v1beta/retry"],
    ] as const)
      await refused(await send(method, path), 404)
    expect(counted).toEqual([])
  })
})
