import type { StreamFault } from "../behaviour/faultSpec.ts"
import { sleep } from "../core/clock.ts"
import type { Call, Context } from "../core/context.ts"
import { createRandom, uuid } from "../core/random.ts"
import { chunksOf, frame, type Item } from "./frame.ts"

/** Gives what is to be sent, some items at a time; null ends the stream. */
export interface Source {
  next(): Promise<ReadonlyArray<Item> | null>
  /** The client is gone, or the stream broke: a waiting `next` returns and nothing is held any longer. */
  close(): void
}

/** A broken connection. In process it is what `fetch` and a body reader reject with. */
export class ConnectionReset extends TypeError {
  constructor(message = "terminated: other side closed") {
    super(message)
  }
}

const encoder = new TextEncoder()

const isEvent = (item: Item) => "event" in item

const errorItem = (context: Context, call: Call): Item => ({
  event: {
    type: "error",
    error: {
      ref_id: uuid(context.ledger.seed, "stream-error", call.ordinal),
      message: "Internal error while streaming",
      detail: null,
    },
  },
})

/** Bytes of an event up to where a cut leaves them. */
const partOf = (text: string, where: "mid_event" | "mid_line" | "mid_character"): Uint8Array<ArrayBuffer> => {
  if (where === "mid_event") return encoder.encode(text.slice(0, text.search(/data: /)))
  const half = encoder.encode(text.slice(0, Math.floor(text.length / 2)))
  if (where === "mid_line") return half
  // The first byte of a two-byte character, whatever the event holds.
  return new Uint8Array([...half, 0xc3])
}

type Step =
  | { readonly item: Item }
  | { readonly waitMs: number }
  | { readonly end: "clean" | "reset"; readonly part?: Uint8Array<ArrayBuffer> }

/** What becomes of an item under the stream's fault; `count` is how many events went before. */
const underFault = (
  item: Item,
  count: number,
  fault: StreamFault,
  text: () => string,
  error: () => Item,
): Step[] => {
  if (fault.kind === "duplicate_events") return [{ item }, { item }]
  if (fault.kind === "reorder_events" || count !== fault.after_events) return [{ item }]
  switch (fault.kind) {
    case "cut": {
      const end = fault.clean ? "clean" : "reset"
      return fault.where === "between" ? [{ end }] : [{ end, part: partOf(text(), fault.where) }]
    }
    case "stall":
      return [{ waitMs: fault.ms }, { item }]
    case "oversize_line":
      return [
        { item: { event: { type: "x.oversize", event_id: null, padding: "x".repeat(fault.bytes) } } },
        { item },
      ]
    case "malformed_event":
      return [{ item: { raw: '{"type":"task_run.state","event_id":', type: "task_run.state" } }, { item }]
    case "error_event":
      return [{ item: error() }, fault.then === "end" ? { end: "clean" } : { item }]
  }
}

/** Neighbours change places, two by two. */
const swapPairs = (items: ReadonlyArray<Item>): Item[] =>
  items.map((item, i) => items[i % 2 === 0 ? i + 1 : i - 1] ?? item)

/** The steps of one answer of the source, in order. */
const stepsOf = (context: Context, call: Call, items: ReadonlyArray<Item>, before: number): Step[] => {
  const fault = call.streamFault
  if (fault === null) return items.map((item) => ({ item }))
  const { framing, shapes } = context.behaviour()
  let count = before
  return (fault.kind === "reorder_events" ? swapPairs(items) : items).flatMap((item): Step[] =>
    isEvent(item)
      ? underFault(
          item,
          count++,
          fault,
          () => frame(item, framing, shapes.blanks),
          () => errorItem(context, call),
        )
      : [{ item }],
  )
}

/** Items as bytes, with the fault of this request worked in. */
async function* encode(
  context: Context,
  call: Call,
  source: Source,
  gone: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const random = createRandom(context.ledger.seed, "chunks", call.ordinal)
  const fault = call.streamFault
  let count = 0
  for (let items = await source.next(); items !== null; items = await source.next()) {
    const { framing, shapes } = context.behaviour()
    let batch = ""
    for (const step of stepsOf(context, call, items, count)) {
      const text = "item" in step ? frame(step.item, framing, shapes.blanks) : ""
      if ("item" in step && framing.split !== "event") {
        batch += text
        continue
      }
      if (batch !== "") yield* chunksOf(batch, framing, random.next)
      batch = ""
      if ("item" in step) yield encoder.encode(text)
      else if ("waitMs" in step) await sleep(context.clock, step.waitMs, gone)
      else {
        if (step.part !== undefined) yield step.part
        if (step.end === "reset") throw new ConnectionReset()
        return
      }
    }
    if (batch !== "") yield* chunksOf(batch, framing, random.next)
    count += items.filter(isEvent).length
  }
  // A cut that waits for more events than there are still cuts, at the end.
  if (fault?.kind === "cut" && !fault.clean) throw new ConnectionReset()
}

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
}

/** A response that reads its source only as fast as the client reads the response. */
export const streamResponse = (context: Context, call: Call, source: Source): Response => {
  const gone = new AbortController()
  const chunks = encode(context, call, source, gone.signal)
  const stop = () => {
    gone.abort()
    source.close()
    call.request.signal.removeEventListener("abort", stop)
  }
  call.request.signal.addEventListener("abort", stop)
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next()
          if (call.request.signal.aborted) throw new ConnectionReset("aborted")
          if (done !== true) return controller.enqueue(value)
          stop()
          controller.close()
        } catch (error) {
          stop()
          controller.error(error)
        }
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  )
  return compressed(context, call, body)
}

/** U24: compressed when the behaviour says so and the client takes it. */
const compressed = (
  context: Context,
  call: Call,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Response => {
  const takes = call.request.headers.get("accept-encoding")?.includes("gzip") ?? false
  if (!context.behaviour().transport.gzip || !takes) return new Response(body, { headers: HEADERS })
  return new Response(body.pipeThrough(new CompressionStream("gzip")), {
    headers: { ...HEADERS, "content-encoding": "gzip" },
  })
}
