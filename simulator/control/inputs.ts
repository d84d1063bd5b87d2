import { anything, nullable, number, object, parse, string, type Infer } from "../behaviour/spec.ts"
import { sleep, type Clock } from "../core/clock.ts"
import { createRandom } from "../core/random.ts"
import type { JsonObject } from "../core/wire.ts"
import { FAMILY, INDUSTRIES, PLACES } from "../output/words.ts"

const inputsSpec = object({
  /** Made-up companies, when neither `rows` nor `body` is given. */
  count: number(12, 0, 5_000_000),
  rows: anything,
  /** Sent as it is. */
  body: nullable(string()),
  content_type: string("application/json"),
  status: number(200, 200, 599),
  /** A redirect's target; the status is then 302 unless it is a redirect already. */
  redirect: nullable(string()),
  delay_ms: number(0),
  /** Silence after the first bytes. */
  stall_ms: number(0),
})
export type InputsSpec = Infer<typeof inputsSpec>

const NUMBERS = ["count", "status", "delay_ms", "stall_ms"]
const TEXTS = ["redirect", "content_type", "body"]

const fromQuery = (url: URL): Record<string, unknown> =>
  Object.fromEntries([
    ...NUMBERS.filter((name) => url.searchParams.has(name)).map((name) => [
      name,
      Number(url.searchParams.get(name)),
    ]),
    ...TEXTS.filter((name) => url.searchParams.has(name)).map((name) => [name, url.searchParams.get(name)]),
  ])

const rowOf = (i: number): JsonObject => {
  const random = createRandom("inputs", i)
  return {
    company: `${random.pick(FAMILY)} ${random.pick(["Freight", "Labs", "Mills", "Energy", "Foods"])} ${i}`,
    industry: random.pick(INDUSTRIES),
    country: random.pick(PLACES)[1],
  }
}

const ROWS_PER_CHUNK = 500

function* textOf(spec: InputsSpec): Generator<string> {
  if (spec.body !== null) return void (yield spec.body)
  if (spec.rows !== null) return void (yield JSON.stringify(spec.rows))
  yield "["
  for (let from = 0; from < spec.count; from += ROWS_PER_CHUNK) {
    const to = Math.min(spec.count, from + ROWS_PER_CHUNK)
    const rows = Array.from({ length: to - from }, (_, i) => JSON.stringify(rowOf(from + i)))
    yield `${from === 0 ? "" : ","}${rows.join(",")}`
  }
  yield "]"
}

const streamOf = (spec: InputsSpec, clock: Clock): ReadableStream<Uint8Array<ArrayBuffer>> => {
  const encoder = new TextEncoder()
  const parts = textOf(spec)
  const gone = new AbortController()
  let first = true
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (!first) await sleep(clock, spec.stall_ms, gone.signal)
        first = false
        const { done, value } = parts.next()
        if (done === true) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      cancel: () => gone.abort(),
    },
    { highWaterMark: 0 },
  )
}

const NO_BODY = new Set([204, 205, 304])

/** URLs that answer JSON arrays of inputs, well or badly. */
export const createInputs = (clock: Clock) => {
  const served = new Map<string, InputsSpec>()
  return {
    serve(name: string, spec: unknown): InputsSpec {
      const checked = parse(inputsSpec, spec)
      served.set(name, checked)
      return checked
    },
    async respond(request: Request, name: string, url: URL): Promise<Response> {
      const spec = parse(inputsSpec, { ...served.get(name), ...fromQuery(url) })
      await sleep(clock, spec.delay_ms, request.signal)
      if (spec.redirect !== null) {
        const status = spec.status >= 300 && spec.status < 400 ? spec.status : 302
        return new Response(null, { status, headers: { location: spec.redirect } })
      }
      const body = NO_BODY.has(spec.status) ? null : streamOf(spec, clock)
      return new Response(body, { status: spec.status, headers: { "content-type": spec.content_type } })
    },
  }
}
