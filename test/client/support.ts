import { afterEach, beforeEach, vi } from "vitest"
import { Multitask } from "../../src/client/index.ts"

export const BASE = "https://multitask.example"
export const KEY = "demo-key-of-these-tests"
export const GROUP = "tgrp_of_these_tests"

/** Time passes only by `inTime` and `vi`. */
export const virtualTime = () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
}

/** What it comes to, with time passing as fast as anything waits for it. */
export const inTime = async <A>(promise: Promise<A>): Promise<A> => {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  for (let turn = 0; turn < 20_000; turn++) {
    await vi.advanceTimersByTimeAsync(0)
    if (isSettled) return promise
    await vi.advanceTimersToNextTimerAsync()
  }
  throw new Error("never settles")
}

/** What it rejects with. */
export const failureOf = (promise: Promise<unknown>): Promise<any> =>
  inTime(
    promise.then(
      (value) => {
        throw new Error(`resolved with ${JSON.stringify(value)}`)
      },
      (error: unknown) => error,
    ),
  )

/** A request as it was sent. */
export interface Sent {
  readonly url: string
  readonly path: string
  readonly method: string
  readonly headers: Headers
  readonly body: string | undefined
  readonly init: RequestInit
  /** Milliseconds since the first. */
  readonly at: number
}

export type Answer = (sent: Sent) => Response | Promise<Response>

/** A `fetch` that answers one after another, the last one again and again, and knows what it was asked. */
export const answering = (...answers: ReadonlyArray<Answer>) => {
  const sent: Array<Sent> = []
  let first = 0
  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    if (sent.length === 0) first = performance.now()
    const url = new URL(input as string)
    const one: Sent = {
      url: url.href,
      path: url.pathname + url.search,
      method: init.method ?? "GET",
      headers: new Headers(init.headers),
      body: init.body as string | undefined,
      init,
      at: performance.now() - first,
    }
    sent.push(one)
    return (answers[Math.min(sent.length, answers.length) - 1] as Answer)(one)
  }
  return { fetch, sent }
}

export const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json(value, { status, headers })

export const text =
  (body: string | null, type = "text/html", status = 200, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response(body, { status, headers: { "content-type": type, ...headers } })

export const error = (status: number, message: string, headers: Record<string, string> = {}) =>
  json({ type: "error", error: { ref_id: `ref-${status}`, message, detail: null } }, status, headers)

export const lost: Answer = () => {
  throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") })
}

/** Until it is aborted, as a real `fetch` is. */
export const never: Answer = ({ init }) =>
  new Promise((_, reject) => {
    init.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error))
  })

/** Pieces of a body; behind them its end, a break, or nothing more. Tells how it was left. */
export const body = (pieces: ReadonlyArray<string | Uint8Array>, end: "close" | "break" | "silence") => {
  const encoder = new TextEncoder()
  const state = { read: 0, cancelled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const piece = pieces[state.read++]
        if (piece !== undefined)
          return controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece)
        if (end === "close") return controller.close()
        if (end === "break") return controller.error(new TypeError("terminated"))
        return new Promise<void>(() => {})
      },
      cancel: () => {
        state.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, state }
}

export const streaming =
  (pieces: ReadonlyArray<string | Uint8Array>, end: "close" | "break" | "silence" = "close"): Answer =>
  () =>
    new Response(body(pieces, end).stream, {
      headers: { "content-type": "text/event-stream; charset=utf-8" },
    })

export const clientOf = (fetch: typeof globalThis.fetch, apiKey: string | undefined = KEY) =>
  new Multitask({ baseUrl: BASE, apiKey, fetch })

/** A signal that knows who listens. */
export const watchedSignal = () => {
  const controller = new AbortController()
  const { signal } = controller
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  const live = new Set<unknown>()
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    live.add(args[1])
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    live.delete(args[1])
    remove(...args)
  }
  return { controller, signal, listening: () => live.size, everListened: () => listeners > 0 }
}
