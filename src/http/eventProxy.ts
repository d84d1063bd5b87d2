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

const ID_LINE = /^id: ?(.*)$/m

/** Cuts a stream of bytes after the last whole event (a blank line) it holds. */
const makeCutter = () => {
  let pending = new Uint8Array(0)
  return (chunk: Uint8Array): Uint8Array | null => {
    const joined = new Uint8Array(pending.length + chunk.length)
    joined.set(pending)
    joined.set(chunk, pending.length)
    for (let at = joined.length - 1; at > 0; at--) {
      if (joined[at] === 10 && joined[at - 1] === 10) {
        pending = joined.slice(at + 1)
        return joined.slice(0, at + 1)
      }
    }
    pending = joined
    return null
  }
}

/** The last id in whole events: the ids are our own, so that the lines have just one form. */
const lastIdIn = (bytes: Uint8Array): string | null => {
  const text = new TextDecoder().decode(bytes)
  const at = text.lastIndexOf("\nid: ")
  const from = at >= 0 ? at + 1 : text.startsWith("id: ") ? 0 : -1
  return from < 0 ? null : (ID_LINE.exec(text.slice(from, from + 40))?.[1] ?? null)
}

export const proxyEvents = (first: Response, options: EventProxyOptions): ReadableStream<Uint8Array> => {
  let lastEventId = options.lastEventId
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = first.body?.getReader() ?? null
  let cut = makeCutter()
  let failures = 0
  let cancelled = false
  let abort = new AbortController()

  const wait = (ms: number) => new Promise<void>((resolve) => void options.setTimer(ms, resolve))

  const drop = () => {
    abort.abort()
    void reader?.cancel().catch(() => {})
    reader = null
  }

  /** A read that gives up when nothing comes for too long. */
  const read = async (from: ReadableStreamDefaultReader<Uint8Array>) => {
    let cancelTimer = () => {}
    const silence = new Promise<never>((_, reject) => {
      cancelTimer = options.setTimer(options.silenceMs, () => reject(new Error("silent")))
    })
    try {
      return await Promise.race([from.read(), silence])
    } finally {
      cancelTimer()
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
      if (response.ok && response.body !== null) reader = response.body.getReader()
    } catch {
      // Next attempt.
    }
    return true
  }

  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      while (!cancelled) {
        if (reader === null) {
          if (await reopen()) continue
          if (!cancelled) controller.close()
          return
        }
        try {
          const { done, value } = await read(reader)
          if (done) {
            drop()
            continue
          }
          const events = cut(value)
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
      drop()
    },
  })
}
