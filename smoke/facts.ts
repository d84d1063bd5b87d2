import { bodyOf, type Exchange, kindOf, type Recording } from "../simulator/index.ts"
import { makeSseParser, type SseEvent } from "../src/layers/parallel/sseParser.ts"
import { readRun } from "../src/domain/Wire.ts"
import { isMissing, jsonOf, type Json, listOf, objectOf, parseJson, textOf } from "./json.ts"

/** A run as some answer showed it, and when that was. */
type Seen = NonNullable<ReturnType<typeof seenIn>>
/** An event; `run` of a `task_run.state`, `count` of a `task_group_status`. */
export type Told = ReturnType<typeof toldIn>
/** A request that was answered, with all that came back; `id` is the last one in its path. */
export type Answer = ReturnType<typeof answerOf>[number]
/** A recording, read once for all questions. */
export type Facts = NonNullable<ReturnType<typeof factsOf>>

const ACTIVE: ReadonlySet<string> = new Set(["queued", "running", "cancelling"])
const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"])
export const isActive = ({ status }: Seen): boolean => ACTIVE.has(status)
export const isTerminal = ({ status }: Seen): boolean => TERMINAL.has(status)
export const isRun = ({ type }: Told): boolean => type === "task_run.state"
/** Of a kind that a log holds, unlike errors and what is new. */
export const isKnown = (event: Told): boolean => isRun(event) || event.type === "task_group_status"
/** What events say of runs' inputs, where they say something. */
export const inputsIn = (events: ReadonlyArray<Told>): ReadonlyArray<Json> =>
  events.flatMap(({ json: { input } }) => (isMissing(input) ? [] : [objectOf(input)]))
/** Runs of an answer in its order, each once. */
export const runsIn = ({ events }: Pick<Answer, "events">): ReadonlyArray<string> => [
  ...new Set(events.flatMap(({ run }) => run?.runId ?? [])),
]

const seenIn = (value: unknown, input: unknown, asked: number, at: number) => {
  const run = readRun(jsonOf(value), jsonOf(input))
  return run === null ? null : { ...run, asked, at }
}

const sumOf = (counts: Readonly<Record<string, number>>, statuses: ReadonlySet<string>): number =>
  Object.entries(counts).reduce((sum, [status, count]) => sum + (statuses.has(status) ? count : 0), 0)

const countIn = (value: unknown, asked: number, at: number) => {
  const { num_task_runs: total, task_run_status_counts: given, is_active: isActive } = objectOf(value)
  if (typeof total !== "number") return null
  const counts = objectOf(given) as Readonly<Record<string, number>>
  return { asked, at, total, counts, active: sumOf(counts, ACTIVE), ended: sumOf(counts, TERMINAL), isActive }
}

const toldIn = (event: SseEvent, asked: number, at: number) => {
  const json = objectOf(parseJson(event.data))
  const type = textOf(json["type"]) ?? event.name
  const run = type === "task_run.state" ? seenIn(json["run"], json["input"], asked, at) : null
  const count = type === "task_group_status" ? countIn(json["status"], at, at) : null
  const modified = objectOf(json["status"])["modified_at"]
  // What it tells, its id aside: the same entry of the group's log looks the same on every connection.
  const key = JSON.stringify([type, run?.runId, run?.status, count?.counts, count?.isActive, modified])
  return { at, type, id: textOf(json["event_id"]) ?? event.id, key, json, run, count }
}

const answerOf = (exchange: Exchange) => {
  const { status, answeredAt, openedAt, pieces, query } = exchange
  if (status === null || answeredAt === null) return []
  const { kind, id } = kindOf(exchange.method, exchange.path)
  const parser = makeSseParser()
  const events: Told[] = []
  const keepAlives: Array<{ at: number; kind: string }> = []
  for (const { at, text } of kind === "events" || kind === "list" ? pieces : []) {
    const parsed = parser.push(text)
    events.push(...parsed.map((event) => toldIn(event, kind === "list" ? openedAt : at, at)))
    if (parsed.length === 0 && /^(?:(?::.*)?(?:\r\n|\r|\n))+$/.test(text))
      keepAlives.push({ at, kind: text.includes(":") ? "comment" : "blank line" })
  }
  const json = objectOf(parseJson(bodyOf(exchange)))
  const endedAt = exchange.endedAt ?? pieces.at(-1)?.at ?? answeredAt
  const rest = { json, cursor: query["last_event_id"] ?? null, events, keepAlives }
  return [{ ...exchange, ...rest, kind, id, status, answeredAt, endedAt, end: exchange.end ?? "left" }]
}

/** Null when no runs were added in the recording: then there is nothing to learn from it. */
export const factsOf = (recording: Recording) => {
  const answers = recording.exchanges.flatMap(answerOf)
  const added = answers.find(({ kind, status }) => kind === "add" && status === 200)
  if (added === undefined) return null
  const runIds = listOf(added.json["run_ids"]).flatMap((id) => textOf(id) ?? [])
  const after = answers.filter(({ id, status, x, openedAt }) => {
    return id === added.id && status === 200 && x > added.x && openedAt >= added.endedAt
  })
  const streams = after.filter(({ kind }) => kind === "events")
  const listings = after.filter(({ kind }) => kind === "list")
  const counts = after.flatMap(({ kind, json, openedAt, endedAt }) => {
    return kind === "group" ? (countIn(json["status"], openedAt, endedAt) ?? []) : []
  })
  const single = answers.flatMap(({ kind, json, openedAt, endedAt }) => {
    const run = kind === "result" ? json["run"] : kind === "run" || kind === "group-run" ? json : null
    return seenIn(run, null, openedAt, endedAt) ?? []
  })
  const runsOf = (of: ReadonlyArray<Answer>) =>
    of.flatMap((one) => one.events.flatMap(({ run }) => run ?? []))
  const ours = [...runsOf(listings), ...single].filter(({ runId }) => runIds.includes(runId))
  const seen = ours.toSorted((x, y) => x.asked - y.asked)
  // The runs themselves say it best; counts may be late.
  const active = seen.some(isActive) ? seen.filter(isActive) : counts.filter((look) => look.active > 0)
  const ends = [...seen, ...runsOf(streams)].filter(isTerminal)
  const endOf = (id: string) => Math.min(...ends.filter(({ runId }) => runId === id).map(({ at }) => at))
  const counted = counts.filter(({ ended }) => ended >= runIds.length).map(({ at }) => at)
  const named = (name: string) => answers.filter(({ by }) => by === name)
  const log = streams
    .filter(({ by }) => by === "events:main" || by === "product")
    .flatMap((stream) => stream.events.filter(isKnown))
    .toSorted((x, y) => x.at - y.at)
  return {
    answers,
    /** The answer that added the runs. */
    added,
    runIds,
    /** Answered with success, after the runs were added. */
    streams,
    listings,
    counts,
    /** What listings and single looks showed, in order of asking. */
    seen,
    /** Every entry once, as the streams told it that were open from the beginning. */
    log: [...Map.groupBy(log, ({ key }) => key).values()].map(([first]) => first!),
    /** Everything before this moment happened while some run was active. */
    activeUntil: Math.max(added.endedAt, ...active.map(({ asked }) => asked)),
    /** From this moment on every run was known to have ended; infinite when that never was. */
    endedAt: Math.min(Math.max(...runIds.map(endOf)), ...counted),
    named,
    last: (name: string) => named(name).at(-1),
  }
}
