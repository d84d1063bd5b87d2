import type { Call, Context, Handler } from "../core/context.ts"
import { ApiError } from "../core/errors.ts"
import { waitForChange } from "../core/wait.ts"
import { groupStatus, statusOf } from "../ledger/status.ts"
import type { TaskGroup } from "../ledger/types.ts"
import type { Item } from "../sse/frame.ts"
import { streamResponse, type Source } from "../sse/stream.ts"
import { queryNumber } from "../validation/fields.ts"
import { eventId, resume } from "./batchCursors.ts"
import { entryItem, errorItem, statusItem, unknownItem } from "./eventItems.ts"
import { findGroup } from "./lookup.ts"
import { onUnknownCursor } from "./unknownCursor.ts"

const ENTRIES_PER_PULL = 100

/** Where a session begins. */
interface Start {
  /** Place of the first log entry to send; infinite: never any (U8, an empty stream). */
  place: number
  readonly first: Item[]
  readonly silentUntil: number
  /** Keep-alives come all the same. */
  readonly comments?: boolean
}

const currentStatus = (context: Context, group: TaskGroup): Item => {
  const now = context.clock.now()
  const { entries } = context.logs.of(group, now)
  const id = eventId(context, group, "event", Math.max(0, entries.length - 1))
  return statusItem(context, id, groupStatus(group, now, context.behaviour().status))
}

/** U5: what a session without a cursor begins with. */
const startFresh = (context: Context, group: TaskGroup): Start => {
  const { events } = context.behaviour()
  const now = context.clock.now()
  const length = context.logs.of(group, now).entries.length
  switch (events.on_connect) {
    case "replay":
      return { place: 0, first: [], silentUntil: now }
    case "status":
      return { place: length, first: [currentStatus(context, group)], silentUntil: now }
    case "new":
      return { place: length, first: [], silentUntil: now }
    case "silent":
      return { place: 0, first: [], silentUntil: now + events.silent_ms }
    case "comments":
      return { place: 0, first: [], silentUntil: now + events.silent_ms, comments: true }
    case "stale_status": {
      const old = statusOf({}, group.createdAt)
      return {
        place: 0,
        first: [statusItem(context, eventId(context, group, "event", 0), old)],
        silentUntil: now,
      }
    }
  }
}

const startOf = (context: Context, call: Call, group: TaskGroup): Start => {
  const now = context.clock.now()
  const resumed = resume(context, group, "event", call.request, call.url)
  if (resumed.kind === "none") return startFresh(context, group)
  if (resumed.kind === "after") {
    const first = context.behaviour().events.status_on_resume ? [currentStatus(context, group)] : []
    return { place: resumed.place + 1, first, silentUntil: now }
  }
  const unknown = onUnknownCursor(context)
  if (unknown === "none") return startFresh(context, group)
  return { place: unknown === "empty" ? Number.POSITIVE_INFINITY : 0, first: [], silentUntil: now }
}

/** One connection to a group's events. */
class Session implements Source {
  readonly #context: Context
  readonly #call: Call
  readonly #group: TaskGroup
  readonly #start: Start
  readonly #endsAt: number
  readonly #openedAt: number
  readonly #gone = new AbortController()
  readonly #release: () => void
  #lastSent: number
  #ending = false

  constructor(context: Context, call: Call, group: TaskGroup) {
    const { events } = context.behaviour()
    const timeout = queryNumber(call.url, "timeout")
    this.#context = context
    this.#call = call
    this.#group = group
    this.#openedAt = context.clock.now()
    this.#lastSent = this.#openedAt
    this.#start = startOf(context, call, group)
    const asked = events.honour_timeout && timeout !== null ? timeout * 1_000 : Number.POSITIVE_INFINITY
    this.#endsAt = this.#openedAt + Math.min(events.max_session_ms, asked)
    this.#release = context.requests.openStream(group.id, () => this.#gone.abort())
  }

  close(): void {
    this.#gone.abort()
    this.#release()
  }

