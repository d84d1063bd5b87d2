import { bodyOf, type Exchange, kindOf, type Recording } from "../simulator/index.ts"
import { makeSseParser } from "../src/layers/parallel/sseParser.ts"
import { type Json, objectOf, parseJson, textOf } from "./reading.ts"

/** An event of a stream, with the moment it came. */
export interface StreamEvent {
  readonly at: number
  readonly type: string
  readonly id: string | null
  /** What it tells, its id aside: the same entry of the group's log looks the same on every connection. */
  readonly key: string
  readonly json: Json
}

/** One stream of events or one listing. */
export interface Stream {
  readonly exchange: Exchange
  readonly events: ReadonlyArray<StreamEvent>
  /** When a comment or a blank line came. */
  readonly keepAlives: ReadonlyArray<{ readonly at: number; readonly kind: "comment" | "blank line" }>
  readonly cursor: string | null
}

/** A run as some answer showed it. */
export interface Sighting {
  readonly runId: string
  readonly status: string
  readonly asked: number
  readonly at: number
  readonly from: string
  readonly run: Json
}

/** The group's counts as some answer showed them. */
export interface Count {
  readonly x: number
  readonly asked: number
  readonly at: number
  readonly total: number
  readonly counts: Readonly<Record<string, number>>
  readonly isActive: unknown
  readonly from: string
}

/** A recording, read once for all questions. */
export interface Facts {
  readonly exchanges: ReadonlyArray<Exchange>
  readonly groupId: string
  /** When the answer that added the runs was there. */
  readonly addedAt: number
  readonly added: Json
  /** Whether a request was sent after that answer. */
  isAfter(asked: { readonly x: number; readonly openedAt: number }): boolean
  readonly runIds: ReadonlyArray<string>
  readonly streams: ReadonlyArray<Stream>
  /** The group's log: every entry once, as the streams that were open from the beginning told it. */
  readonly log: ReadonlyArray<StreamEvent>
  readonly listings: ReadonlyArray<Stream>
  readonly counts: ReadonlyArray<Count>
  /** What listings and single looks showed, in order of asking. */
  readonly sightings: ReadonlyArray<Sighting>
  /** Everything before this moment happened while some run was active. */
  readonly activeUntil: number
  /** From this moment on every run was known to have ended; infinite when that never was. */
  readonly endedAt: number
  named(name: string): ReadonlyArray<Exchange>
}

export const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"])
const ACTIVE: ReadonlySet<string> = new Set(["queued", "running", "cancelling"])
export const isActiveStatus = (status: string): boolean => ACTIVE.has(status)
export const isTerminal = (status: string): boolean => TERMINAL.has(status)

export const jsonOf = (exchange: Exchange): Json => objectOf(parseJson(bodyOf(exchange)))

const countsOf = (status: Json): Record<string, number> =>
  Object.fromEntries(
    Object.entries(objectOf(status["task_run_status_counts"])).flatMap(([name, count]) =>
      typeof count === "number" ? [[name, count] as const] : [],
    ),
  )

export const activeCount = (counts: Readonly<Record<string, number>>): number =>
  Object.entries(counts).reduce((sum, [status, count]) => sum + (isActiveStatus(status) ? count : 0), 0)
export const endedCount = (counts: Readonly<Record<string, number>>): number =>
  Object.entries(counts).reduce((sum, [status, count]) => sum + (isTerminal(status) ? count : 0), 0)

const keyOf = (json: Json): string => {
  const run = objectOf(json["run"])
  const status = objectOf(json["status"])
  return JSON.stringify(
    json["type"] === "task_run.state"
      ? [run["run_id"], run["status"]]
      : json["type"] === "task_group_status"
        ? ["status", countsOf(status), status["is_active"], status["modified_at"] ?? null]
        : [json["type"]],
  )
}

const streamOf = (exchange: Exchange): Stream => {
  const parser = makeSseParser()
  const events: StreamEvent[] = []
  const keepAlives: Array<Stream["keepAlives"][number]> = []
  for (const { at, text } of exchange.pieces) {
    const parsed = parser.push(text)
    for (const { name, data, id } of parsed) {
      const json = objectOf(parseJson(data))
      const type = textOf(json["type"]) ?? name
      events.push({ at, type, id: textOf(json["event_id"]) ?? id, key: keyOf(json), json })
    }
    const rest = text.replace(/\s/g, "")
    if (parsed.length === 0 && text !== "") {
      if (rest === "") keepAlives.push({ at, kind: "blank line" })
      else if (text.split(/\r\n|\r|\n/).every((line) => line === "" || line.startsWith(":")))
        keepAlives.push({ at, kind: "comment" })
    }
  }
  return { exchange, events, keepAlives, cursor: exchange.query["last_event_id"] ?? null }
}

const countIn = (exchange: Exchange): Count[] => {
  const status = objectOf(jsonOf(exchange)["status"])
  const { x, openedAt: asked, endedAt: at, by: from } = exchange
  const total = status["num_task_runs"]
  if (typeof total !== "number" || at === null) return []
  return [{ x, asked, at, total, counts: countsOf(status), isActive: status["is_active"], from }]
}

const sightingOf = (run: Json, asked: number, at: number, from: string): Sighting[] => {
  const [runId, status] = [textOf(run["run_id"]), textOf(run["status"])]
  return runId === null || status === null ? [] : [{ runId, status, asked, at, from, run }]
}

