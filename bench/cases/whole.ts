import type { BenchCase } from "../lib/context.ts"
import { AT_ONCE, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { memory, startProduct, startSimulator } from "../lib/servers.ts"
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
      const product = await startProduct(folder, simulator.url, { data: `whole-${size}-${round}` })
      try {
        await submit(product.url, submissionBody(10))
        const rss = memory(product.pid)
        const before = rss.now()
        rss.reset()
        const started = performance.now()
        const id = await submit(product.url, submissionBody(size))
        const accepted = performance.now() - started
        await whenDone(product.url, id, 900_000)
        const ms = performance.now() - started
        log(`${size}: accepted after ${figure(accepted)} ms, done after ${figure(ms)} ms`)
        return { ms, rise: rss.peak() - before, peak: rss.peak() }
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
    const rise = median(large.map((one) => one.rise))
    return {
      name: "Whole groups",
      about:
        "From the POST to the last output stored, runs ending at once. Memory: the peak of the whole workerd process, less what it held before; it runs the Worker's isolate and the object's, SQLite's page cache and all buffers.",
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
          measure: `memory of workerd meanwhile`,
          ours: `+${figure(rise)} MiB (peak ${figure(median(large.map(({ peak }) => peak)))})`,
          control: `${SMALL} inputs: +${figure(median(small.map((one) => one.rise)))} MiB`,
          result: `+${figure(rise)} MiB`,
          goal: `≤ ${ISOLATE_MIB} MiB`,
          met: rise <= ISOLATE_MIB,
        },
      ],
    }
  },
}
