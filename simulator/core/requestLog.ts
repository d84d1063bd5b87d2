/** One request as the simulator saw it; never its headers or body. */
export interface RequestEntry {
  readonly at: number
  readonly route: string
  readonly group: string | null
  status: number | null
}

const KEPT = 5_000

/** Counts requests by method and route pattern, and the event streams that are open. */
export class RequestLog {
  readonly counts: Record<string, number> = {}
  readonly openStreams = new Map<string, Set<() => void>>()
  /** Errors of the simulator itself, answered as 500: a test may insist that there are none. */
  readonly crashes: string[] = []
  #open = 0
  maxOpen = 0
  streamsOpened = 0
  #recent: RequestEntry[] = []

  note(at: number, route: string, group: string | null): RequestEntry {
    this.counts[route] = (this.counts[route] ?? 0) + 1
    const entry: RequestEntry = { at, route, group, status: null }
    this.#recent.push(entry)
    if (this.#recent.length > 2 * KEPT) this.#recent = this.#recent.slice(-KEPT)
    return entry
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, n) => sum + n, 0)
  }

  get open(): number {
    return this.#open
  }

  /** The last requests, oldest first. */
  get recent(): ReadonlyArray<RequestEntry> {
    return this.#recent.slice(-KEPT)
  }

  /** Registers an open event stream of a group; the answer takes it out again. */
  openStream(group: string, close: () => void): () => void {
    const set = this.openStreams.get(group) ?? new Set()
    this.openStreams.set(group, set)
    set.add(close)
    this.streamsOpened++
    this.maxOpen = Math.max(this.maxOpen, ++this.#open)
    let done = false
    return () => {
      if (done) return
      done = true
      this.#open--
      set.delete(close)
      if (set.size === 0) this.openStreams.delete(group)
    }
  }

  reset(): void {
    for (const key of Object.keys(this.counts)) delete this.counts[key]
    this.#recent = []
    this.maxOpen = this.#open
    this.streamsOpened = 0
  }

  toJSON() {
    return {
      counts: { ...this.counts },
      total: this.total,
      event_streams: { open: this.open, max_open: this.maxOpen, opened: this.streamsOpened },
      crashes: this.crashes,
      recent: this.recent,
    }
  }
}
