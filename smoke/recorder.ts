import {
  type ExchangeEnd,
  type ExchangeKind,
  type IdFacts,
  kindOf,
  type RecordingLine,
} from "../simulator/index.ts"
import { makeSseParser } from "../src/layers/parallel/sseParser.ts"
import type { Redactor } from "./redact.ts"

export interface RecorderOptions {
  readonly now: () => number
  readonly fetch: typeof globalThis.fetch
  readonly redactor: Redactor
  readonly write: (line: RecordingLine) => void
  /** Beyond these, requests are refused, and bodies are not recorded any more. */
  readonly maxRequests: number
  readonly maxChars: number
  /** Called before the first request that adds runs is sent: the moment to look at an empty group. */
  readonly beforeAdd: (groupId: string) => Promise<void>
  /** Called with every complete answer that is no stream. */
  readonly onAnswer: (kind: ExchangeKind, status: number, body: string) => void
}

export interface Recorder {
  /** A `fetch` whose requests and answers are recorded under a name. */
  fetch(by: string): typeof globalThis.fetch
  note(text: string): void
  /** Nothing is recorded any more; whatever is still open was left. */
  close(): void
  readonly requests: () => number
}

/** What of an answer's head is worth knowing; of others, cookies for one, not even the value is looked at. */
const HEADERS =
  /^(?:content-type|content-encoding|cache-control|retry-after|retry-after-ms|x-should-retry|(?:x-)?ratelimit-.+)$/
const HEADER_VALUE = /^[\w\s;=/+.,:-]{0,120}$/
const SENT_HEADERS = new Set(["accept", "accept-encoding", "parallel-beta"])
/** A chunk of which nothing is complete yet is noted at most this often. */
const HELD_EVERY_MS = 200

export class LimitReached extends TypeError {
  constructor() {
    super("the limit of requests of this smoke run is reached")
  }
}

export const createRecorder = (options: RecorderOptions): Recorder => {
  const { redactor } = options
  const started = options.now()
  let requests = 0
  let chars = 0
  let full = false
  let lookedBefore = false
  let closed = false
  const unfinished = new Set<() => void>()

  const since = () => Math.round(options.now() - started)
  const write = (line: RecordingLine) => {
    if (closed || (full && "text" in line)) return
    chars += JSON.stringify(line).length
    options.write(line)
    if (full || chars <= options.maxChars) return
    full = true
    options.write({ t: since(), note: "the recording is full: bodies are left out from here on" })
  }
  write({ recording: "parallel-task-group", version: 1, started: new Date(started).toISOString() })

  const recordRequest = (x: number, by: string, url: URL, request: Request, body: string | null) => {
    const headers: Record<string, string> = {}
    for (const [name, value] of request.headers) {
      if (SENT_HEADERS.has(name)) headers[name] = value
      if (name === "last-event-id") headers[name] = redactor.id(value)
    }
    const query = [...url.searchParams].map(([name, value]) => [
      name,
      name === "last_event_id" ? redactor.id(value) : value,
    ])
    write({
      t: since(),
      x,
      by,
      method: request.method,
      path: redactor.path(url.pathname),
      query: Object.fromEntries(query) as Record<string, string>,
      headers,
      body: body === null ? null : redactor.body(body),
    })
  }

  const send = async (by: string, input: URL | RequestInfo, init: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const { kind, id } = kindOf(request.method, url.pathname)
    if (kind === "add" && !lookedBefore) {
      lookedBefore = true
      await options.beforeAdd(id)
    }
    if (requests >= options.maxRequests) throw new LimitReached()
    const x = requests++
    const body = request.method === "GET" ? null : await request.text()
    recordRequest(x, by, url, request, body)
    const end = (how: ExchangeEnd, ids?: IdFacts) => {
      if (unfinished.delete(leave)) write({ t: since(), x, end: how, ...(ids === undefined ? {} : { ids }) })
    }
    const leave = () => end("left")
    unfinished.add(leave)
    let response: Response
    try {
      response = await options.fetch(input, init)
    } catch (error) {
      end(request.signal.aborted ? "left" : "broken")
      throw error
    }
    const headers = [...response.headers].filter(
      ([name, value]) => HEADERS.test(name) && HEADER_VALUE.test(value),
    )
    write({ t: since(), x, status: response.status, headers: Object.fromEntries(headers) })
    if (response.body === null) {
      end("clean")
      return response
    }
    const isStream = response.headers.get("content-type")?.includes("text/event-stream") ?? false
    const sink = isStream
      ? streamSink(redactor, since, (text, held) =>
          write({ t: since(), x, text, ...(held > 0 ? { held } : {}) }),
        )
      : bodySink(
          redactor,
          (text) => write({ t: since(), x, text }),
          (text) => options.onAnswer(kind, response.status, text),
        )
    return new Response(passOn(response.body, sink, request.signal, end), {
      status: response.status,
      headers: response.headers,
    })
  }

  return {
    fetch:
      (by) =>
      (input, init = {}) =>
        send(by, input, init),
    note: (text) => write({ t: since(), note: text }),
    close: () => {
      for (const leave of unfinished) leave()
      closed = true
    },
    requests: () => requests,
  }
}

/** Takes a body in; `end` says what the ids in it were like. */
interface Sink {
  take(text: string): void
  end(complete: boolean): IdFacts | undefined
}

