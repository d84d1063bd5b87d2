import type { BenchCase } from "../lib/context.ts"
import { AT_ONCE, forgetRequests, requestsOf, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { timed } from "../lib/http.ts"
import { startBare, startProduct, startSimulator } from "../lib/servers.ts"
import { alternate, figure, median, spread } from "../lib/stats.ts"

const RUNS = 1_000
const AT_A_TIME = 50
const POLLS = 200

const together = async (url: string): Promise<number> => {
  const started = performance.now()
  await Promise.all(Array.from({ length: AT_A_TIME }, () => timed(url)))
  return performance.now() - started
}

/** Many readers of one group, and those that only ask whether there is anything new. */
export const many: BenchCase = {
  name: "many",
  run: async ({ folder, repeats }) => {
    const simulator = await startSimulator(folder, AT_ONCE)
    const product = await startProduct(folder, simulator.url, { data: "many" })
    const bare = await startBare(folder)
    try {
      const id = await submit(product.url, submissionBody(RUNS))
      await whenDone(product.url, id, 120_000)
      await forgetRequests(simulator.url)
      const url = `${product.url}/${id}.json`
      const { bytes, etag } = await timed(url)
      await timed(`${bare.url}/many/fill?rows=${RUNS}&bytes=${bytes}`)
      const burst = await alternate(
        repeats,
        () => together(url),
        () => together(`${bare.url}/many/stream`),
      )
      const throughput = median(burst.control) / median(burst.ours)

      const headers = { "if-none-match": etag ?? "" }
      const poll = async () => {
        const answer = await timed(url, { headers })
        if (answer.status !== 304) throw new Error(`an unchanged poll was answered with ${answer.status}`)
        return answer.totalMs
      }
      const empty = async () => (await timed(`${product.url}/_bench/empty/${id}`)).totalMs
      const polls = await alternate(POLLS, poll, empty)
      const beyond = median(polls.ours) - median(polls.control)
      const { total } = await requestsOf(simulator.url)
      return {
        name: "Many readers",
        about: `${AT_A_TIME} GETs at once of a ${RUNS}-run json (${figure(bytes / 1e6)} MB), against the bare object; ${POLLS} polls with If-None-Match, against a route of the same object that does nothing.`,
        lines: [
          {
            measure: `${AT_A_TIME} GETs at once`,
            ours: spread(burst.ours, "ms"),
            control: spread(burst.control, "ms"),
            result: `${figure(throughput)}× the throughput`,
            goal: "≥ 0.8×",
            met: throughput >= 0.8,
          },
          {
            measure: "an unchanged poll",
            ours: spread(polls.ours, "ms"),
            control: spread(polls.control, "ms"),
            result: `+${figure(beyond)} ms`,
            goal: "≤ 2 ms more",
            met: beyond <= 2,
          },
          {
            measure: "upstream requests of all this reading",
            ours: String(total),
            control: "0",
            result: String(total),
            goal: "0",
            met: total === 0,
          },
        ],
      }
    } finally {
      await product.stop()
      await bare.stop()
      await simulator.stop()
    }
  },
}
