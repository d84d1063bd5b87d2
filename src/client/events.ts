import { Leash, leaving, pause, textOf } from "./leash.ts"
import { MultitaskError } from "./MultitaskError.ts"
import { discard, isRedirect, refusalOf, retryAfterOf } from "./refusal.ts"
import { HERE_ONLY } from "./request.ts"
import { sseParser } from "./sse.ts"

/** One event of a group's output stream. */
export interface StreamEvent {
  /** `task_group_status`, `task_run.state` or `done`. */
  readonly event: string
  /** The group's change number; null for the status that opens a connection. */
  readonly id: string | null
  /** JSON, as it came. */
  readonly data: string
}

export type StreamState =
  /** `connecting` is the first attempt; each connection that stands is told as `live`. */
  | { readonly kind: "connecting" | "live" }
  /** Broken off, or told to wait (`busy`): `attempt` failed in a row, the next comes after `waitMs`. */
  | { readonly kind: "interrupted" | "busy"; readonly attempt: number; readonly waitMs: number }

export interface StreamOptions {
  /** The stream's URL. */
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  /** Only what changed since; null: the full state. */
  readonly lastEventId?: string | null | undefined
  readonly signal?: AbortSignal | undefined
  readonly onState?: ((state: StreamState) => void) | undefined
  /** Called with what ends the wait for the next connection early: for who comes back to a tab, or to the network. */
  readonly onWait?: ((hurry: () => void) => void) | undefined
}

/** Without a byte for this long (three missed heartbeats) a connection counts as dead. */
const SILENCE_MS = 45_000
const LONGEST_WAIT_MS = 10_000
/** What the server may ask to wait. */
const LONGEST_TOLD_MS = 60_000

/**
 * A group's events, across connections that break, fall silent for 45 s or are refused for a time: each is opened behind
 * the last id. Ends behind `done`, or at once where the server says that nothing came after the last id (204). Throws a
 * `MultitaskError` on 4xx other than 429 (and on a redirect, where nothing else has come yet), and the signal's reason.
 * Reads as fast as it is asked; when it is left, the connection is closed.
 */
export const streamEvents = (options: StreamOptions): AsyncGenerator<StreamEvent, void, undefined> =>
  streamOf(options, (event) => event)

/** What is made of the events of such a stream; null: nothing. */
export const streamOf = <A>(
  options: StreamOptions,
  make: (event: StreamEvent) => A | null,
): AsyncGenerator<A, void, undefined> =>
  leaving(options.signal, async function* (signal) {
    for await (const events of follow({ ...options, signal }))
      for (const event of events) {
        // Whoever was told the one before may have had enough.
        signal.throwIfAborted()
        const made = make(event)
        if (made !== null) yield made
      }
  })

/** Events as they come along with each other: every step of an asynchronous generator costs about as much as an event. */
async function* follow(options: StreamOptions): AsyncGenerator<ReadonlyArray<StreamEvent>, void, undefined> {
  const { signal, onState = () => {}, onWait } = options
  let lastId = options.lastEventId ?? null
  let hasStood = false
  let attempt = 0
  signal?.throwIfAborted()
  onState({ kind: "connecting" })
  for (;;) {
    const before = lastId
    let stoodAt = Infinity
    const connection = connect(options, lastId)
    let step = await connection.next()
    try {
      for (; step.done !== true; step = await connection.next()) {
        if (step.value === STANDS) {
          hasStood = true
          stoodAt = performance.now()
          onState({ kind: "live" })
          continue
        }
        const done = step.value.findIndex(({ event }) => event === "done")
        const events = done < 0 ? step.value : step.value.slice(0, done + 1)
        // What carries no id moves nothing: the status that opens a connection counts rows that are yet to come.
        lastId = events.findLast(({ id }) => id !== null && id !== "")?.id ?? lastId
        yield events
        if (done >= 0) return
      }
    } finally {
      await connection.return(BROKEN)
    }
    const end = step.value
    if (end.kind === "ended") return
    if (end.kind === "refused" && (!hasStood || end.error.status >= 400)) throw end.error
    const wasGood = lastId !== before || performance.now() - stoodAt > LONGEST_WAIT_MS
    attempt = wasGood ? 1 : attempt + 1
    const state = waitAfter(end, attempt)
    onState(state)
    await pause(state.waitMs, signal, onWait)
  }
}

/** All viewers were cut off, or told to wait, at the same moment: they come back spread out. */
const waitAfter = (end: End, attempt: number) => {
  if (end.kind === "busy") {
    const waitMs = Math.min(end.retryAfter * 1000, LONGEST_TOLD_MS) * (1 + Math.random() / 2)
    return { kind: end.kind, attempt, waitMs }
  }
  const waitMs = Math.min(LONGEST_WAIT_MS, 400 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2)
  return { kind: "interrupted", attempt, waitMs } as const
}

/** How a connection ended. */
type End =
  | { readonly kind: "ended" | "broken" }
  | { readonly kind: "busy"; readonly retryAfter: number }
  | { readonly kind: "refused"; readonly error: MultitaskError }

const BROKEN: End = { kind: "broken" }

/** What comes before the events of a connection that stands. */
const STANDS = "stands"

/** One connection. Throws nothing but the signal's reason. */
async function* connect(
  { url, fetch, signal }: StreamOptions,
  lastId: string | null,
): AsyncGenerator<ReadonlyArray<StreamEvent> | typeof STANDS, End, undefined> {
  const target = new URL(url)
  if (lastId !== null) target.searchParams.set("last_event_id", lastId)
  const leash = new Leash(signal)
  try {
    const init: RequestInit = {
      headers: { accept: "text/event-stream" },
      signal: leash.signal,
      ...HERE_ONLY,
    }
    const response = await leash.hold(fetch(target.href, init), SILENCE_MS)
    if (response.status === 204) return { kind: "ended" }
    if (isFinal(response)) {
      return { kind: "refused", error: new MultitaskError(await refusalOf(response, leash)) }
    }
    const type = response.headers.get("content-type") ?? ""
    if (!response.ok || !/^text\/event-stream\b/i.test(type)) {
      discard(response, leash)
      const retryAfter = retryAfterOf(response) ?? 0
      return retryAfter > 0 ? { kind: "busy", retryAfter } : BROKEN
    }
    yield STANDS
    const events: Array<StreamEvent> = []
    const push = sseParser((event) => events.push(event))
    for await (const text of textOf(response.body, leash, SILENCE_MS)) {
      push(text)
      if (events.length > 0) yield events.splice(0)
    }
  } catch {
    signal?.throwIfAborted()
  } finally {
    leash.drop()
  }
  return BROKEN
}

/** A refusal that time alone does not change, or a redirect. */
const isFinal = (response: Response): boolean =>
  isRedirect(response) || (response.status >= 400 && response.status < 500 && response.status !== 429)
