// @ts-check
/** @import { ConnectionState } from "../../types.js" */

/**
 * Server-sent events over `fetch`. Not an `EventSource`, because that one hides the heartbeat comments: a connection
 * that died without closing (sleep, a changed network) would look alive for ever.
 */

/** Without a byte for this long (three missed heartbeats) the connection counts as dead. */
const SILENCE_MS = 45_000
const LONGEST_WAIT_MS = 10_000
/** An ended group may become active again, which is asked at least this often while somebody looks. */
const WATCH_MS = 50_000
/** Whoever goes to and fro between tabs does not ask each time. */
const LOOK_MS = 5_000

/**
 * A push parser for the event-stream format; text may be cut anywhere.
 * @param {(event: { event: string, data: string, id: string | null }) => void} emit
 */
export function sseParser(emit) {
  let rest = ""
  /** How much of `rest` is known to hold no line end, so that a line of megabytes is not searched again and again. */
  let searched = 0
  let event = ""
  /** @type {string[]} */
  let data = []
  /** @type {string | null} */
  let id = null
  /** @param {string} line */
  const take = (line) => {
    if (line === "") {
      if (data.length > 0) emit({ event: event || "message", data: data.join("\n"), id })
      event = ""
      data = []
      return
    }
    const colon = line.indexOf(":")
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "data") data.push(value)
    else if (field === "event") event = value
    else if (field === "id" && !value.includes("\0")) id = value
  }
  /** @param {string} text */
  return (text) => {
    // A line end cut between \r and \n stays in `rest` until the next piece tells which it is.
    rest += text
    let from = 0
    for (;;) {
      let end = Math.max(from, searched)
      while (end < rest.length && rest.charCodeAt(end) !== 10 && rest.charCodeAt(end) !== 13) end++
      if (end >= rest.length || (rest.charCodeAt(end) === 13 && end === rest.length - 1)) break
      take(rest.slice(from, end))
      searched = 0
      from = rest.charCodeAt(end) === 13 && rest.charCodeAt(end + 1) === 10 ? end + 2 : end + 1
    }
    rest = rest.slice(from)
    searched = Math.max(0, rest.length - 1)
  }
}

/**
 * Follows a group's stream, healing by itself. The id of the last event is sent back on every new connection, so that
 * only what changed since then comes again. After `done` it goes on asking, quietly, for the group may become active
 * again. An event is told parsed, and as its text. With `ended` the end is behind `lastId`, and nothing is told until
 * it is an end no more.
 *
 * @param {{
 *   url: string
 *   lastId: string | null
 *   ended?: boolean
 *   onEvent: (event: any, data: string) => void
 *   onState: (state: ConnectionState) => void
 * }} options
 * @returns {() => void} closes the stream
 */
export function follow({ url, lastId, ended = false, onEvent, onState }) {
  let stopped = false
  let done = false
  let attempt = 0
  /** @type {ConnectionState} */
  let state = { kind: ended ? "ended" : "connecting", since: Date.now(), attempt: 0 }
  let askedAt = performance.now()
  let controller = new AbortController()
  /** @type {() => void} */
  let wake = () => {}

  /** @param {ConnectionState["kind"]} kind */
  const enter = (kind) => {
    // "Interrupted since" counts from the moment the connection broke, not from the latest attempt.
    state = { kind, since: state.kind === kind ? state.since : Date.now(), attempt }
    onState(state)
  }

  const parserFor = () =>
    sseParser(({ event, data, id }) => {
      if (stopped || done) return
      /** @type {any} */
      let parsed
      try {
        parsed = JSON.parse(data)
      } catch {
        return // one bad event must not end the stream
      }
      const type = typeof parsed?.type === "string" ? parsed.type : event
      onEvent({ ...parsed, type }, data)
      // What carries no id moves nothing: the status that opens a connection counts rows that are yet to come.
      if (id !== null && id !== "") lastId = id
      if (type === "done") done = true
    })

  /** One connection, until it ends. @returns {Promise<"again" | "ended" | "gone" | number>} a number: told to wait that many ms */
  async function session() {
    done = false
    askedAt = performance.now()
    controller = new AbortController()
    let timer = setTimeout(() => controller.abort(), SILENCE_MS)
    const alive = () => {
      clearTimeout(timer)
      timer = setTimeout(() => controller.abort(), SILENCE_MS)
    }
    try {
      const target = new URL(url, location.href)
      if (lastId !== null) target.searchParams.set("last_event_id", lastId)
      const response = await fetch(target, {
        headers: { accept: "text/event-stream" },
        cache: "no-store",
        signal: controller.signal,
      })
      if (response.status === 204) return "ended"
      if (response.status === 404 || response.status === 410) return "gone"
      if (
        !response.ok ||
        !response.body ||
        !response.headers.get("content-type")?.includes("text/event-stream")
      ) {
        const wait = Number(response.headers.get("retry-after"))
        await response.body?.cancel()
        // All who wait for a place would come back at the same moment.
        return wait > 0 ? Math.min(wait, 60) * 1000 * (1 + Math.random() / 2) : "again"
      }
      enter("live")
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      const push = parserFor()
      let worked = performance.now()
      for (;;) {
        const { value, done: closed } = await reader.read()
        if (closed) return done ? "ended" : "again"
        alive()
        attempt = 0
        push(value)
        if (done) return "ended"
        // Thousands of events may arrive at once; the page must stay able to draw and to answer.
        if (performance.now() - worked > 12) {
          await new Promise((resolve) => setTimeout(resolve))
          worked = performance.now()
        }
      }
    } catch {
      return "again"
    } finally {
      clearTimeout(timer)
      controller.abort()
    }
  }

  /** @param {number} ms unless woken before */
  const pause = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve(undefined)
      }
    })

  async function run() {
    if (!ended) onState(state)
    while (!stopped) {
      // All viewers saw the same end, and would ask at the same moment. Where nobody looks, nobody asks.
      if (state.kind === "ended")
        do await pause(WATCH_MS * (0.7 + Math.random() * 0.3))
        while (document.visibilityState === "hidden" && !stopped)
      if (stopped) return
      const outcome = await session()
      if (stopped) return
      if (outcome === "gone") return enter(outcome)
      // An end stays one, whatever becomes of the question whether it still is.
      if (state.kind === "ended") continue
      if (outcome === "ended") {
        enter(outcome)
        continue
      }
      enter(typeof outcome === "number" ? "busy" : "interrupted")
      attempt++
      const backoff = Math.min(LONGEST_WAIT_MS, 400 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2)
      await pause(typeof outcome === "number" ? outcome : backoff)
    }
  }

  // Whoever comes back to the tab or to the network should not wait for the back-off.
  const hurry = () => {
    const asked = state.kind === "ended" && performance.now() - askedAt < LOOK_MS
    if (document.visibilityState === "visible" && !asked) wake()
  }
  addEventListener("online", hurry)
  addEventListener("focus", hurry)
  document.addEventListener("visibilitychange", hurry)
  void run()

  return () => {
    stopped = true
    removeEventListener("online", hurry)
    removeEventListener("focus", hurry)
    document.removeEventListener("visibilitychange", hurry)
    controller.abort()
    wake()
  }
}
