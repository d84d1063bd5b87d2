import { ReadableStream as WebStream } from "node:stream/web"
import type { Clock, ExchangeEnd, RecordingLine } from "../simulator/index.ts"
import type { Redactor } from "./redact.ts"

interface RecorderOptions {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** When it aborts, so does every request, and none is sent any more. */
  readonly signal: AbortSignal
  readonly redactor: Redactor
  readonly write: (line: RecordingLine) => void
  /** Beyond these, requests are refused, and bodies are not recorded any more. */
  readonly maxRequests?: number
  readonly maxChars?: number
}

export const createRecorder = (options: RecorderOptions) => {
  const { clock, signal, redactor, maxRequests = 600, maxChars = 8_000_000 } = options
  const started = clock.now()
  const lines: RecordingLine[] = []
  const open = new Set<() => void>()
  let [requests, chars, closed] = [0, 0, false]

  const since = () => Math.round(clock.now() - started)
  const write = (line: RecordingLine) => {
    if ("text" in line) chars += line.text.length
    if (closed || ("text" in line && chars > maxChars)) return
    lines.push(line)
    options.write(line)
  }
  write({ recording: "parallel-task-group", version: 1, started: new Date(started).toISOString() })

  const send = async (by: string, input: URL | RequestInfo, init: RequestInit = {}): Promise<Response> => {
    signal.throwIfAborted()
    if (requests >= maxRequests) throw new TypeError("no more requests are sent in this smoke run")
    const x = requests++
    const given = { ...init, signal: AbortSignal.any([signal, init.signal ?? signal]) }
    const request = new Request(input, given)
    const { method } = request
    const { pathname, searchParams } = new URL(request.url)
    const sent = {
      path: redactor.path(pathname),
      query: redactor.pick(searchParams, "+query"),
      headers: redactor.pick(request.headers, "+request"),
      body: method === "GET" ? null : redactor.body(await request.text()),
    }
    write({ t: since(), x, by, method, ...sent })
    let sink: Sink | null = null
    const end = (how: ExchangeEnd) => {
      if (!open.has(leave)) return
      sink?.end()
      open.delete(leave)
      write({ t: since(), x, end: how })
    }
    const leave = () => end("left")
    open.add(leave)
    given.signal.addEventListener("abort", leave)
    const response = await options.fetch(input, given).catch((error: unknown) => {
      end("broken")
      throw error
    })
    const { status, headers } = response
    write({ t: since(), x, status, headers: redactor.pick(headers, "+response") })
    const isStream = headers.get("content-type")?.includes("text/event-stream") ?? false
    sink = createSink(isStream, redactor, (text) => open.has(leave) && write({ t: since(), x, text }))
    if (response.body !== null) {
      const body = WebStream.from(passOn(response.body, sink, end)) as ReadableStream
      return new Response(body, { status, headers })
    }
    end("clean")
    return response
  }

  return {
    /** A `fetch` whose requests and answers are recorded under a name. */
    fetch: (by: string): typeof globalThis.fetch => send.bind(null, by),
    lines,
    note: (text: string): void => write({ t: since(), note: text }),
    /** Nothing is recorded any more; whatever is still open was left. */
    close: (): void => {
      for (const leave of open) leave()
      if (chars > maxChars) write({ t: since(), note: "The recording is full: bodies are not whole." })
      closed = true
    },
    requests: (): number => requests,
  }
}

/** Hands the body on as it comes, at the reader's pace, and writes it down on the way. */
async function* passOn(body: ReadableStream<Uint8Array>, sink: Sink, end: (how: ExchangeEnd) => void) {
  const decoder = new TextDecoder()
  let how: ExchangeEnd = "left"
  try {
    for await (const chunk of body) {
      sink.take(decoder.decode(chunk, { stream: true }))
      yield chunk
    }
    how = "clean"
  } catch (error) {
    how = "broken"
    throw error
  } finally {
    end(how)
  }
}

/** Up to where a text consists of comments and complete events. Half a line end may be at the end of it. */
const WHOLE = /^(?:(?::[^\r\n]*)?\r?\n)+|(?:\r?\n){2,}|\r{2,}/g

type Sink = ReturnType<typeof createSink>

/** Only a whole body, and only whole events, can be redacted: what is incomplete waits. */
const createSink = (isStream: boolean, redactor: Redactor, write: (text: string) => void) => {
  let waiting = ""
  return {
    take: (text: string): void => {
      waiting += text
      const last = isStream ? [...waiting.matchAll(WHOLE)].at(-1) : undefined
      const end = last === undefined ? 0 : last.index + last[0].length
      if (end > 0) write(redactor.events(waiting.slice(0, end)))
      waiting = waiting.slice(end)
    },
    /** The rest of an event that was cut off is no JSON: only its punctuation stays. */
    end: (): void => {
      if (waiting !== "") write(isStream ? redactor.events(waiting) : redactor.body(waiting))
    },
  }
}
