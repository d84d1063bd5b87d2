/**
 * A recording of one task group as Parallel told it: what `npm run smoke` writes and the simulator replays. One JSON
 * object a line; times are milliseconds since the recording began. Ids, keys and texts in it are stand-ins.
 */
export type RecordingLine =
  | { readonly recording: "parallel-task-group"; readonly version: 1; readonly started: string }
  /** A request: who sent it (`product`, or the name of a probe), and what. */
  | {
      readonly t: number
      readonly x: number
      readonly by: string
      readonly method: string
      readonly path: string
      readonly query: Readonly<Record<string, string>>
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | null
    }
  /** Its answer's head. */
  | {
      readonly t: number
      readonly x: number
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
    }
  /** A piece of its body; of a stream, as soon as events were complete. */
  | { readonly t: number; readonly x: number; readonly text: string }
  | { readonly t: number; readonly x: number; readonly end: ExchangeEnd }
  | { readonly t: number; readonly note: string }

/** `clean`: as HTTP ends a body; `broken`: the connection did; `left`: the reader went away. */
export type ExchangeEnd = "clean" | "broken" | "left"

/** One request with all that came back. */
export interface Exchange {
  readonly x: number
  readonly by: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly openedAt: number
  answeredAt: number | null
  status: number | null
  answerHeaders: Readonly<Record<string, string>>
  readonly pieces: Array<{ readonly at: number; readonly text: string }>
  endedAt: number | null
  end: ExchangeEnd | null
}

export interface Recording {
  readonly started: string
  readonly exchanges: ReadonlyArray<Exchange>
  readonly notes: ReadonlyArray<{ readonly t: number; readonly note: string }>
}

export class UnreadableRecording extends Error {
  override readonly name = "UnreadableRecording"
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parseLine = (text: string, number: number): RecordingLine => {
  try {
    const line: unknown = JSON.parse(text)
    if (isObject(line) && (typeof line["t"] === "number" || "recording" in line)) return line as RecordingLine
  } catch {
    // told below
  }
  throw new UnreadableRecording(`line ${number} is no line of a recording`)
}

/** Reads the text of a recording. A last line that was cut off is left out: whoever wrote it was interrupted. */
export const parseRecording = (text: string): Recording => {
  const rows = text.split("\n")
  const last = rows.pop() ?? ""
  const complete = last.trim() === "" ? rows : [...rows, ...(isComplete(last) ? [last] : [])]
  return readRecording(complete.filter((row) => row.trim() !== "").map((row, at) => parseLine(row, at + 1)))
}

const isComplete = (row: string) => {
  try {
    JSON.parse(row)
    return true
  } catch {
    return false
  }
}

export const readRecording = (lines: ReadonlyArray<RecordingLine>): Recording => {
  const [head, ...rest] = lines
  if (head === undefined || !("recording" in head) || head.recording !== "parallel-task-group")
    throw new UnreadableRecording("this is no recording of a task group")
  if (head.version !== 1)
    throw new UnreadableRecording(`version ${String(head.version)} of recordings is unknown`)
  const exchanges = new Map<number, Exchange>()
  const notes: Array<{ t: number; note: string }> = []
  for (const line of rest) {
    if ("recording" in line) continue
    if ("note" in line) notes.push({ t: line.t, note: line.note })
    else take(exchanges, line)
  }
  return { started: head.started, exchanges: [...exchanges.values()], notes }
}

const take = (
  exchanges: Map<number, Exchange>,
  line: Exclude<RecordingLine, { recording: string } | { note: string }>,
) => {
  if ("method" in line) {
    exchanges.set(line.x, {
      x: line.x,
      by: line.by,
      method: line.method,
      path: line.path,
      query: line.query,
      headers: line.headers,
      body: line.body,
      openedAt: line.t,
      answeredAt: null,
      status: null,
      answerHeaders: {},
      pieces: [],
      endedAt: null,
      end: null,
    })
    return
  }
  const exchange = exchanges.get(line.x)
  if (exchange === undefined) throw new UnreadableRecording(`there is no request ${line.x} before its answer`)
  if ("status" in line) {
    exchange.answeredAt = line.t
    exchange.status = line.status
    exchange.answerHeaders = line.headers
  } else if ("text" in line) {
    exchange.pieces.push({ at: line.t, text: line.text })
  } else {
    exchange.endedAt = line.t
    exchange.end = line.end
  }
}

export const bodyOf = (exchange: Exchange): string => exchange.pieces.map(({ text }) => text).join("")

/** The kind of request, its ids aside. */
export type ExchangeKind =
  | "create"
  | "add"
  | "group"
  | "list"
  | "events"
  | "group-run"
  | "run"
  | "result"
  | "other"

const KINDS: ReadonlyArray<readonly [string, RegExp, ExchangeKind]> = [
  ["POST", /^\/v1(?:beta)?\/tasks\/groups$/, "create"],
  ["POST", /^\/v1(?:beta)?\/tasks\/groups\/([^/]+)\/runs$/, "add"],
  ["GET", /^\/v1(?:beta)?\/tasks\/groups\/([^/]+)$/, "group"],
  ["GET", /^\/v1(?:beta)?\/tasks\/groups\/([^/]+)\/runs$/, "list"],
  ["GET", /^\/v1(?:beta)?\/tasks\/groups\/([^/]+)\/events$/, "events"],
  ["GET", /^\/v1(?:beta)?\/tasks\/groups\/([^/]+)\/runs\/([^/]+)$/, "group-run"],
  ["GET", /^\/v1\/tasks\/runs\/([^/]+)$/, "run"],
  ["GET", /^\/v1\/tasks\/runs\/([^/]+)\/result$/, "result"],
]

/** What a request asks for, and the last id in its path. */
export const kindOf = (
  method: string,
  path: string,
): { readonly kind: ExchangeKind; readonly id: string } => {
  for (const [verb, pattern, kind] of KINDS) {
    const match = verb === method ? pattern.exec(path) : null
    if (match !== null) return { kind, id: match.at(-1) ?? "" }
  }
  return { kind: "other", id: "" }
}
