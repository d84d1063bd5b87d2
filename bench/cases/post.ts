import {
  AT_ONCE,
  forgetRequests,
  NEVER,
  requestsOf,
  submissionBody,
  submit,
  submitDirectly,
} from "../lib/groups.ts"
import type { BenchCase } from "../lib/context.ts"
import { startProduct, startSimulator } from "../lib/servers.ts"
import { alternate, figure, median, spread } from "../lib/stats.ts"

const INPUTS = 5_000
const LATENCY_MS = 200

/** Time for what the POST before has started: the events of its runs are not what is measured here. */
const PAUSE_MS = 1_500

const clock = async (run: () => Promise<unknown>): Promise<number> => {
  await new Promise((done) => setTimeout(done, PAUSE_MS))
  const started = performance.now()
  await run()
  return performance.now() - started
}

/** A POST of many inputs, against a client that creates the group and adds all batches at once. */
export const post: BenchCase = {
  name: "post",
  run: async ({ folder, repeats }) => {
    const latency = { transport: { latency_ms: [LATENCY_MS, LATENCY_MS] } }
    const simulator = await startSimulator(folder, { ...AT_ONCE, ...NEVER, ...latency })
    const product = await startProduct(folder, simulator.url, { data: "post" })
    try {
      const body = submissionBody(INPUTS)
      await forgetRequests(simulator.url)
      await submit(product.url, body)
      const { counts } = await requestsOf(simulator.url)
      const creating =
        (counts["POST /v1/tasks/groups"] ?? 0) + (counts["POST /v1/tasks/groups/{group}/runs"] ?? 0)
      const { ours, control } = await alternate(
        repeats,
        () => clock(() => submit(product.url, body)),
        () => clock(() => submitDirectly(simulator.url, INPUTS)),
      )
      const ratio = median(ours) / median(control)
      const requests = 1 + Math.ceil(INPUTS / 1_000)
      return {
        name: "Submitting",
        about: `POST of ${INPUTS} inputs, upstream answering in ${LATENCY_MS} ms; the control creates the group and adds all batches at once, from Node.`,
        lines: [
          {
            measure: `POST of ${INPUTS} inputs`,
            ours: spread(ours, "ms"),
            control: spread(control, "ms"),
            result: `${figure(ratio)}×`,
            goal: "≤ 1.3×",
            met: ratio <= 1.3,
          },
          {
            measure: "upstream requests of it (create, add runs)",
            ours: String(creating),
            control: String(requests),
            result: String(creating),
            goal: `1 + ⌈n / 1,000⌉ = ${requests}`,
            met: creating === requests,
          },
        ],
      }
    } finally {
      await product.stop()
      await simulator.stop()
    }
  },
}
