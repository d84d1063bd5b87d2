import { until } from "./until.ts"

/** An event of the output stream as it came. */
export interface Seen {
  readonly name: string
  readonly id: number
  readonly data: any
}

/**
 * A viewer as simple as `curl` in a loop: reads `.sse`, and whenever the connection breaks, connects again with the last
 * id it has, until the stream says `done` or answers 204.
 */
export class Viewer {
  readonly events: Array<Seen> = []
  /** The ids it connected with, and what it was answered. */
  readonly connections: Array<{ readonly from: string | null; readonly status: number }> = []
  /** Connections that were refused. */
  refusals = 0
  #lastId: string | null = null
  #over = false
  #stopped: { readonly error: unknown } | null = null
  readonly #url: string

  constructor(url: string) {
    this.#url = url
    const stop = (error: unknown) => (this.#stopped = { error })
    this.#watch().then(() => stop(null), stop)
  }

  /** Waits until the stream has said that it is over. */
  async end(withinMs: number): Promise<void> {
    const { error } = await until("the stream ends", withinMs, () => this.#stopped)
    if (error !== null) throw error
  }

  get done() {
    return this.events.some(({ name }) => name === "done")
  }

  /** The last state seen of every input, by index. */
  get states(): ReadonlyMap<number, any> {
    return new Map(
      this.events
        .filter(({ name }) => name === "task_run.state")
        .map(({ data }) => [data.input_index as number, data]),
    )
  }

  close() {
    this.#over = true
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      const response = await until("the stream opens again", 60_000, () => this.#connect())
      if (response === "closed") return
      this.connections.push({ from: this.#lastId, status: response.status })
      if (response.status === 204) return
      if (response.status !== 200 || response.body === null) {
        throw new Error(`the stream answered ${response.status}`)
      }
      await this.#read(response.body)
      if (this.done) return
    }
  }

  async #connect(): Promise<Response | "closed" | null> {
    if (this.#over) return "closed"
    try {
      return await fetch(this.#url, {
        headers: this.#lastId === null ? {} : { "last-event-id": this.#lastId },
        signal: AbortSignal.timeout(90_000),
      })
    } catch {
      this.refusals++
      return null
    }
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let text = ""
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true })
        const blocks = text.split("\n\n")
        // What is cut off is not an event: it comes again.
        text = blocks.pop() ?? ""
        for (const block of blocks) this.#take(block)
        if (this.#over) return
      }
    } catch {
      // The connection broke; what was whole has been taken.
    }
  }

  #take(block: string) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? null
    const data = field("data")
    if (data === null) return
    const id = field("id")
    this.events.push({ name: field("event") ?? "", id: Number(id ?? Number.NaN), data: JSON.parse(data) })
    if (id !== null) this.#lastId = id
  }
}
