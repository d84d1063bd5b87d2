/**
 * Passes an object's output stream on to a viewer, and survives the object: only whole events are passed on, and when
 * the object restarts, is lost or falls silent, the stream is opened again behind the last id that was passed on.
 */

export interface EventProxyOptions {
  /** Opens the object's stream behind an id. */
  readonly open: (lastEventId: string | null, signal: AbortSignal) => Promise<Response>
  readonly lastEventId: string | null
  /** Without a byte for this long, the object is taken for lost. */
  readonly silenceMs: number
  readonly setTimer: (ms: number, fn: () => void) => () => void
}

/** Waits between attempts to reach an object that cannot be reached: at once first, then growing. */
const RETRY_MS = [0, 250, 1_000, 2_000, 5_000]

/** A stream is taken for lost when this many looks in a row find that nothing has come. */
const LOOKS = 3

const NEWLINE = 10
const COLON = 58
const ID = [105, 100, 58, 32] // "id: "

/** Where the last whole event ends, behind a blank line, or the comment lines that follow it. 0 when there is none. */
const endOfEvents = (bytes: Uint8Array): number => {
  let end = 0
  for (let at = bytes.lastIndexOf(NEWLINE); at > 0 && end === 0; at = bytes.lastIndexOf(NEWLINE, at - 1)) {
    if (bytes[at - 1] === NEWLINE) end = at + 1
  }
  for (let line = end; bytes[end] === COLON && line >= 0;) {
    line = bytes.indexOf(NEWLINE, end)
    if (line >= 0) end = line + 1
  }
  return end
}

/** Cuts a stream of bytes after the last whole event it holds. What comes as whole events, as most does, is not copied. */
const makeCutter = () => {
  let pending = new Uint8Array(0)
  return (chunk: Uint8Array): Uint8Array | null => {
    let bytes = chunk
    if (pending.length > 0) {
      bytes = new Uint8Array(pending.length + chunk.length)
      bytes.set(pending)
      bytes.set(chunk, pending.length)
    }
    const end = endOfEvents(bytes)
    pending = end === bytes.length ? new Uint8Array(0) : bytes.slice(end)
    return end === 0 ? null : end === bytes.length ? bytes : bytes.slice(0, end)
  }
}

/** The last id in whole events: the lines are our own, so that they have just one form, `id: ` and digits. */
const lastIdIn = (bytes: Uint8Array): string | null => {
  for (let end = bytes.length; end > 0;) {
    end = bytes.lastIndexOf(NEWLINE, end - 1)
    const line = end < 0 ? 0 : end + 1
    if (ID.every((byte, at) => bytes[line + at] === byte)) {
      let id = ""
      for (let at = line + ID.length; at < bytes.length && bytes[at] !== NEWLINE; at++) {
        id += String.fromCharCode(bytes[at]!)
      }
      return id
    }
    if (end < 0) return null
  }
  return null
}

/** What is read at once: without a buffer of ours the platform hands out 4 KB at a time, an event or two. */
const READ_BYTES = 32 * 1024

/** Reads of a body, each as much as there is; null at its end. */
interface Source {
  readonly read: () => Promise<Uint8Array | null>
  readonly cancel: () => Promise<void>
}

const sourceOf = (body: ReadableStream<Uint8Array>): Source => {
  const large = largeReader(body)
  if (large !== null) {
    const buffer = () => new Uint8Array(READ_BYTES)
    return {
      read: async () => {
        const { done, value } = await large.read(buffer())
        return done ? null : value
      },
      cancel: () => large.cancel(),
    }
  }
  const reader = body.getReader()
  return {
    read: async () => {
      const { done, value } = await reader.read()
      return done ? null : value
    },
    cancel: () => reader.cancel(),
  }
}

/** Null for a stream that does not take buffers: those of the platform do. */
const largeReader = (body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null => {
  try {
    return body.getReader({ mode: "byob" })
  } catch {
    return null
  }
}

export const proxyEvents = (first: Response, options: EventProxyOptions): ReadableStream<Uint8Array> => {
  let lastEventId = options.lastEventId
  let source: Source | null = first.body === null ? null : sourceOf(first.body)
  let cut = makeCutter()
  let failures = 0
  let cancelled = false
  let abort = new AbortController()

  const wait = (ms: number) => new Promise<void>((resolve) => void options.setTimer(ms, resolve))

  const drop = () => {
    abort.abort()
    void source?.cancel().catch(() => {})
    source = null
  }

  /** Looks now and then whether anything has come while something was waited for: a timer for each read costs more. */
  let reading = false
  let quiet = 0
  let stopLooking = () => {}
  const look = () => {
    stopLooking = options.setTimer(options.silenceMs / LOOKS, () => {
      quiet = reading ? quiet + 1 : 0
      if (quiet >= LOOKS) {
        quiet = 0
        drop()
      }
      look()
    })
  }

  const read = async (from: Source) => {
    reading = true
    try {
      return await from.read()
    } finally {
      reading = false
      quiet = 0
    }
  }

  /** Opens the stream again. False when there is nothing more to come. */
  const reopen = async (): Promise<boolean> => {
    await wait(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]!)
    abort = new AbortController()
    cut = makeCutter()
    try {
      const response = await options.open(lastEventId, abort.signal)
      if (cancelled) {
        // The viewer left meanwhile: nobody will read this one.
        void response.body?.cancel().catch(() => {})
        return false
      }
      if (response.status === 404 || response.status === 204) return false
      if (response.ok && response.body !== null) source = sourceOf(response.body)
    } catch {
      // Next attempt.
    }
    return true
  }

  look()
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      while (!cancelled) {
        if (source === null) {
          if (await reopen()) continue
          stopLooking()
          if (!cancelled) controller.close()
          return
        }
        try {
          const chunk = await read(source)
          if (chunk === null) {
            drop()
            continue
          }
          const events = cut(chunk)
          if (events === null) continue
          const id = lastIdIn(events)
          if (id !== null) {
            // Only news counts as success: an object that sends its greeting and dies must not be asked in a loop.
            failures = 0
            lastEventId = id
          }
          return controller.enqueue(events)
        } catch {
          drop()
        }
      }
    },
    cancel: () => {
      cancelled = true
      stopLooking()
      drop()
    },
  })
}
