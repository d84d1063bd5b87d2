import { timestamp } from "../core/clock.ts"
import type { Call, Context, Handler } from "../core/context.ts"
import { tierOf } from "../core/processors.ts"
import { outputView, runView } from "../core/views.ts"
import { waitForChange } from "../core/wait.ts"
import { isActive, type JsonObject } from "../core/wire.ts"
import { outputReady, statusAt } from "../ledger/status.ts"
import type { Run } from "../ledger/types.ts"
import type { Item } from "../sse/frame.ts"
import { streamResponse, type Source } from "../sse/stream.ts"
import { findRun } from "./lookup.ts"

/** These streams close after 570 s and cannot be resumed. */
const SESSION_MS = 570_000
const QUIET_TIERS = new Set(["lite", "base", "core", "core2x"])

/** Progress of a run, as shares of its duration. */
const TRACE = [
  { share: 0.05, kind: "plan", message: "Planning the research" },
  { share: 0.25, kind: "search", message: "Searching the web" },
  { share: 0.5, kind: "tool_call", message: "Reading the most relevant pages" },
  { share: 0.75, kind: "result", message: "Collecting facts with their sources" },
  { share: 0.9, kind: "exec_status", message: "Checking the facts against each other" },
] as const

const stateItem = (context: Context, run: Run, now: number, last: boolean): Item => ({
  event: {
    type: "task_run.state",
    event_id: null,
    input: null,
    run: runView(context, run, now),
    output:
      last && statusAt(run, now) === "completed" && outputReady(run, now) ? outputView(context, run) : null,
  },
})

const statsItem = (run: Run, now: number): Item => {
  const share = run.endAt === run.startAt ? 1 : (now - run.startAt) / (run.endAt - run.startAt)
  const done = Math.min(1, Math.max(0, share))
  return {
    event: {
      type: "task_run.progress_stats",
      source_stats: {
        num_sources_considered: Math.round(done * 40),
        num_sources_read: Math.round(done * 12),
        sources_read_sample: done > 0 ? ["https://en.wikipedia.org/wiki/Main_Page"] : [],
      },
      progress_meter: Math.round(done * 100),
    },
  }
}

const traceOf = (run: Run): Array<{ at: number; item: Item }> => {
  const extra = JSON.parse(run.extraText) as JsonObject
  const enabled = extra["enable_events"] ?? !QUIET_TIERS.has(tierOf(run.processor) ?? "core")
  if (enabled !== true) return []
  return TRACE.map(({ share, kind, message }) => {
    const at = Math.round(run.startAt + share * (run.endAt - run.startAt))
    return {
      at,
      item: { event: { type: `task_run.progress_msg.${kind}`, message, timestamp: timestamp(at) } },
    }
  })
}

const createSource = (context: Context, run: Run): Source => {
  const gone = new AbortController()
  const opened = context.clock.now()
  // After the end the trace is no longer told.
  const trace = isActive(statusAt(run, opened)) ? traceOf(run) : []
  let sent = 0
  let state: "new" | "open" | "over" = "new"

  const look = (now: number): Item[] => {
    const items: Item[] = []
    while (sent < trace.length && trace[sent]!.at <= now) items.push(trace[sent++]!.item)
    if (items.length > 0) items.push(statsItem(run, now))
    if (!isActive(statusAt(run, now))) {
      state = "over"
      items.push(stateItem(context, run, now, true))
    }
    return items
  }

  return {
    async next() {
      for (;;) {
        const now = context.clock.now()
        if (state === "over" || gone.signal.aborted || now >= opened + SESSION_MS) return null
        if (state === "new") {
          state = "open"
          return [stateItem(context, run, now, false), statsItem(run, now), ...look(now)]
        }
        const items = look(now)
        if (items.length > 0) return items
        const next = Math.min(opened + SESSION_MS, run.endAt, trace[sent]?.at ?? Number.POSITIVE_INFINITY)
        await waitForChange(context, run.group ?? run.id, next, gone.signal)
      }
    },
    close: () => gone.abort(),
  }
}

export const runEvents: Handler = (context: Context, call: Call) =>
  streamResponse(context, call, createSource(context, findRun(context, call)))
