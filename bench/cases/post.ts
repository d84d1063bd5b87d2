import type { BenchCase, BenchContext } from "../lib/context.ts"
import {
  AT_ONCE,
  forgetRequests,
  NEVER,
  requestsOf,
  submissionBody,
  submit,
  submitDirectly,
} from "../lib/groups.ts"
import type { Line } from "../lib/report.ts"
import { startProduct, startSimulator } from "../lib/servers.ts"
import { alternate, figure, median, spread } from "../lib/stats.ts"

const INPUTS = 5_000
const LATENCY_MS = 200

/** Few inputs, against an upstream that answers at once: what is ours of a POST. */
const SMALL = [
  { inputs: 1, most: 5 },
  { inputs: 100, most: 3 },
  { inputs: 1_000, most: 2 },
]
const SMALL_TIMES = 21

/** Time for what the POST before has started: the events of its runs are not what is measured here. */
const PAUSE_MS = { large: 1_500, small: 100 }

const clock = async (pauseMs: number, run: () => Promise<unknown>): Promise<number> => {
  await new Promise((done) => setTimeout(done, pauseMs))
  const started = performance.now()
  await run()
  return performance.now() - started
}

/** Both in turn, and how many times as long ours takes. */
const against = async (
  servers: { readonly product: string; readonly simulator: string },
  inputs: number,
  times: number,
  pauseMs: number,
) => {
  const body = submissionBody(inputs)
  const { ours, control } = await alternate(
    times,
    () => clock(pauseMs, () => submit(servers.product, body)),
    () => clock(pauseMs, () => submitDirectly(servers.simulator, inputs)),
  )
  return { ours, control, ratio: median(ours) / median(control) }
}

const lineOf = (
  inputs: number,
  most: number,
  { ours, control, ratio }: Awaited<ReturnType<typeof against>>,
): Line => ({
  measure: `POST of ${inputs} ${inputs === 1 ? "input" : "inputs"}`,
  ours: spread(ours, "ms"),
  control: spread(control, "ms"),
  result: `${figure(ratio)}×`,
  goal: `≤ ${most}×`,
  met: ratio <= most,
})

const small = async ({ folder }: BenchContext): Promise<ReadonlyArray<Line>> => {
  const simulator = await startSimulator(folder, { ...AT_ONCE, ...NEVER })
  const product = await startProduct(folder, simulator.url, { data: "post-small" })
  try {
    const servers = { product: product.url, simulator: simulator.url }
    // Code that has run a few times is another than that of the first request.
    await against(servers, 1, SMALL_TIMES, PAUSE_MS.small)
    const lines: Array<Line> = []
    for (const { inputs, most } of SMALL)
      lines.push(lineOf(inputs, most, await against(servers, inputs, SMALL_TIMES, PAUSE_MS.small)))
    return lines
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

const large = async ({ folder, repeats }: BenchContext): Promise<ReadonlyArray<Line>> => {
  const latency = { transport: { latency_ms: [LATENCY_MS, LATENCY_MS] } }
  const simulator = await startSimulator(folder, { ...AT_ONCE, ...NEVER, ...latency })
  const product = await startProduct(folder, simulator.url, { data: "post" })
  try {
    await forgetRequests(simulator.url)
    await submit(product.url, submissionBody(INPUTS))
    const { counts } = await requestsOf(simulator.url)
    const creating =
      (counts["POST /v1/tasks/groups"] ?? 0) + (counts["POST /v1/tasks/groups/{group}/runs"] ?? 0)
    const servers = { product: product.url, simulator: simulator.url }
    const measured = await against(servers, INPUTS, 2 * repeats - 1, PAUSE_MS.large)
    const requests = 1 + Math.ceil(INPUTS / 1_000)
    return [
      lineOf(INPUTS, 1.15, measured),
      {
        measure: "upstream requests of it (create, add runs)",
        ours: String(creating),
        control: String(requests),
        result: String(creating),
        goal: `1 + ⌈n / 1,000⌉ = ${requests}`,
        met: creating === requests,
      },
    ]
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

/** A POST, against a client that creates the group and adds all batches at once. */
export const post: BenchCase = {
  name: "post",
  run: async (context) => ({
    name: "Submitting",
    about: `POST of ${INPUTS} inputs, upstream answering in ${LATENCY_MS} ms; the control creates the group and adds all batches at once, from Node. Fewer inputs, where the control's two calls come one after the other: upstream answering at once, ${SMALL_TIMES} repetitions, Worker and object sharing a process and its thread.`,
    lines: [...(await large(context)), ...(await small(context))],
  }),
}
