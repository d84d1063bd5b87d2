// @ts-check
/** @import { ConnectionState } from "../../types.js" */
/** @import { StreamState } from "./client.js" */

import { MultitaskError, streamEvents } from "./client.js"

/** An ended group may become active again, which is asked at least this often while somebody looks. */
const WATCH_MS = 50_000
/** Whoever goes to and fro between tabs does not ask each time. */
const LOOK_MS = 5_000
/** After a refusal that is no word about the group, such as a proxy's: at least so long, since many may have met it at once. */
const REFUSED_MS = 10_000
/** Thousands of events may arrive at once; the page must stay able to draw and to answer. */
const WORK_MS = 12

/**
 * Follows a group's stream as the client does, and beyond its end: after `done` it goes on asking, quietly, for the
 * group may become active again. An event is told parsed, and as its text. With `ended` the end is behind `lastId`, and
 * nothing is told until it is an end no more.
 *
 * @param {{
 *   url: string
 *   lastId: string | null
 *   ended?: boolean
 *   onEvent: (event: any, data: string) => void
 *   onState: (state: ConnectionState) => void
 * }} options
 * @returns {(() => void) & { look: () => void }} closes the stream; `look` asks at once where it waits, for whoever knows that
 *   something has changed
 */
export function follow({ url, lastId, ended = false, onEvent, onState }) {
  const target = new URL(url, location.href).href
  /** @type {ConnectionState} */
  let state = { kind: ended ? "ended" : "connecting", since: Date.now(), attempt: 0 }
  let askedAt = performance.now()
  const leaving = new AbortController()
  let asking = leaving
  const isLeft = () => leaving.signal.aborted
  /** Ends the wait that is under way. */
  let hurry = () => {}

  /** @param {ConnectionState["kind"]} kind */
  const enter = (kind, attempt = 0) => {
    // "Interrupted since" counts from the moment the connection broke, not from the latest attempt.
    state = { kind, since: state.kind === kind ? state.since : Date.now(), attempt }
    onState(state)
  }

  /** @param {StreamState} told */
  const onConnection = (told) => {
    // An end stays one, whatever becomes of the question whether it still is.
    if (state.kind !== "ended" || told.kind === "live") enter(told.kind, "attempt" in told ? told.attempt : 0)
    else if (told.kind !== "connecting") asking.abort()
  }

  /** @param {string} event @param {string} data */
  const tell = (event, data) => {
    /** @type {any} */
    let parsed
    try {
      parsed = JSON.parse(data)
    } catch {
      return // one bad event must not end the stream
    }
    onEvent({ ...parsed, type: typeof parsed?.type === "string" ? parsed.type : event }, data)
  }

  /** To the end that the group has now. */
  async function read() {
    askedAt = performance.now()
    asking = new AbortController()
    const events = streamEvents({
      url: target,
      fetch,
      lastEventId: lastId,
      signal: asking.signal,
      onState: onConnection,
      onWait: (end) => (hurry = end),
    })
    let worked = performance.now()
    for await (const { event, data, id } of events) {
      if (isLeft()) return
      tell(event, data)
      if (id) lastId = id
      if (performance.now() - worked < WORK_MS) continue
      await new Promise((resolve) => setTimeout(resolve))
      worked = performance.now()
    }
    if (state.kind !== "ended") enter("ended")
  }

  /** @param {number} ms unless hurried */
  const pause = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      hurry = () => {
        clearTimeout(timer)
        resolve(undefined)
      }
    })

  async function run() {
    while (!isLeft()) {
      // All viewers saw the same end, and would ask at the same moment. Where nobody looks, nobody asks.
      if (state.kind === "ended")
        do await pause(WATCH_MS * (0.7 + Math.random() * 0.3))
        while (document.visibilityState === "hidden" && !isLeft())
      if (isLeft()) return
      try {
        await read()
      } catch (error) {
        if (isLeft()) return
        if (error instanceof MultitaskError && [404, 410].includes(error.status)) return enter("gone")
        if (state.kind === "ended") continue
        enter("interrupted", state.attempt + 1)
        await pause(REFUSED_MS * (1 + Math.random() / 2))
      }
    }
  }

  // Whoever comes back to the tab or to the network should not wait for the back-off.
  const onLook = () => {
    const asked = state.kind === "ended" && performance.now() - askedAt < LOOK_MS
    if (document.visibilityState === "visible" && !asked) hurry()
  }
  const { signal } = leaving
  addEventListener("online", onLook, { signal })
  addEventListener("focus", onLook, { signal })
  document.addEventListener("visibilitychange", onLook, { signal })
  void run()

  const close = () => {
    leaving.abort()
    asking.abort()
    hurry()
  }
  return Object.assign(close, { look: () => hurry() })
}
