import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makeSseParser } from "../../src/layers/parallel/sseParser.ts"
import { isTerminal } from "../../src/domain/RunStatus.ts"
import { proxyEvents } from "../../src/http/eventProxy.ts"
import type { VirtualClock } from "../../simulator/index.ts"
import { type Dice, surroundings } from "./effects.ts"
import type { ObjectHost } from "./objectHost.ts"

/** What a viewer has seen of one run. */
interface Seen {
  readonly runId: string | null
  readonly status: string
  readonly hasOutput: boolean
}

export interface ViewerOptions {
  readonly name: string
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly host: ObjectHost
  readonly violation: (text: string) => void
  /** Milliseconds the viewer takes for each read. */
  readonly slowMs: number
  /** How often it hangs up and comes back. */
  readonly hangUpRate: number
}

/**
 * Someone who watches through the Worker in front: a client that keeps reconnecting with its last id, until the stream
 * says that there is nothing more. Checks what it is promised while it reads.
 */
export class Viewer {
  readonly runs = new Map<number, Seen>()
  done = false
  finished = false
  connections = 0
  private lastId: string | null = null
  /** Whether this connection has brought anything. */
  private opened = false
  private readonly seenChanges = new Set<number>()
  private readonly options: ViewerOptions
  private stopped = false

  constructor(options: ViewerOptions) {
    this.options = options
  }

  stop(): void {
    this.stopped = true
  }

  async watch(): Promise<void> {
    while (!this.stopped && !this.finished) {
      try {
        await this.session()
      } catch {
        // The Worker died with the connection: come back.
      }
      await this.sleep(this.options.dice.between(10, 3_000))
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.options.clock.setTimer(ms, resolve))
  }

  private async session(): Promise<void> {
    const { host, clock, dice, hangUpRate, slowMs } = this.options
    this.connections++
    const open = (lastEventId: string | null, signal: AbortSignal | null) =>
      host.fetch(
        new Request("https://object/sse", {
          signal,
          headers: lastEventId === null ? {} : { "last-event-id": lastEventId },
        }),
      )
    const first = await open(this.lastId, null)
    if (first.status === 404 || first.status === 204) {
      this.finished = true
      if (first.status === 204 && !this.done)
        this.options.violation(`${this.options.name} was sent away before done`)
      return
    }
    const events = proxyEvents(first, { open, lastEventId: this.lastId, silence: Duration.seconds(45) })
    const stream = await Effect.runPromise(
      Stream.toReadableStreamEffect(events).pipe(
        Effect.provide(surroundings({ clock, dice, fetch: noNetwork, log: () => {} })),
      ),
    )
    const reader = stream.getReader()
    const decoder = new TextDecoder()
    const parser = makeSseParser()
    this.opened = false
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const event of parser.push(decoder.decode(value, { stream: true }))) this.take(event)
      if (slowMs > 0) await this.sleep(slowMs)
      if (this.stopped || dice.chance(hangUpRate)) return await reader.cancel()
    }
  }

  private take(event: { readonly name: string; readonly data: string; readonly id: string | null }): void {
    const { name, violation } = this.options
    if (!isWhole(event.data)) return violation(`${name} got a broken event: ${event.data.slice(0, 60)}`)
    if (!this.opened && (event.name !== "task_group_status" || event.id !== null))
      violation(`${name} got ${event.name} with id ${String(event.id)} before a status without one`)
    this.opened = true
    // A status that opens a connection of the Worker's with the object has none either: the last one counts.
    if (event.id === null) return
    const id = Number(event.id)
    if (!Number.isSafeInteger(id)) return violation(`${name} got an event with id ${event.id}`)
    if (this.lastId !== null && id < Number(this.lastId))
      violation(`${name}: id fell from ${this.lastId} to ${id}`)
    this.lastId = String(id)
    if (event.name === "done") {
      this.done = true
      return
    }
    if (event.name !== "task_run.state") return
    if (this.seenChanges.has(id)) violation(`${name} got change ${id} twice`)
    this.seenChanges.add(id)
    const data = JSON.parse(event.data) as {
      input_index: number
      run: { run_id: string | null; status: string }
      output: unknown
    }
    const before = this.runs.get(data.input_index)
    const corrected = before !== undefined && before.runId !== data.run.run_id
    if (
      before !== undefined &&
      !corrected &&
      isTerminal(before.status) &&
      before.status !== data.run.status
    ) {
      violation(`${name}: row ${data.input_index} went from ${before.status} to ${data.run.status}`)
    }
    this.runs.set(data.input_index, {
      runId: data.run.run_id,
      status: data.run.status,
      hasOutput: data.output !== null,
    })
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
