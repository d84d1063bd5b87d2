import type { BenchCase } from "../lib/context.ts"
import { AT_ONCE, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { watchHeap } from "../lib/heap.ts"
import { freePort, memory, startProduct, startSimulator } from "../lib/servers.ts"
import { figure, median, spread } from "../lib/stats.ts"

const SMALL = 5_000
const LARGE = 50_000
const ISOLATE_MIB = 128

/** Whole groups whose runs end at once: from the POST to `done`. */
export const whole: BenchCase = {
  name: "whole",
  run: async ({ folder, repeats, log }) => {
    const once = async (size: number, round: number) => {
      const simulator = await startSimulator(folder, AT_ONCE)
      const inspectorPort = await freePort()
      const product = await startProduct(folder, simulator.url, {
        data: `whole-${size}-${round}`,
        inspectorPort,
      })
      try {
        await submit(product.url, submissionBody(10))
        const rss = memory(product.pid)
        const before = rss.now()
        rss.reset()
        const heap = await watchHeap(inspectorPort)
        const started = performance.now()
        const id = await submit(product.url, submissionBody(size))
        const accepted = performance.now() - started
        await whenDone(product.url, id, 900_000)
        const ms = performance.now() - started
        log(`${size}: accepted after ${figure(accepted)} ms, done after ${figure(ms)} ms`)
        return { ms, rise: rss.peak() - before, heap: await heap.stop() }
      } finally {
        await product.stop()
        await simulator.stop()
      }
    }
    const small: Array<Awaited<ReturnType<typeof once>>> = []
    const large: Array<Awaited<ReturnType<typeof once>>> = []
    for (let round = 0; round < Math.max(1, Math.floor(repeats / 3)); round++) {
      small.push(await once(SMALL, round))
      large.push(await once(LARGE, round))
    }
    const times = (of: typeof small) => of.map(({ ms }) => ms / 1_000)
    const ratio = median(times(large)) / median(times(small))
    const heap = (of: typeof small) => median(of.map(({ heap: peak }) => peak))
    const rises = (of: typeof small) => `+${figure(median(of.map(({ rise }) => rise)))} MiB`
    return {
      name: "Whole groups",
      about:
        "From the POST to the last output stored, runs ending at once. The isolate, which is the Worker's and the object's here, is asked every 100 ms what it holds: its heap, garbage included, and buffers outside it. The process holds SQLite's caches and what V8 has reserved, too; workerd knows no limit here that would have it collect garbage earlier.",
      lines: [
        {
          measure: `${LARGE} inputs, submit to done`,
          ours: spread(times(large), "s"),
          control: `${SMALL} inputs: ${spread(times(small), "s")}`,
          result: `${figure(ratio)}×`,
          goal: "≤ 12×",
          met: ratio <= 12,
        },
        {
          measure: "the most that the isolate held",
          ours: `${figure(heap(large))} MiB`,
          control: `${SMALL} inputs: ${figure(heap(small))} MiB`,
          result: `${figure(heap(large))} MiB`,
          goal: `≤ ${ISOLATE_MIB} MB`,
          met: heap(large) * 1.048_576 <= ISOLATE_MIB,
        },
        {
          measure: "resident memory of the process, above that of an idle one",
          ours: rises(large),
          control: `${SMALL} inputs: ${rises(small)}`,
          result: rises(large),
          goal: "",
          met: null,
        },
      ],
    }
  },
}
