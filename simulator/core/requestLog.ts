import type { RouteName } from "../behaviour/faultSpec.ts"

/** One request as the simulator saw it; its headers and body are kept of the last ones only, and never on disk. */
export interface RequestEntry {
  readonly at: number
  readonly route: string
  readonly group: string | null
  status: number | null
}

/** A request as it came. */
export interface WholeRequest {
  readonly entry: RequestEntry
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

const KEPT = 5_000
/** Of each route. */
const KEPT_WHOLE = 50
const KEPT_BYTES = 16 * 1024 * 1024

/** Not kept: whoever posts here by mistake must not find a key in a file later. */
const SECRET_HEADERS = new Set(["x-api-key", "authorization", "cookie"])

export const shownHeaders = (request: Request): Record<string, string> =>
  Object.fromEntries([...request.headers].filter(([key]) => !SECRET_HEADERS.has(key)))

/** Null: it is not UTF-8. */
const textOf = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** The last requests of a route: so many, and so many bytes, but always the newest. */
class LastRequests {
  readonly all: WholeRequest[] = []
  #bytes = 0

  push(request: WholeRequest): void {
    this.all.push(request)
    this.#bytes += request.bytes.length
    while (this.all.length > 1 && (this.all.length > KEPT_WHOLE || this.#bytes > KEPT_BYTES)) {
      this.#bytes -= this.all.shift()!.bytes.length
    }
  }
}

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
  readonly #whole = new Map<RouteName, LastRequests>()

  note(at: number, route: string, group: string | null): RequestEntry {
    this.counts[route] = (this.counts[route] ?? 0) + 1
    const entry: RequestEntry = { at, route, group, status: null }
    this.#recent.push(entry)
    if (this.#recent.length > 2 * KEPT) this.#recent = this.#recent.slice(-KEPT)
    return entry
  }

  /** Reads the body, and keeps it with its headers for who wants to know what exactly came. */
  async keep(entry: RequestEntry, route: RouteName, request: Request): Promise<string> {
    const bytes = request.body === null ? new Uint8Array() : new Uint8Array(await request.arrayBuffer())
    const { pathname, search } = new URL(request.url)
    const last = this.#whole.get(route) ?? new LastRequests()
    this.#whole.set(route, last)
    last.push({ entry, path: `${pathname}${search}`, headers: shownHeaders(request), bytes })
    return new TextDecoder().decode(bytes)
  }

  /** The last requests of a route as they came, oldest first. */
  whole(route: RouteName): ReadonlyArray<WholeRequest> {
    return [...(this.#whole.get(route)?.all ?? [])]
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
    this.#whole.clear()
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

/** A whole request in an answer; a body that is no text stands in Base64. */
export const wholeView = ({ entry, path, headers, bytes }: WholeRequest) => {
  const body = textOf(bytes)
  const base64 = () => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
  return { ...entry, path, headers, body, ...(body === null ? { body_base64: base64() } : {}) }
}
