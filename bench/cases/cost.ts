import type { BenchCase } from "../lib/context.ts"
import { AT_ONCE, KEY, stateOf, submissionBody, submit, whenDone } from "../lib/groups.ts"
import type { Line } from "../lib/report.ts"
import { cpuMs, startProduct, startSimulator } from "../lib/servers.ts"
import { figure } from "../lib/stats.ts"
import { watchGroup } from "../lib/viewers.ts"

/** Cloudflare's prices beyond what the paid plan includes, USD (October 2026). */
const PRICE = {
  rowWritten: 1 / 1e6,
  rowRead: 0.001 / 1e6,
  objectRequest: 0.15 / 1e6,
  workerRequest: 0.3 / 1e6,
  workerCpuMs: 0.02 / 1e6,
  /** An object in memory, billed at 128 MB. */
  hour: 450 * (12.5 / 1e6),
  gigabyteMonth: 0.2,
}

/** Assumed, not counted: how long Parallel takes, and how long results are kept. */
const SETTINGS = [
  { runs: 1_000, hours: 0.5 },
  { runs: 50_000, hours: 6 },
]
const KEPT_MONTHS = 1
/** The object stays in memory for so long when nothing is left to do. */
const HIBERNATES_AFTER_S = 10

const VIEWERS = [1, 10]

const count = async (folder: string, runs: number, viewers: number) => {
  const simulator = await startSimulator(folder, AT_ONCE)
  const product = await startProduct(folder, simulator.url, { data: `cost-${runs}-${viewers}`, count: true })
  try {
    const before = cpuMs(product.pid)
    const id = await submit(product.url, submissionBody(runs))
    await watchGroup(folder, {
      viewerUrl: `${product.url}/${id}.sse`,
      viewers,
      upstreamUrl: `${simulator.url}/v1/tasks/groups/${id}/events`,
      key: KEY,
      runs,
      limitMs: 300_000,
    })
    await whenDone(product.url, id, 300_000)
    const { written, bytes, requests } = await stateOf(product.url, id)
    if (written === null) throw new Error("nothing was counted")
    return {
      rows: written.rows + written.keys + written.alarms,
      rowsRead: written.rowsRead,
      requests,
      cpu: cpuMs(product.pid) - before,
      bytes,
    }
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

const usd = (amount: number): string => `$${amount < 0.001 ? amount.toExponential(1) : amount.toFixed(4)}`

/** What a group costs at Cloudflare: counted rows, bytes, requests and CPU, assumed hours, and arithmetic. */
export const cost: BenchCase = {
  name: "cost",
  run: async ({ folder, log }) => {
    const lines: Array<Line> = []
    for (const { runs, hours } of SETTINGS) {
      for (const viewers of VIEWERS) {
        const counted = await count(folder, runs, viewers)
        const { worker, object } = counted.requests
        const parts = {
          "rows written": counted.rows * PRICE.rowWritten,
          duration: (hours + HIBERNATES_AFTER_S / 3_600) * PRICE.hour,
          storage: (counted.bytes / 1e9) * PRICE.gigabyteMonth * KEPT_MONTHS,
          CPU: counted.cpu * PRICE.workerCpuMs,
          "rows read": counted.rowsRead * PRICE.rowRead,
          requests: object * PRICE.objectRequest + worker * PRICE.workerRequest,
        }
        const sum = Object.values(parts).reduce((all, one) => all + one, 0)
        const largest = Object.entries(parts).toSorted(([, a], [, b]) => b - a)
        const line: Line = {
          measure: `${runs} runs, ${viewers} viewer${viewers === 1 ? "" : "s"}`,
          ours: `a run: ${figure(counted.rows / runs)} rows written, ${figure(counted.rowsRead / runs)} read, ${figure(counted.bytes / runs)} bytes, ${figure(counted.cpu / runs)} ms CPU; ${worker} requests to the Worker, ${object} to the object`,
          control: `assumed: ${hours} h in memory, kept ${KEPT_MONTHS} month`,
          result: `${usd(sum)}: ${largest.map(([name, amount]) => `${name} ${usd(amount)}`).join(", ")}`,
          goal: "",
          met: null,
        }
        lines.push(line)
        log(`${line.measure}: ${line.ours}: ${line.result}`)
      }
    }
    return {
      name: "Cost",
      about:
        "Counted: rows, bytes, requests and alarms, and the CPU of the whole process, which is billed as if all of it were the Worker's (an object's is not billed beside its duration). Assumed: hours and months. The rest is arithmetic on Cloudflare's price list beyond the included amounts; upstream requests are not billed there.",
      lines,
    }
  },
}
