import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makeSseParser } from "../../src/layers/parallel/sseParser.ts"
import { ChangeNumber } from "../../src/domain/Ids.ts"
import { isTerminal } from "../../src/domain/RunStatus.ts"
import { proxyEvents } from "../../src/http/eventProxy.ts"
import type { VirtualClock } from "../../simulator/index.ts"
import { type Dice, surroundings } from "./effects.ts"
import type { ObjectHost } from "./objectHost.ts"

/** What a viewer has seen of one run. */
interface Seen {
  readonly attempt: number
  readonly runId: string | null
  readonly status: string
  readonly hasOutput: boolean
}

type Told = { readonly name: string; readonly data: string; readonly id: string | null }

export interface ViewerOptions {
  readonly name: string
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly host: Pick<ObjectHost, "fetch">
  readonly violation: (text: string) => void
  /** Milliseconds the viewer takes for each read. */
  readonly slowMs: number
  /** How often it hangs up and comes back. */
  readonly hangUpRate: number
  /** Whether it comes back although there is nothing more, as an open page does: somebody may yet go on. Never when absent. */
  readonly stays?: () => boolean
}

/** Open pages ask so often whether a group that had ended goes on. */
const WATCH_MS = 60_000

/**
 * Someone who watches through the Worker in front: a client that keeps reconnecting with its last id, until the stream
 * says that there is nothing more, and in a while again where the group may go on. Checks what it is promised while it reads.
 */
export class Viewer {
  readonly runs = new Map<number, Seen>()
  /** It was told of the end, and of nothing since. */
  done = false
  /** It has begun to. */
  isWatching = false
  finished = false
  connections = 0
  private lastId: ChangeNumber | null = null
  /** Whether this connection has brought anything. */
  private readonly seenChanges = new Set<number>()
  /** Nothing has come over this connection yet. */
  private isFresh = true
  /** There is nothing more, for now. */
  private rests = false
  private lastEnd: number | null = null
  private readonly options: ViewerOptions
  private stopped = false

  constructor(options: ViewerOptions) {
    this.options = options
  }

  stop(): void {
    this.stopped = true
  }

  async watch(): Promise<void> {
    this.isWatching = true
    while (!this.stopped && !this.finished) {
      try {
        await this.session()
      } catch {
        // The Worker died with the connection: come back.
      }
      await this.sleep(this.rests ? WATCH_MS : this.options.dice.between(10, 3_000))
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.options.clock.setTimer(ms, resolve))
  }

  private async session(): Promise<void> {
    const { host, clock, dice, hangUpRate, slowMs } = this.options
    this.connections++
    const open = (lastEventId: ChangeNumber | null, signal: AbortSignal | null) =>
      host.fetch(
        new Request("https://object/sse", {
          signal,
          headers: lastEventId === null ? {} : { "last-event-id": String(lastEventId) },
        }),
      )
    const first = await open(this.lastId, null)
    this.rests = first.status === 204
    if (this.rests && !this.done) this.options.violation(`${this.options.name} was sent away before done`)
    this.finished = first.status === 404 || (this.rests && this.options.stays?.() !== true)
    if (this.finished || this.rests) return
    const events = proxyEvents(first, { open, lastEventId: this.lastId, silence: Duration.seconds(45) })
    const stream = await Effect.runPromise(
      Stream.toReadableStreamEffect(events).pipe(
        Effect.provide(surroundings({ clock, dice, fetch: noNetwork, log: () => {} })),
      ),
    )
    this.isFresh = true
    const reader = stream.getReader()
    const decoder = new TextDecoder()
    const parser = makeSseParser()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const event of parser.push(decoder.decode(value, { stream: true }))) this.take(event)
      if (slowMs > 0) await this.sleep(slowMs)
      if (this.stopped || dice.chance(hangUpRate)) return await reader.cancel()
    }
  }

  private take(event: Told): void {
    const { name, violation } = this.options
    if (!isWhole(event.data)) return violation(`${name} got a broken event: ${event.data.slice(0, 60)}`)
    const greets = event.name === "task_group_status" && event.id === null
    if (this.isFresh && !greets)
      violation(`${name}: a connection began with ${event.name} (id ${String(event.id)})`)
    this.isFresh = false
    // The object's own stream may be opened again behind the Worker's.
    if (greets) return
    const id = Number(event.id)
    if (event.id === null || !Number.isSafeInteger(id))
      return violation(`${name} got ${event.name} with id ${String(event.id)}`)
    if (this.lastId !== null && id < this.lastId) violation(`${name}: id fell from ${this.lastId} to ${id}`)
    this.lastId = ChangeNumber(id)
    if (event.name === "done" && id === this.lastEnd) violation(`${name} was told of one end twice`)
    if (event.name === "done") this.lastEnd = id
    this.done = event.name === "done"
    if (event.name === "task_run.state") this.takeRow(event, id)
  }

  private takeRow(event: Told, id: number): void {
    const { name, violation } = this.options
    if (this.seenChanges.has(id)) violation(`${name} got change ${id} twice`)
    this.seenChanges.add(id)
    const {
      input_index: row,
      run,
      output,
    } = JSON.parse(event.data) as {
      input_index: number
      run: { run_id: string | null; status: string; metadata: { attempt?: string } }
      output: unknown
    }
    const { run_id: runId, status, metadata } = run
    const attempt = Number(metadata.attempt ?? 1)
    if (status === "completed" && output === null)
      violation(`${name} was told that row ${row} is completed, without its output`)
    const before = this.runs.get(row)
    if (before !== undefined && attempt < before.attempt)
      violation(`${name}: row ${row} went from attempt ${before.attempt} back to ${attempt}`)
    const isAnother = before !== undefined && (before.runId !== runId || before.attempt !== attempt)
    if (before !== undefined && !isAnother && isTerminal(before.status)) {
      if (before.status === status) violation(`${name} was told the end of row ${row} twice`)
      else violation(`${name}: row ${row} went from ${before.status} to ${status}`)
    }
    this.runs.set(row, { attempt, runId, status, hasOutput: output !== null })
  }
}

/** The proxy reaches its object by `open` alone. */
const noNetwork: typeof fetch = () => Promise.reject(new Error("no network here"))

const isWhole = (data: string): boolean => {
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}