/** Hands the body on as it comes, at the reader's pace, and writes it down on the way. */
const passOn = (
  body: ReadableStream<Uint8Array>,
  sink: Sink,
  signal: AbortSignal,
  end: (how: ExchangeEnd, ids?: IdFacts) => void,
): ReadableStream<Uint8Array> => {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let over = false
  const finish = (how: ExchangeEnd) => {
    if (over) return
    over = true
    signal.removeEventListener("abort", left)
    end(how, sink.end(how === "clean"))
  }
  const left = () => finish("left")
  signal.addEventListener("abort", left)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) {
            finish("clean")
            return controller.close()
          }
          if (!over) sink.take(decoder.decode(value, { stream: true }))
          controller.enqueue(value)
        } catch (error) {
          finish(signal.aborted ? "left" : "broken")
          controller.error(error)
        }
      },
      cancel(reason) {
        finish("left")
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

const bodySink = (
  redactor: Redactor,
  write: (text: string) => void,
  onAnswer: (text: string) => void,
): Sink => {
  let text = ""
  return {
    take: (piece) => {
      text += piece
    },
    end: (complete) => {
      if (text !== "") write(redactor.body(text))
      if (complete) onAnswer(text)
      return undefined
    },
  }
}

/** Only whole events can be redacted: what is incomplete waits, and how much of it there is, is written down. */
const streamSink = (
  redactor: Redactor,
  since: () => number,
  write: (text: string, held: number) => void,
): Sink => {
  let waiting = ""
  let notedAt = 0
  const ids = createIdFacts()
  return {
    take: (piece) => {
      ids.take(piece)
      waiting += piece
      const complete = lengthOfWholeBlocks(waiting)
      if (complete === 0 && since() - notedAt < HELD_EVERY_MS) return
      notedAt = since()
      const text = redactBlocks(redactor, waiting.slice(0, complete))
      waiting = waiting.slice(complete)
      write(text, waiting.length)
    },
    end: () => {
      // The rest of an event that was cut off: JSON it is not, so only its punctuation stays.
      if (waiting !== "") write(redactBlocks(redactor, waiting), 0)
      return ids.facts()
    },
  }
}

const LINE = /([^\r\n]*)(\r\n|\r|\n)/g

/** Up to where the text consists of complete events. */
const lengthOfWholeBlocks = (text: string): number => {
  let end = 0
  for (const match of text.matchAll(LINE)) if (match[1] === "") end = match.index + match[0].length
  return end
}

const redactBlocks = (redactor: Redactor, text: string): string => {
  let out = ""
  let block: Array<{ line: string; end: string }> = []
  for (const match of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    const [whole, line = "", end = ""] = match
    if (whole === "") break
    block.push({ line, end })
    if (line !== "") continue
    out += redactBlock(redactor, block)
    block = []
  }
  return out + redactBlock(redactor, block)
}

const FIELD = /^(data|event|id|retry)(: ?)(.*)$/s
const KNOWN_COMMENT = /^:\s?(?:keep-?alive|ping|heartbeat|connected|a comment)?\s*$/i

const redactBlock = (
  redactor: Redactor,
  block: ReadonlyArray<{ readonly line: string; readonly end: string }>,
): string => {
  const data = block.flatMap(({ line }) => {
    const match = FIELD.exec(line)
    return match?.[1] === "data" ? [match[3] ?? ""] : []
  })
  const lines = data.length === 0 ? [] : redactor.body(data.join("\n")).split("\n")
  let at = 0
  return block
    .map(({ line, end }) => {
      const match = FIELD.exec(line)
      if (match === null) return (KNOWN_COMMENT.test(line) || line === "" ? line : hide(line)) + end
      const [, name = "", separator = "", value = ""] = match
      const inside =
        name === "data"
          ? (lines[at++] ?? "")
          : name === "id"
            ? redactor.id(value)
            : name === "event" && /^[a-z0-9_.]{1,64}$/.test(value)
              ? value
              : name === "retry" && /^\d{1,9}$/.test(value)
                ? value
                : hide(value)
      return name + separator + inside + end
    })
    .join("")
}

const hide = (text: string): string => text.replace(/[\p{L}\p{N}\p{M}]|[^\p{ASCII}]/gu, "x")

const KNOWN_TYPES = new Set(["task_run.state", "task_group_status"])

/** What the event ids of one stream are like; of kinds that are known, since others may repeat an id. */
const createIdFacts = () => {
  const parser = makeSseParser()
  const seen = new Set<string>()
  let count = 0
  let numeric = true
  let increasing = true
  let before: string | null = null
  return {
    take: (text: string) => {
      for (const { data } of parser.push(text)) {
        const id = eventIdOf(data)
        if (id === null) continue
        count++
        seen.add(id)
        numeric &&= /^\d+$/.test(id)
        increasing &&= before === null || isGreater(id, before)
        before = id
      }
    },
    facts: (): IdFacts => ({ count, distinct: seen.size, numeric: numeric && count > 0, increasing }),
  }
}

const eventIdOf = (data: string): string | null => {
  try {
    const json = JSON.parse(data) as { type?: unknown; event_id?: unknown }
    const known = typeof json.type === "string" && KNOWN_TYPES.has(json.type)
    return known && typeof json.event_id === "string" ? json.event_id : null
  } catch {
    return null
  }
}

const isGreater = (a: string, b: string): boolean =>
  /^\d+$/.test(a) && /^\d+$/.test(b) ? BigInt(a) > BigInt(b) : a > b