  async next(): Promise<ReadonlyArray<Item> | null> {
    for (;;) {
      if (this.#gone.signal.aborted || this.#ending) return null
      const now = this.#context.clock.now()
      const items = this.#ready(now)
      if (items.length > 0) {
        this.#lastSent = now
        return items
      }
      if (this.#isOver(now)) return null
      const keepAlive = this.#keepAlive(now)
      if (keepAlive !== null) {
        this.#lastSent = now
        return [keepAlive]
      }
      await waitForChange(this.#context, this.#group.id, this.#nextLook(now), this.#gone.signal)
    }
  }

  /** The entries that have been written since the last look. */
  #ready(now: number): Item[] {
    if (now < this.#start.silentUntil) return []
    const items = this.#start.first.splice(0)
    const { entries } = this.#context.logs.of(this.#group, now)
    for (let n = 0; n < ENTRIES_PER_PULL && this.#start.place < entries.length && !this.#ending; n++) {
      const place = this.#start.place++
      const strange = unknownItem(this.#context, this.#call, this.#group, place)
      if (strange !== null) items.push(strange)
      const error = errorItem(this.#context, this.#call, place)
      if (error !== null) items.push(error)
      if (error !== null && this.#context.behaviour().events.error_event_then === "end") this.#ending = true
      else items.push(entryItem(this.#context, this.#group, place, entries[place]!))
    }
    return items
  }

  /** U7 */
  #isOver(now: number): boolean {
    if (now >= this.#endsAt) return true
    if (now < this.#start.silentUntil) return false
    const { events } = this.#context.behaviour()
    if (events.end === "on_connect") return true
    if (events.end === "never") return false
    const log = this.#context.logs.of(this.#group, now)
    return !log.isActive && now >= this.#lingerEnd(log.modifiedAt)
  }

  #lingerEnd(modified: number): number {
    const { events } = this.#context.behaviour()
    return Math.max(modified, this.#openedAt) + (events.end === "after_linger" ? events.linger_ms : 0)
  }

  #keepAlive(now: number): Item | null {
    const { keep_alive: kind } = this.#context.behaviour().events
    if (kind === "none" || this.#isMute(now) || now < this.#keepAliveAt()) return null
    return kind === "blank" ? { blank: true } : { comment: "keep-alive" }
  }

  /** Not even a keep-alive is sent. */
  #isMute(now: number): boolean {
    return now < this.#start.silentUntil && this.#start.comments !== true
  }

  #keepAliveAt(): number {
    const { keep_alive: kind, keep_alive_ms: every } = this.#context.behaviour().events
    return kind === "none" || every === null ? Number.POSITIVE_INFINITY : this.#lastSent + every
  }

  #nextLook(now: number): number {
    if (now < this.#start.silentUntil) {
      const keepAliveAt = this.#isMute(now) ? Number.POSITIVE_INFINITY : this.#keepAliveAt()
      return Math.min(this.#start.silentUntil, this.#endsAt, keepAliveAt)
    }
    const log = this.#context.logs.of(this.#group, now)
    const times = [this.#endsAt, this.#keepAliveAt(), log.nextAt() ?? Number.POSITIVE_INFINITY]
    if (!log.isActive && this.#context.behaviour().events.end === "after_linger") {
      times.push(this.#lingerEnd(log.modifiedAt))
    }
    return Math.min(...times)
  }
}

/** U19 */
const limitStreams = (context: Context, group: TaskGroup): void => {
  const { max_concurrent: max, over_limit: over } = context.behaviour().events
  const open = context.requests.openStreams.get(group.id)
  if (max === null || open === undefined || open.size < max) return
  if (over === "429") throw new ApiError(429, "Too many concurrent event streams for this TaskGroup")
  for (const close of [...open].slice(0, open.size - max + 1)) close()
}

export const groupEvents: Handler = (context, call) => {
  const group = findGroup(context, call)
  limitStreams(context, group)
  return streamResponse(context, call, new Session(context, call, group))
}
