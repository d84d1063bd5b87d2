interface Listener {
  readonly pulls: Set<() => void>
  readonly tell: () => void
}

/** Node warns of a leak at a signal's eleventh listener. One signal for many calls is none: it is listened to once. */
const LISTENERS = new WeakMap<AbortSignal, Listener>()

/** Returns what ends it. */
const onAbort = (signal: AbortSignal, pull: () => void): (() => void) => {
  let listener = LISTENERS.get(signal)
  if (listener === undefined) {
    const pulls = new Set<() => void>()
    listener = { pulls, tell: () => pulls.forEach((each) => each()) }
    LISTENERS.set(signal, listener)
    signal.addEventListener("abort", listener.tell)
  }
  const { pulls, tell } = listener
  pulls.add(pull)
  return () => {
    if (!pulls.delete(pull) || pulls.size > 0) return
    signal.removeEventListener("abort", tell)
    LISTENERS.delete(signal)
  }
}

/** What an exchange hangs on. Its end, however it comes, leaves no listener and no timer behind. */
export class Leash {
  readonly #controller = new AbortController()
  readonly #release: (() => void) | undefined

  /** Rejects, here and in `hold`, with the reason of this signal. */
  constructor(outer: AbortSignal | undefined) {
    outer?.throwIfAborted()
    this.#release = outer && onAbort(outer, () => this.#controller.abort(outer.reason))
  }

  /** For `fetch`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What is awaited; everything on the leash ends where it does not come within `ms`. */
  hold<A>(awaited: Promise<A>, ms: number): Promise<A> {
    const { signal } = this.#controller
    return new Promise((resolve, reject) => {
      const silent = () => this.#controller.abort(new Error(`nothing came for ${ms / 1000} s`))
      const timer = setTimeout(silent, ms)
      const settle = (settled: () => void) => {
        clearTimeout(timer)
        signal.removeEventListener("abort", cut)
        settled()
      }
      const cut = () => settle(() => reject(signal.reason as Error))
      signal.addEventListener("abort", cut)
      awaited.then(
        (value) => settle(() => resolve(value)),
        (error: Error) => settle(() => reject(error)),
      )
      if (signal.aborted) cut()
    })
  }

  pull(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Ends what is still under way. */
  drop(): void {
    this.#release?.()
    this.#controller.abort()
  }
}

const LEFT = Symbol("left")

/**
 * A generator that hears its `return` also while it waits: of itself it would hear it behind what it waits for, which may
 * take hours, and streams that are made of it could not be ended. `make` gets the signal that it is to wait with.
 */
export const leaving = <A>(
  outer: AbortSignal | undefined,
  make: (signal: AbortSignal) => AsyncGenerator<A, void, undefined>,
): AsyncGenerator<A, void, undefined> => {
  const left = new AbortController()
  const items = (async function* () {
    const leash = new Leash(outer)
    const release = onAbort(left.signal, () => leash.pull(LEFT))
    try {
      yield* make(leash.signal)
    } catch (error) {
      if (error !== LEFT) throw error
    } finally {
      release()
      leash.drop()
    }
  })()
  const leave = items.return.bind(items)
  return Object.assign(items, {
    return: (value: void | PromiseLike<void>) => {
      left.abort()
      return leave(value)
    },
  })
}

/** Ends early by `hurry`, which `onWait` is given; rejects with the signal's reason. */
export const pause = (
  ms: number,
  signal: AbortSignal | undefined,
  onWait: (hurry: () => void) => void = () => {},
): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const settle = (settled: () => void) => {
      clearTimeout(timer)
      release?.()
      settled()
    }
    const timer = setTimeout(() => settle(resolve), ms)
    const release = signal && onAbort(signal, () => settle(() => reject(signal.reason as Error)))
    onWait(() => settle(resolve))
  })

/** A body as it is asked for, in pieces between which `ms` may pass. The leash ends with it. */
export async function* bytesOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  leash: Leash,
  ms: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = body?.getReader()
  try {
    for (;;) {
      const piece = await (reader === undefined ? undefined : leash.hold(reader.read(), ms))
      if (piece?.value === undefined) return
      yield piece.value
    }
  } finally {
    leash.drop()
    reader?.cancel().catch(() => {})
  }
}

export async function* textOf(...body: Parameters<typeof bytesOf>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  for await (const bytes of bytesOf(...body)) yield decoder.decode(bytes, { stream: true })
}
