import type { Dice } from "../layers/store/fixtures.ts"
import { GROUP, type Sent } from "./support.ts"

/** A row as it is now; each change of it takes the group's next number. */
interface HonestRow {
  readonly index: number
  readonly value: string
  attempt: number
  status: string
  change: number
}

const ENDS = ["completed", "completed", "completed", "failed", "cancelled"]
const TEXTS = ["plain", "é🟢漢", "a\\nb: c\\r\\n", "data: x", "\u00e9\u0301 ", ""]

/**
 * A group whose stream is as the product promises it, over a line that does everything a line can do: it is cut anywhere,
 * delivers in any pieces, breaks, falls silent, and is answered by others. The group moves on while it is read.
 */
export class HonestGroup {
  readonly rows: Array<HonestRow>
  /** Attempts that have ended, as `index:attempt`. */
  readonly ended = new Set<string>()
  connections = 0
  readonly #dice: Dice
  readonly #encoder = new TextEncoder()
  #change: number
  /** The change that is the group's end, once it has come. */
  #done = Infinity
  /** Trouble ends, or nothing ever would. */
  #troubles = 40

  constructor(dice: Dice, size: number) {
    this.#dice = dice
    this.rows = Array.from({ length: size }, (_, index) => ({
      index,
      value: dice.pick(TEXTS) + dice.pick(TEXTS),
      attempt: 1,
      status: "queued",
      change: index + 1,
    }))
    this.#change = size
  }

  fetch = async ({ url, init: { signal } }: Sent): Promise<Response> => {
    this.connections++
    const dice = this.#dice
    const from = new URL(url).searchParams.get("last_event_id")
    if (from !== null && Number(from) >= this.#done) return new Response(null, { status: 204 })
    if (this.#trouble(0.4)) {
      const trouble = dice.pick(["lost", "full", "limited", "gateway", "page", "silent"])
      const later = { "retry-after": String(1 + dice.whole(5)) }
      if (trouble === "lost") throw new TypeError("fetch failed")
      if (trouble === "full") return Response.json({}, { status: 503, headers: later })
      if (trouble === "limited") return Response.json({}, { status: 429, headers: later })
      if (trouble === "gateway") return new Response("<html>", { status: 502 })
      if (trouble === "page") return new Response("<html>", { headers: { "content-type": "text/html" } })
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error))
      })
    }
    const known = from !== null && Number(from) <= this.#change ? Number(from) : 0
    return new Response(this.#stream(known), { headers: { "content-type": "text/event-stream" } })
  }

  #trouble(probability: number): boolean {
    return this.#troubles > 0 && this.#dice.chance(probability) && this.#troubles-- > 0
  }

  #stream(known: number): ReadableStream<Uint8Array> {
    const dice = this.#dice
    let sent = known
    let left = this.#encoder.encode(`event: task_group_status\ndata: {"n":${this.#change}}\n\n`)
    return new ReadableStream(
      {
        pull: (controller) => {
          if (left.length === 0) {
            const next = this.#next(sent)
            if (next === null) return controller.close()
            sent = next.change
            left = this.#encoder.encode(next.text)
          }
          const length = dice.chance(0.5) ? left.length : 1 + dice.whole(left.length)
          controller.enqueue(left.slice(0, length))
          left = left.slice(length)
          if (!this.#trouble(0.05)) return
          const how = dice.pick(["break", "close", "silence"])
          if (how === "break") controller.error(new TypeError("terminated"))
          else if (how === "close") controller.close()
          else return new Promise<void>(() => {})
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** What a viewer with this number is sent next; null behind the end. */
  #next(sent: number): { readonly change: number; readonly text: string } | null {
    if (this.#dice.chance(0.6)) this.#moveOn()
    if (this.#dice.chance(0.1)) return { change: sent, text: ": still here\n" }
    const later = this.rows.filter(({ change }) => change > sent).sort((a, b) => a.change - b.change)
    const row = later[0]
    if (row !== undefined) return { change: row.change, text: event("task_run.state", row.change, data(row)) }
    if (this.#done <= sent) return null
    if (this.#done < Infinity) return { change: this.#done, text: event("done", this.#done, "{}") }
    // It counts what was sent before it, and no change that a viewer has yet to get.
    const status = { change: sent, text: event("task_group_status", sent, "{}") }
    this.#moveOn()
    return status
  }

  #moveOn(): void {
    const dice = this.#dice
    if (this.#done < Infinity) return
    const open = this.rows.filter(({ status }) => !ENDS.includes(status))
    if (open.length === 0) {
      this.#done = ++this.#change
      return
    }
    const again = this.rows.filter(({ status, attempt }) => status === "failed" && attempt < 3)
    const row = again.length > 0 && dice.chance(0.2) ? dice.pick(again) : dice.pick(open)
    if (row.status === "failed") {
      row.attempt++
      row.status = "queued"
    } else row.status = row.status === "queued" && dice.chance(0.5) ? "running" : dice.pick(ENDS)
    row.change = ++this.#change
    if (ENDS.includes(row.status)) this.ended.add(`${row.index}:${row.attempt}`)
  }
}

const event = (name: string, id: number, json: string) => `event: ${name}\nid: ${id}\ndata: ${json}\n\n`

/** As `rows` are to tell it. */
export const toldRow = ({ index, value, attempt, status }: HonestRow) => ({
  run_id: status === "cancelled" ? null : `trun_${index}_${attempt}`,
  status,
  is_active: !ENDS.includes(status),
  metadata: { input_index: String(index), ...(attempt === 1 ? {} : { attempt: String(attempt) }) },
  taskgroup_id: GROUP,
  input_index: index,
  input: { value },
  output: status === "completed" ? { content: { answer: value }, basis: [] } : null,
})

const data = (row: HonestRow): string => {
  const { input_index, input, output, ...run } = toldRow(row)
  const { metadata } = run
  return JSON.stringify({
    type: "task_run.state",
    event_id: String(row.change),
    input_index,
    input: { processor: "base", metadata, input },
    run,
    output,
  })
}
