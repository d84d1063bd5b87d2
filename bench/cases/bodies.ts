import type { BenchCase } from "../lib/context.ts"
import { KEY, NEVER, PROCESSOR } from "../lib/groups.ts"
import { watchHeap } from "../lib/heap.ts"
import { text, timed } from "../lib/http.ts"
import type { Line } from "../lib/report.ts"
import { freePort, memory, startProduct, startSimulator } from "../lib/servers.ts"
import { figure, median, spread } from "../lib/stats.ts"

/** Each is a Worker of its own, that starts for it. */
const MOST_REPEATS = 3
const BYTES = 16 * 1024 * 1024
const MIB = 1024 * 1024
/** Of headers, and what else stands around the rows. */
const ROOM = 4_096

const fill = (piece: string, separator = ","): string =>
  Array.from({ length: Math.floor((BYTES - ROOM) / (piece.length + separator.length)) }, () => piece).join(
    separator,
  )

const row = (chars: number): string =>
  `{"id":738529527931269425,"company":"Acme, Inc.","note":"${"x".repeat(chars - 60)}"}`

/** Rows within every limit. */
const HONEST: Readonly<Record<string, () => string>> = {
  "50,000 rows": () => `[${Array.from({ length: 50_000 }, () => row(333)).join(",")}]`,
  "720 large rows": () => `[${Array.from({ length: 720 }, () => row(23_200)).join(",")}]`,
}

/** What a stranger sends. */
const HOSTILE: Readonly<Record<string, () => string>> = {
  nested: () => "[".repeat(BYTES - ROOM),
  "[1,1,…]": () => `[${fill("1")}]`,
  "a row of [1,1,…]": () => `[{"a":[${fill("1")}]}]`,
  "[{},{},…]": () => `[${fill("{}")}]`,
  "[{},{},…] within the values": () => `[${Array.from({ length: 1_900_000 }, () => "{}").join(",")}]`,
  "one long text": () => `[{"a":"${"x".repeat(BYTES - ROOM)}"}]`,
  "one row of many names": () =>
    `[{${Array.from({ length: 1_200_000 }, (_, at) => `"n${at}":1`).join(",")}}]`,
}

const body = (inputs: string, asText: boolean): Buffer =>
  Buffer.from(
    `{"output_type":"text","output_description":"One line","processor":"${PROCESSOR}","inputs":${asText ? JSON.stringify(inputs) : inputs}}`,
  )

const headers = { "x-api-key": KEY, "content-type": "application/json", "idempotency-key": "" }

/** Asks for something small, over and over; the longest that it took, milliseconds. */
const watchOthers = (url: string) => {
  let longest = 0
  let going = true
  const asking = (async () => {
    while (going) {
      longest = Math.max(longest, (await timed(url)).totalMs)
      await new Promise((done) => setTimeout(done, 10))
    }
  })()
  return async () => {
    going = false
    await asking
    return longest
  }
}

/** The largest bodies there may be, honest and hostile. */
export const bodies: BenchCase = {
  name: "bodies",
  run: async ({ folder, repeats, log }) => {
    const simulator = await startSimulator(folder, NEVER)
    let requests = 0
    /** One Worker for each measurement: its memory is that of this body. */
    const once = async (contents: ReadonlyArray<Buffer>) => {
      const inspectorPort = await freePort()
      const product = await startProduct(folder, simulator.url, {
        data: `bodies-${++requests}`,
        inspectorPort,
      })
      try {
        const address = `${product.url}/v1beta/tasks/multitask`
        const post = (content: Buffer) =>
          text(address, {
            method: "POST",
            body: content,
            headers: { ...headers, "idempotency-key": `k${++requests}` },
          })
        await post(body(`[{"company":"A"}]`, false))
        const rss = memory(product.pid)
        const before = rss.now()
        rss.reset()
        const heap = await watchHeap(inspectorPort)
        const others = watchOthers(`${product.url}/`)
        const started = performance.now()
        const answers = await Promise.all(contents.map(post))
        const ms = performance.now() - started
        return {
          ms,
          status: answers[0]!.status,
          others: await others(),
          heap: await heap.stop(),
          rise: rss.peak() - before,
        }
      } finally {
        await product.stop()
      }
    }
    const measure = async (
      name: string,
      contents: ReadonlyArray<Buffer>,
      limits: { readonly ms: number; readonly rise: number },
    ): Promise<Line> => {
      const found: Array<Awaited<ReturnType<typeof once>>> = []
      const control: Array<number> = []
      for (let round = 0; round < Math.min(repeats, MOST_REPEATS); round++) {
        found.push(await once(contents))
        const started = performance.now()
        try {
          JSON.parse(contents[0]!.toString())
        } catch {
          // Too deep for it.
        }
        control.push(performance.now() - started)
      }
      const of = (pick: (one: (typeof found)[number]) => number) => median(found.map(pick))
      const [ms, others, heap, rise] = [
        of((f) => f.ms),
        of((f) => f.others),
        of((f) => f.heap),
        of((f) => f.rise),
      ]
      const most = (4 * contents.reduce((sum, { length }) => sum + length, 0)) / MIB
      log(
        `${name}: ${found[0]!.status}, ${figure(ms)} ms, heap ${figure(heap)}, resident +${figure(rise)}, others ${figure(others)} ms`,
      )
      return {
        measure: `${name} (${found[0]!.status})`,
        ours: `${spread(
          found.map((f) => f.ms),
          "ms",
        )}; heap ${figure(heap)} MiB; resident +${figure(rise)} MiB; others ${figure(others)} ms`,
        control: spread(control, "ms"),
        result: `${figure(ms / median(control))}×`,
        goal: `≤ ${limits.ms} ms, heap ${figure(most)}, +${limits.rise} MiB, others 250 ms`,
        met: ms <= limits.ms && heap <= most && rise <= limits.rise && others <= 250,
      }
    }
    try {
      const lines: Array<Line> = []
      for (const [name, make] of Object.entries({ ...HONEST, ...HOSTILE }))
        for (const asText of [false, true]) {
          const content = body(make(), asText)
          if (content.length > BYTES) continue
          lines.push(
            await measure(`${name}${asText ? ", as JSON text" : ""}`, [content], { ms: 1_500, rise: 256 }),
          )
        }
      const largest = Object.values(HONEST).map((make) => body(make(), false))
      lines.push(await measure("the two largest honest ones at once", largest, { ms: 3_000, rise: 384 }))
      return {
        name: "The largest bodies",
        about:
          "POSTs of up to 16 MiB, each with an Idempotency-Key, to a Worker that was started for it. The heap is what the isolate held at most (asked every 100 ms), resident memory what the process rose by; others: the longest that `GET /` took meanwhile. The control is `JSON.parse` of the same text in Node, which bounds nothing. At most 3 repetitions.",
        lines,
      }
    } finally {
      await simulator.stop()
    }
  },
}
