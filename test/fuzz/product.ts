import { readFile } from "node:fs/promises"
import { registerHooks } from "node:module"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { idempotencyTimesOf } from "../../src/domain/Idempotency.ts"
import { IdempotencyObject } from "../../src/do/IdempotencyObject.ts"
import type { GroupId } from "../../src/domain/Ids.ts"
import { type RateLimits, rateLimitsOf } from "../../src/http/rateLimits.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { IdempotencyObjects, type IdempotencyStub } from "../../src/layers/IdempotencyObjects.ts"
import { InputsLoaderHttp } from "../../src/layers/InputsLoaderHttp.ts"
import { LoginProviderHttp } from "../../src/layers/LoginProviderHttp.ts"
import { ParallelApiHttp } from "../../src/layers/ParallelApiHttp.ts"
import { TaskGroupsObjects, type TaskGroupStub } from "../../src/layers/TaskGroupsObjects.ts"
import { makeRequestBudget, RequestBudget } from "../../src/services/RequestBudget.ts"
import { Settings } from "../../src/services/Settings.ts"
import { createSimulator, type Simulator, type VirtualClock } from "../../simulator/index.ts"
import { createFastClock } from "../simulation/clock.ts"
import { makeDice, surroundings } from "../simulation/effects.ts"
import { connect } from "../simulation/network.ts"
import { ObjectHost } from "../simulation/objectHost.ts"
import { settingsWith } from "../support/settings.ts"

/** The package's page of the studio, which Node does not read: TypeScript in node_modules. Its protocol is our own. */
const STUDIO_PAGE = `data:text/javascript,${encodeURIComponent('export const studioMiddleware = async () => new Response("<title></title>")')}`
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "queryable-object/studio-middleware"
      ? { url: STUDIO_PAGE, shortCircuit: true }
      : next(specifier, context),
})
// Typed here, as the types of these modules are the platform's.
const HANDLE: string = "../../src/http/handle.ts"
const { handle } = (await import(HANDLE)) as {
  handle: (
    request: Request,
    context: {
      settings: SettingsShape
      runtime: unknown
      limits: RateLimits
      groups: (id: GroupId) => TaskGroupStub
      assets: (path: string) => Promise<Response | null>
      loadMcpSdk: () => Promise<unknown>
    },
  ) => Promise<Response>
}

export const API_KEY = "fuzz-secret-key-0123456789/abcdefghijklmnop"
export const ORIGIN = "https://multitask.test"
const CREATE_PATH = "/v1beta/tasks/multitask"
const UPSTREAM = "http://parallel.test"
/** Real time after which something that waits for nothing of this process counts as stuck. */
const STUCK_MS = 5_000
const DAY_MS = 86_400_000

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A call that left the product, and what it was answered. */
export interface Call {
  readonly method: string
  readonly url: URL
  body: string
  status: number
}

/** What a target changes of the world around the product. */
export interface Around {
  /** Answers what goes neither to Parallel nor to ourselves. */
  readonly elsewhere?: (request: Request) => Response
  /** What becomes of Parallel's answers. */
  readonly upstream?: (request: Request, response: Response) => Response | Promise<Response>
  readonly settings?: Partial<SettingsShape>
}

/** Work that no virtual clock knows of: hashes and decompression. */
let outside = 0
const digest = crypto.subtle.digest.bind(crypto.subtle)
crypto.subtle.digest = async (...args: Parameters<typeof digest>) => {
  outside++
  return digest(...args).finally(() => void outside--)
}

const rewriter = {
  on: () => rewriter,
  onDocument: () => rewriter,
  transform: (response: Response) => response,
}
// The platform's; it only puts a bar into the studio's page.
Object.assign(globalThis, {
  HTMLRewriter: function () {
    return rewriter
  },
})

