import { sleep } from "../core/clock.ts"
import type { Call, Context, Handler } from "../core/context.ts"
import { createOrder } from "../core/cursors.ts"
import { unit } from "../core/random.ts"
import { inputView, outputView, runView } from "../core/views.ts"
import { isActive, RUN_STATUSES, type RunStatus } from "../core/wire.ts"
import { modifiedAt, outputReady, statusAt } from "../ledger/status.ts"
import type { Run, TaskGroup } from "../ledger/types.ts"
import type { Item } from "../sse/frame.ts"
import { streamResponse, type Source } from "../sse/stream.ts"
import { invalid, problem, queryBoolean } from "../validation/fields.ts"
import { eventId, resume, stamped } from "./batchCursors.ts"
import { findGroup } from "./lookup.ts"
import { onUnknownCursor } from "./unknownCursor.ts"

/** Runs a pull of the stream looks at, and about how much it sends: what bounds the memory of a listing. */
const RUNS_PER_PULL = 200
const BYTES_PER_PULL = 64 * 1024

interface Listing {
  readonly group: TaskGroup
  readonly after: number
  readonly since: number | null
  readonly status: RunStatus | null
  readonly includeInput: boolean
  readonly includeOutput: boolean
  readonly elementBasis: boolean
}

const statusOf = (url: URL): RunStatus | null => {
  const value = url.searchParams.get("status")
  if (value === null || value === "") return null
  const known = RUN_STATUSES.find((status) => status === value)
  if (known !== undefined) return known
  throw invalid([problem(["query", "status"], "enum", `Input should be one of ${RUN_STATUSES.join(", ")}`)])
}

const parse = (context: Context, call: Call): Listing | null => {
  const group = findGroup(context, call)
  const { listing } = context.behaviour()
  const options = {
    group,
    status: statusOf(call.url),
    includeInput: queryBoolean(call.url, "include_input", false),
    includeOutput: queryBoolean(call.url, "include_output", false),
    elementBasis:
      listing.element_basis && (call.request.headers.get("parallel-beta") ?? "").includes("field-basis"),
  }
  const resumed = resume(context, group, "run", call.request, call.url)
  if (resumed.kind === "none") return { ...options, after: -1, since: null }
  if (resumed.kind === "unknown") {
    return onUnknownCursor(context) === "empty" ? null : { ...options, after: -1, since: null }
  }
  const changes = listing.resumed === "changes"
  return {
    ...options,
    after: Math.max(-1, resumed.place - listing.overlap_on_resume),
    since: changes ? resumed.since : null,
  }
}

const wanted = (context: Context, run: Run, place: number, list: Listing, now: number): boolean => {
  const { listing } = context.behaviour()
  if (run.createdAt + listing.lag_ms > now) return false
  const status = statusAt(run, now)
  if (listing.only_finished && isActive(status)) return false
  if (list.status !== null && status !== list.status) return false
  return place > list.after || (list.since !== null && modifiedAt(run, now) > list.since)
}

/** U15: a completed run's output may not be there yet. */
const listedOutput = (context: Context, run: Run, list: Listing, now: number) => {
  if (!list.includeOutput || statusAt(run, now) !== "completed") return null
  if (context.behaviour().outputs.missing_in !== "result" && !outputReady(run, now)) return null
  return outputView(context, run, list.elementBasis)
}

const itemOf = (context: Context, run: Run, place: number, list: Listing, now: number): Item => {
  const { listing } = context.behaviour()
  const id = eventId(context, list.group, "run", place)
  return {
    event: {
      type: "task_run.state",
      event_id: listing.resumed === "changes" ? stamped(id, now) : id,
      input: list.includeInput ? inputView(context, run, listing.expand_input) : null,
      run: runView(context, run, now),
      output: listedOutput(context, run, list, now),
    },
  }
}

const sizeOf = (item: Item) => ("event" in item && item.event["output"] !== null ? 2_000 : 500)

const createSource = (context: Context, list: Listing): Source => {
  const { group } = list
  const { order } = context.behaviour().listing
  const runAt = createOrder(group, order, context.ledger.seed)
  // A snapshot: runs added from here on are not in it.
  const length = group.runs.length
  let place = list.since === null ? list.after + 1 : 0
  const gone = new AbortController()
  return {
    async next() {
      const now = context.clock.now()
      const { listing } = context.behaviour()
      const items: Item[] = []
      let bytes = 0
      let outputs = 0
      let looked = 0
      while (place < length && bytes < BYTES_PER_PULL && looked < RUNS_PER_PULL) {
        const run = group.runs[runAt(place)]!
        if (wanted(context, run, place, list, now)) {
          const item = itemOf(context, run, place, list, now)
          items.push(item)
          if (unit(context.ledger.seed, run.id, "twice") < listing.duplicate_rate) items.push(item)
          bytes += sizeOf(item) + run.outputBytes
          if ("event" in item && item.event["output"] !== null) outputs++
        }
        place++
        looked++
      }
      if (outputs > 0) await sleep(context.clock, outputs * listing.ms_per_output, gone.signal)
      return looked === 0 || gone.signal.aborted ? null : items
    },
    close: () => gone.abort(),
  }
}

const EMPTY: Source = { next: async () => null, close: () => undefined }

export const listRuns: Handler = (context, call) => {
  const list = parse(context, call)
  return streamResponse(context, call, list === null ? EMPTY : createSource(context, list))
}
