import type { BenchCase } from "../lib/context.ts"
import {
  AT_ONCE,
  forgetRequests,
  KEY,
  requestsOf,
  stateOf,
  submissionBody,
  submit,
  whenDone,
} from "../lib/groups.ts"
import type { Line } from "../lib/report.ts"
import { startProduct, startSimulator } from "../lib/servers.ts"
import { figure } from "../lib/stats.ts"
import { watchGroup } from "../lib/viewers.ts"

/** Cloudflare's prices beyond what the paid plan includes, USD (October 2026). */
const PRICE = {
  rowWritten: 1 / 1e6,
  rowRead: 0.001 / 1e6,
  objectRequest: 0.15 / 1e6,
  /** An object in memory, billed at 128 MB. */
  hour: 450 * (12.5 / 1e6),
  gigabyteMonth: 0.2,
}

/** Assumed, not counted: how long Parallel takes, and how long results are kept. */
const SETTINGS = [
  { runs: 100, hours: 0.1 },
  { runs: 1_000, hours: 0.5 },
  { runs: 50_000, hours: 6 },
]
const KEPT_MONTHS = 1

const VIEWERS = 10

interface Counted {
  readonly rows: number
  readonly rowsRead: number
  readonly requests: number
  readonly bytes: number
}

const count = async (folder: string, runs: number, viewers: number): Promise<Counted> => {
  const simulator = await startSimulator(folder, AT_ONCE)
  const product = await startProduct(folder, simulator.url, { data: `cost-${runs}-${viewers}`, count: true })
  try {
    await forgetRequests(simulator.url)
    const id = await submit(product.url, submissionBody(runs))
    if (viewers > 0) {
      await watchGroup(folder, {
        viewerUrl: `${product.url}/${id}.sse`,
        viewers,
        upstreamUrl: `${simulator.url}/v1/tasks/groups/${id}/events`,
        key: KEY,
        runs,
        limitMs: 900_000,
      })
    }
    await whenDone(product.url, id, 900_000)
    const { written, bytes } = await stateOf(product.url, id)
    const { total } = await requestsOf(simulator.url)
    if (written === null) throw new Error("nothing was counted")
    return {
      rows: written.rows + written.keys + written.alarms,
      rowsRead: written.rowsRead,
      requests: total,
      bytes,
    }
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

const usd = (amount: number): string => `$${amount < 0.001 ? amount.toExponential(1) : amount.toFixed(4)}`

/** What a group costs at Cloudflare: counted rows and bytes, assumed hours, and arithmetic. */
export const cost: BenchCase = {
  name: "cost",
  run: async ({ folder, log }) => {
    const lines: Array<Line> = []
    for (const { runs, hours } of SETTINGS) {
      for (const viewers of [0, VIEWERS]) {
        // 50,000 rows for each of ten viewers of this machine would measure the machine.
        if (viewers > 0 && runs > 1_000) continue
        const counted = await count(folder, runs, viewers)
        const parts = {
          written: counted.rows * PRICE.rowWritten,
          read: counted.rowsRead * PRICE.rowRead,
          requests: (10 + runs / 1_000 + viewers) * PRICE.objectRequest,
          duration: hours * PRICE.hour,
          storage: (counted.bytes / 1e9) * PRICE.gigabyteMonth * KEPT_MONTHS,
        }
        const sum = Object.values(parts).reduce((all, one) => all + one, 0)
        const line: Line = {
          measure: `${runs} runs, ${viewers} viewers`,
          ours: `${figure(counted.rows / runs)} rows written and ${figure(counted.rowsRead / runs)} read a run, ${figure(counted.bytes / runs)} bytes a run, ${counted.requests} upstream requests`,
          control: `assumed: ${hours} h in memory, kept ${KEPT_MONTHS} month`,
          result: `${usd(sum)}: written ${usd(parts.written)}, read ${usd(parts.read)}, duration ${usd(parts.duration)}, storage ${usd(parts.storage)}, requests ${usd(parts.requests)}`,
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
        "Counted: rows, bytes, upstream requests (which Cloudflare does not bill). Assumed: hours and months. The rest is arithmetic on Cloudflare's price list beyond the included amounts.",
      lines,
    }
  },
}
