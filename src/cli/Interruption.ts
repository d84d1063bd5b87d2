/** SIGHUP: the terminal was closed. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export type Signal = keyof typeof EXIT_CODES

/** Somebody ended the command. Its message says what that means for what was under way. */
export class Interrupted extends Error {
  override readonly name = "Interrupted"
  readonly exitCode: number

  constructor(signal: Signal, message: string) {
    super(message)
    this.exitCode = EXIT_CODES[signal]
  }
}

/** What Ctrl-C does: ends what waits at once, but for a request whose answer says what has been paid for. */
export class Interruption {
  /** What it means to be interrupted now, for people. */
  meaning = "Nothing was started."
  private readonly controller = new AbortController()
  private held: { readonly onFirst: () => void; first: Signal | null } | null = null

  /** Aborted with an {@link Interrupted} as its reason. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  raise(signal: Signal): void {
    if (this.signal.aborted) return
    if (this.held !== null && this.held.first === null) {
      this.held.first = signal
      this.held.onFirst()
    } else this.controller.abort(new Interrupted(signal, this.meaning))
  }

  /**
   * Does what should be waited for: of two interruptions only the second ends it. After the first, `done` still hears the
   * answer, and then the command ends.
   */
  async hold<A>(options: {
    readonly act: () => Promise<A>
    readonly done: (answer: A) => Promise<void>
    readonly onFirst: () => void
  }): Promise<A> {
    this.signal.throwIfAborted()
    const held = { onFirst: options.onFirst, first: null as Signal | null }
    this.held = held
    let answer: A
    try {
      answer = await this.race(options.act())
      await options.done(answer)
    } finally {
      this.held = null
    }
    if (held.first !== null) this.raise(held.first)
    this.signal.throwIfAborted()
    return answer
  }

  /** The same promise, unless an interruption comes first. */
  race<A>(promise: Promise<A>): Promise<A> {
    const { signal } = this
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason as Error)
      if (signal.aborted) return onAbort()
      signal.addEventListener("abort", onAbort, { once: true })
      promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort))
    })
  }
}
