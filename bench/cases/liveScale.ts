import { AT_ONCE, KEY, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { watchHeap } from "../lib/heap.ts"
import { text, timed } from "../lib/http.ts"
import type { Line } from "../lib/report.ts"
import { cpuMs, freePort, memory, startProduct, startSimulator } from "../lib/servers.ts"
import { figure, quantile } from "../lib/stats.ts"
import { watchGroups } from "../lib/viewers.ts"

/** Runs of one group that end at once, so many milliseconds after they were added. */
const BURST = { runs: 10_000, afterMs: 4_000 }
/** Each group's, one a second. */
const RUNS_EACH = 15
/** POSTs at a time. */
const SUBMITTING = 8

/** How long it takes to store all that has ended at once. */
export const burst = async (folder: string): Promise<ReadonlyArray<Line>> => {
  const overrides = [{ output_bytes: 2_000, ends_after_ms: BURST.afterMs }]
  const simulator = await startSimulator(folder, { runs: { ...AT_ONCE.runs, overrides } })
  const product = await startProduct(folder, simulator.url, { data: "live-burst" })
  try {
    await submit(product.url, submissionBody(10))
    const id = await submit(product.url, submissionBody(BURST.runs))
    await whenDone(product.url, id, 120_000)
    const group = JSON.parse((await text(`${product.url}/${id}.json?basis=none`)).text) as {
      readonly status: { readonly modified_at: string; readonly task_run_status_counts: object }
      readonly runs: ReadonlyArray<{ readonly modified_at: string; readonly output: object | null }>
    }
    const lastEnd = group.runs.reduce((last, { modified_at }) => Math.max(last, Date.parse(modified_at)), 0)
    const ms = Date.parse(group.status.modified_at) - lastEnd
    const missing = BURST.runs - group.runs.filter(({ output }) => output !== null).length
    const read = await timed(
      `${simulator.url}/v1/tasks/groups/${id}/runs?status=completed&include_output=true`,
      { headers: { "x-api-key": KEY } },
    )
    return [
      {
        measure: `${BURST.runs} runs that end at once: all stored after the last end`,
        ours: `${figure(ms / 1_000)} s`,
        control: `${figure(read.totalMs / 1_000)} s: the listing with all outputs, read by a client that does nothing with it`,
        result: `${figure(ms / BURST.runs)} ms a run, ${missing} missing`,
        goal: "≤ 8 s",
        met: ms <= 8_000 && missing === 0,
      },
    ]
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

/** Many groups in one runtime, each with a viewer, and an end a second. */
export const manyGroups = async (folder: string, groups: number): Promise<ReadonlyArray<Line>> => {
  const lead = 3_000 + groups * 20
  const overrides = [
    { output_bytes: 2_000 },
    ...Array.from({ length: RUNS_EACH }, (_, at) => ({
      input_index: at,
      ends_after_ms: lead + at * 1_000,
    })),
  ]
  const simulator = await startSimulator(folder, { runs: { ...AT_ONCE.runs, overrides } })
  const inspectorPort = await freePort()
  const product = await startProduct(folder, simulator.url, { data: `live-groups-${groups}`, inspectorPort })
  try {
    await submit(product.url, submissionBody(2))
    const resident = memory(product.pid)
    const before = resident.now()
    const heap = await watchHeap(inspectorPort)
    const ids: Array<string> = []
    let next = 0
    const submitting = Array.from({ length: SUBMITTING }, async () => {
      while (next++ < groups) ids.push(await submit(product.url, submissionBody(RUNS_EACH)))
    })
    await Promise.all(submitting)
    const cpuBefore = cpuMs(product.pid)
    const { late, done } = await watchGroups(folder, {
      viewerUrls: ids.map((id) => `${product.url}/${id}.sse`),
      limitMs: lead + RUNS_EACH * 1_000 + 60_000,
    })
    const cpu = (cpuMs(product.pid) - cpuBefore) / (groups * RUNS_EACH)
    const each = (resident.peak() - before) / groups
    const [p50, p99, worst] = [0.5, 0.99, 1].map((q) => quantile(late, q)) as [number, number, number]
    const missing = groups * (RUNS_EACH + 1) - late.length - done
    return [
      {
        measure: `an end with its output, one viewer each of ${figure(groups)} groups, an end a second each`,
        ours: `p50 ${figure(p50)}, p99 ${figure(p99)}, worst ${figure(worst)} ms; ${figure(cpu)} ms of CPU an end; ${figure(await heap.stop())} MiB held by the isolate, ${figure(each)} MiB resident a group`,
        control: "when upstream says that it was",
        result: `p99 +${figure(p99)} ms, ${missing} missing`,
        goal: "p99 ≤ 150 ms",
        met: p99 <= 150 && missing === 0,
      },
    ]
  } finally {
    await product.stop()
    await simulator.stop()
  }
}