/** The whole product in this process: the front, its objects on `node:sqlite`, a simulated Parallel, virtual time. */
export class Product {
  readonly clock: VirtualClock = createFastClock(Date.parse("2026-11-20T09:00:00Z"))
  readonly calls: Array<Call> = []
  readonly logs: Array<string> = []
  readonly hosts = new Map<string, ObjectHost>()
  readonly simulator: Simulator
  private readonly settings: SettingsShape
  private readonly dice
  private readonly around: Around
  private readonly records = new Map<string, Map<string, unknown>>()
  private readonly context: Parameters<typeof handle>[1]

  constructor(seed: string, around: Around = {}) {
    this.dice = makeDice(seed)
    this.around = around
    this.settings = settingsWith({ PARALLEL_BASE_URL: UPSTREAM, ...around.settings })
    this.simulator = this.observed(
      createSimulator({
        clock: this.clock,
        seed,
        behaviour: {
          runs: { queue_ms: [5, 20], duration_ms: [20, 80], scale_by_processor: false, failure_rate: 0.1 },
        },
      }),
    )
    const groups = (id: GroupId) => this.stub(id)
    const wire = connect(this.simulator, { beforeSend: () => {}, checkpoint: () => {} })
    const { clock, dice } = this
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const request = new Request(input, init)
      if (request.url.startsWith(`${UPSTREAM}/`)) return wire.fetch(input, init)
      const call = { method: request.method, url: new URL(request.url), body: "", status: 0 }
      this.calls.push(call)
      const response = around.elsewhere?.(request) ?? new Response(null, { status: 404 })
      call.status = response.status
      return response
    }
    const runtime = ManagedRuntime.make(
      Layer.mergeAll(
        TaskGroupsObjects(groups),
        IdempotencyObjects((name) => this.record(name), groups),
        Layer.mergeAll(ParallelApiHttp, InputsLoaderHttp, LoginProviderHttp).pipe(
          Layer.provide(FetchHttpClient.layer),
        ),
      ).pipe(
        Layer.provideMerge(
          Layer.mergeAll(
            Layer.succeed(Settings, this.settings),
            Layer.succeed(RequestBudget, makeRequestBudget(Number.POSITIVE_INFINITY)),
            surroundings({ clock, dice, fetch, log: (text) => void this.logs.push(text) }),
          ),
        ),
      ),
    )
    this.context = {
      settings: this.settings,
      runtime,
      groups,
      limits: rateLimitsOf({}, this.settings),
      assets: async (path) => new Response(await readFile(`src/pages/assets${path}`)),
      loadMcpSdk: () => import("@modelcontextprotocol/server"),
    }
  }

  /** An answer, read to its end. */
  async ask(request: Request): Promise<Answer> {
    return this.settle(
      (async () => {
        const response = await handle(request, this.context)
        return { status: response.status, headers: response.headers, text: await response.text() }
      })(),
    )
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask(new Request(`${ORIGIN}${path}`, { headers }))
  }

  /** The POST; bytes, as a text would bring a content type along. */
  post(
    body: string | Uint8Array<ArrayBuffer>,
    headers: HeadersInit = { "x-api-key": API_KEY },
  ): Promise<Answer> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
    return this.ask(new Request(`${ORIGIN}${CREATE_PATH}`, { method: "POST", body: bytes, headers }))
  }

  /** Lets time pass until all groups have ended; false when one has not within this many days. */
  async untilEnded(days: number): Promise<boolean> {
    const done = () => [...this.hosts.values()].every((host) => host.disk.isEmpty() || host.hasEnded())
    return this.clock.advanceUntil(done, days * DAY_MS).then(
      () => true,
      () => false,
    )
  }

  /** What stands in all objects. */
  stored(): string {
    return (
      [...this.hosts.values()].map((host) => host.disk.dump()).join("\n") +
      JSON.stringify([...this.records.values()].map((kv) => [...kv]))
    )
  }

  /** Nothing at all is stored. */
  get isEmpty(): boolean {
    return (
      [...this.hosts.values()].every((host) => host.disk.isEmpty()) &&
      [...this.records.values()].every((kv) => kv.size === 0)
    )
  }

  /** Forgets what came of the last case. */
  forget(): void {
    for (const host of this.hosts.values()) host.retire()
    this.hosts.clear()
    this.records.clear()
    this.calls.length = 0
    this.logs.length = 0
  }

  close(): void {
    this.forget()
    this.simulator.close()
  }

  /** Lets virtual time pass only while nothing real is under way. */
  private async settle<A>(promise: Promise<A>): Promise<A> {
    let done = false
    const end = () => void (done = true)
    promise.then(end, end)
    const stuckAt = performance.now() + STUCK_MS
    while (!done) {
      for (let turn = 0; turn < 8 && !done; turn++) await new Promise((next) => setImmediate(next))
      if (done) break
      if (performance.now() > stuckAt) throw new Error("the answer does not come")
      if (outside === 0 && this.clock.pending() > 0) {
        let steps = 0
        await this.clock.advanceUntil(() => done || outside > 0 || steps++ > 0, DAY_MS).catch(() => {})
      } else await new Promise((next) => setTimeout(next, 1))
    }
    return promise
  }

  private observed(simulator: Simulator): Simulator {
    return Object.create(simulator, {
      handle: {
        value: async (request: Request) => {
          const call: Call = { method: request.method, url: new URL(request.url), body: "", status: 0 }
          if (request.method === "POST") call.body = await request.clone().text()
          this.calls.push(call)
          const response = await simulator.handle(request)
          call.status = response.status
          return this.around.upstream?.(request, response) ?? response
        },
      },
    }) as Simulator
  }

  private stub(id: GroupId): TaskGroupStub {
    let host = this.hosts.get(id)
    if (host === undefined) {
      host = new ObjectHost({
        clock: this.clock,
        dice: this.dice,
        simulator: this.simulator,
        settings: this.settings,
        log: (text) => void this.logs.push(text),
        crashRate: () => 0,
        hiccup: () => false,
        deleteFails: () => false,
        readToEnd: () => {},
        alarmWeather: () => ({ lateMs: 0, twice: false }),
      })
      this.hosts.set(id, host)
    }
    const there = host
    return {
      begin: (...args) => there.call((object) => object.begin(...args)),
      receive: (...args) => there.call((object) => object.receive(...args)),
      addInputs: (from, inputs) => there.call((object) => object.addInputs(from, inputs)),
      commit: (...args) => there.call((object) => object.commit(...args)),
      exists: () => there.call((object) => object.exists()),
      wasHere: () => there.call((object) => object.wasHere()),
      fetch: (request) => there.fetch(request),
      standing: (key) => there.call((object) => object.standing(key)),
      addPiece: (pieces, at, inputs) => there.call((object) => object.addPiece(pieces, at, inputs)),
      act: (act) => there.call((object) => object.act(act)),
      progress: (waitMs) => there.call((object) => object.progress(waitMs)),
      excerpt: (query) => there.call((object) => object.excerpt(query)),
      askSql: async () => ({ columnNames: ["one"], rowsRead: 1, rowsWritten: 0, raw: [[1]] }),
    }
  }

  private record(name: string): IdempotencyStub {
    const kv = this.records.get(name) ?? new Map<string, unknown>()
    this.records.set(name, kv)
    const { settings, clock } = this
    const object = new IdempotencyObject({
      kv: {
        get: <T>(key: string) => kv.get(key) as T | undefined,
        put: (key, value) => void kv.set(key, value),
        delete: (key) => kv.delete(key),
      },
      setAlarm: () => {},
      deleteAll: async () => kv.clear(),
      times: idempotencyTimesOf(settings),
      now: () => clock.now(),
    })
    return {
      acquire: async (request) => object.acquire(request),
      advance: async (token, step) => object.advance(token, step),
      release: (token) => object.release(token),
    }
  }
}