/** Null when no runs were added in the recording: then there is nothing to learn from it. */
export const factsOf = (recording: Recording): Facts | null => {
  const { exchanges } = recording
  const of = (...kinds: ReadonlyArray<string>) =>
    exchanges.filter(({ method, path }) => kinds.includes(kindOf(method, path).kind))
  const addition = of("add").find(({ status }) => status === 200)
  if (addition === undefined || addition.endedAt === null) return null
  const added = jsonOf(addition)
  const runIds = (Array.isArray(added["run_ids"]) ? added["run_ids"] : []).filter(
    (id): id is string => typeof id === "string",
  )
  const groupId = kindOf(addition.method, addition.path).id
  const ours = (exchange: Exchange) => kindOf(exchange.method, exchange.path).id === groupId
  const streams = of("events").filter(ours).map(streamOf)
  const listings = of("list").filter(ours).map(streamOf)
  const counts = of("group")
    .filter((exchange) => ours(exchange) && exchange.status === 200)
    .flatMap(countIn)
  const sightings = [
    ...listings.flatMap(({ exchange, events }) =>
      events.flatMap(({ json, at }) => sightingOf(objectOf(json["run"]), exchange.openedAt, at, exchange.by)),
    ),
    ...of("run", "group-run").flatMap((exchange) =>
      sightingOf(jsonOf(exchange), exchange.openedAt, exchange.endedAt ?? exchange.openedAt, exchange.by),
    ),
    ...of("result").flatMap((exchange) =>
      sightingOf(
        objectOf(jsonOf(exchange)["run"]),
        exchange.openedAt,
        exchange.endedAt ?? exchange.openedAt,
        exchange.by,
      ),
    ),
  ]
    .filter(({ runId }) => runIds.includes(runId))
    .toSorted((a, b) => a.asked - b.asked)
  return {
    exchanges,
    groupId,
    addedAt: addition.endedAt,
    added,
    isAfter: ({ x, openedAt }) => x > addition.x && openedAt >= (addition.endedAt ?? 0),
    runIds,
    streams,
    log: logOf(streams.filter(({ exchange }) => exchange.x > addition.x)),
    listings,
    counts,
    sightings,
    activeUntil: activeUntil(sightings, counts, addition.endedAt),
    endedAt: endedAt(sightings, counts, streams, runIds),
    named: (name) => exchanges.filter(({ by }) => by === name),
  }
}

/** Streams in the middle of things begin with old entries again: only those that go on count. */
const logOf = (streams: ReadonlyArray<Stream>): ReadonlyArray<StreamEvent> => {
  const entries = new Map<string, StreamEvent>()
  const events = streams
    .filter(({ exchange }) => exchange.by === "events:main" || exchange.by === "product")
    .flatMap((stream) => stream.events.filter(isKnown))
    .toSorted((x, y) => x.at - y.at)
  for (const event of events) if (!entries.has(event.key)) entries.set(event.key, event)
  return [...entries.values()]
}

export const isStatus = ({ type }: StreamEvent): boolean => type === "task_group_status"
export const isRun = ({ type }: StreamEvent): boolean => type === "task_run.state"
/** Of a kind that a log holds, unlike errors and what is new. */
export const isKnown = (event: StreamEvent): boolean => isStatus(event) || isRun(event)

/** The runs themselves say it best; counts may be late. */
const activeUntil = (
  sightings: ReadonlyArray<Sighting>,
  counts: ReadonlyArray<Count>,
  addedAt: number,
): number => {
  const seen = sightings.filter(({ status }) => isActiveStatus(status)).map(({ asked }) => asked)
  if (seen.length > 0) return Math.max(addedAt, ...seen)
  const counted = counts.filter((count) => activeCount(count.counts) > 0).map(({ asked }) => asked)
  return Math.max(addedAt, ...counted)
}

const endedAt = (
  sightings: ReadonlyArray<Sighting>,
  counts: ReadonlyArray<Count>,
  streams: ReadonlyArray<Stream>,
  runIds: ReadonlyArray<string>,
): number => {
  const first = new Map<string, number>()
  const note = (run: string, at: number) => first.set(run, Math.min(at, first.get(run) ?? at))
  for (const { runId, status, at } of sightings) if (isTerminal(status)) note(runId, at)
  for (const { events } of streams) {
    for (const { json, at } of events) {
      const run = objectOf(json["run"])
      const id = textOf(run["run_id"])
      if (id !== null && isTerminal(textOf(run["status"]) ?? "")) note(id, at)
    }
  }
  const bySight = runIds.every((run) => first.has(run))
    ? Math.max(...first.values())
    : Number.POSITIVE_INFINITY
  const byCount = counts.filter((count) => endedCount(count.counts) >= runIds.length).map(({ at }) => at)
  return Math.min(bySight, ...byCount)
}

export const seconds = (ms: number): string =>
  ms < 950 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`

/** Runs of a listing in its order, each once. */
export const listedRuns = (listing: Stream): string[] => [
  ...new Set(listing.events.flatMap(({ json }) => textOf(objectOf(json["run"])["run_id"]) ?? [])),
]

/** A listing of everything: no cursor, no filter, answered in full. */
export const isWhole = ({ exchange, cursor }: Stream): boolean =>
  exchange.status === 200 &&
  exchange.end === "clean" &&
  cursor === null &&
  exchange.query["status"] === undefined
