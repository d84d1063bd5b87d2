import type { ViewersReport } from "../clients/viewers.ts"
import { watchBare } from "../lib/bareViewers.ts"
import type { BenchCase } from "../lib/context.ts"
import { forgetRequests, KEY, paced, requestsOf, submissionBody, submit } from "../lib/groups.ts"
import { timed } from "../lib/http.ts"
import type { Line } from "../lib/report.ts"
import { startProduct, startSimulator } from "../lib/servers.ts"
import { figure, quantile } from "../lib/stats.ts"
import { behind, watchGroup } from "../lib/viewers.ts"
import { burst, manyGroups } from "./liveScale.ts"

const RUNS = 1_000
/** As many at once as no processor is known to end: where one object's own limit is. */
const FLOOD = { runs: 5_000, endsPerSecond: 1_000 }
/** What Parallel allows in a minute, if reading counts; more ends than that. */
const ALLOWED = 2_000
const LIMITED_RUNS = 2_400
/** Time for the viewers to connect, and to be given every row as it is, before the first run ends. */
const leadMs = (viewers: number) => 3_000 + viewers * 45
/** How often those who are not viewers ask, meanwhile. */
const OTHERS_MS = 100

interface Setting {
  readonly runs: number
  readonly viewers: number
  readonly endsPerSecond: number
  /** How long upstream takes to answer anything but its event stream. */
  readonly latencyMs: number
  /** What upstream allows in a minute. */
  readonly allowed?: number
  /** Others read this group and another one meanwhile. */
  readonly others?: boolean
}

interface Outcome {
  readonly report: ViewersReport
  readonly requests: { readonly total: number; readonly results: number; readonly refused: number }
  /** How long others waited, milliseconds. */
  readonly others: ReadonlyArray<number>
}

/** Small GETs of these groups in turn, until it is stopped. */
const askMeanwhile = (urls: ReadonlyArray<string>) => {
  const times: Array<number> = []
  let asking = true
  const over = (async () => {
    while (asking) {
      for (const url of urls) times.push((await timed(url)).totalMs)
      await new Promise((done) => setTimeout(done, OTHERS_MS))
    }
  })()
  return async () => {
    asking = false
    await over
    return times
  }
}

const follow = async (folder: string, setting: Setting): Promise<Outcome> => {
  const simulator = await startSimulator(folder, {
    ...paced(setting.runs, setting.endsPerSecond, leadMs(setting.viewers)),
    transport: { latency_ms: [setting.latencyMs, setting.latencyMs] },
    ...(setting.allowed !== undefined && {
      rate_limit: { requests: setting.allowed, per_ms: 60_000, counts: "all" },
    }),
  })
  const product = await startProduct(folder, simulator.url, {
    data: `live-${setting.runs}-${setting.viewers}-${setting.endsPerSecond}-${setting.latencyMs}`,
  })
  try {
    await forgetRequests(simulator.url)
    const id = await submit(product.url, submissionBody(setting.runs))
    const another = setting.others === true ? await submit(product.url, submissionBody(2)) : null
    const small = [id, another].flatMap((group) =>
      group === null ? [] : `${product.url}/${group}.json?limit=1`,
    )
    const stopAsking = askMeanwhile(another === null ? [] : small)
    const report = await watchGroup(folder, {
      viewerUrl: `${product.url}/${id}.sse`,
      viewers: setting.viewers,
      upstreamUrl: `${simulator.url}/v1/tasks/groups/${id}/events`,
      key: KEY,
      runs: setting.runs,
      limitMs: 240_000,
    })
    const others = await stopAsking()
    const { total, counts, refused } = await requestsOf(simulator.url)
    const results = Object.entries(counts)
      .filter(([route]) => route.endsWith("/result"))
      .reduce((sum, [, count]) => sum + count, 0)
    // One of the event streams is the direct reader's.
    return { report, requests: { total: total - 1, results, refused }, others }
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

const late = (report: ViewersReport) =>
  report.viewers.flatMap(({ ended }) => behind(report.direct.ended, ended))

const percentiles = (values: ReadonlyArray<number>) => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  worst: quantile(values, 1),
})

const told = ({ p50, p99, worst }: ReturnType<typeof percentiles>) =>
  `p50 ${figure(p50)}, p99 ${figure(p99)}, worst ${figure(worst)} ms`

/** Everybody saw every end, with its output, and `done`. */
const missing = (report: ViewersReport): number =>
  report.viewers.reduce(
    (sum, { ended, done }) => sum + ended.filter((at) => at === null).length + (done ? 0 : 1),
    0,
  )

const newest = (times: ReadonlyArray<number | null>): number =>
  Math.max(...times.filter((time) => time !== null))

const oneViewer = async (folder: string): Promise<ReadonlyArray<Line>> => {
  const { report, requests } = await follow(folder, {
    runs: RUNS,
    viewers: 1,
    endsPerSecond: 100,
    latencyMs: 0,
  })
  const outputs = percentiles(late(report))
  const beside = requests.total - requests.results
  return [
    {
      measure: "an end with its output, seen by one viewer, 100 ends a second",
      ours: told(outputs),
      control: "the end alone, at the direct reader in the same process",
      result: `p50 +${figure(outputs.p50)} ms, p99 +${figure(outputs.p99)} ms`,
      goal: "p50 ≤ 6 ms, p99 ≤ 250 ms",
      met: outputs.p50 <= 6 && outputs.p99 <= 250,
    },
    {
      measure: `upstream requests for ${RUNS} runs beside one result each`,
      ours: `${requests.total}, of which ${requests.results} results`,
      control: `${RUNS}`,
      result: String(beside + Math.max(0, requests.results - RUNS)),
      goal: "≤ 10",
      met: beside + Math.max(0, requests.results - RUNS) <= 10,
    },
    {
      measure: "ends with their outputs, and `done`, that did not come",
      ours: String(missing(report)),
      control: "0",
      result: String(missing(report)),
      goal: "0",
      met: missing(report) === 0,
    },
  ]
}

/** Upstream counts every request: what is more than it allows, listings have to bring. */
const limited = async (folder: string): Promise<ReadonlyArray<Line>> => {
  const { report, requests } = await follow(folder, {
    runs: LIMITED_RUNS,
    viewers: 1,
    endsPerSecond: 100,
    latencyMs: 0,
    allowed: ALLOWED,
  })
  const outputs = percentiles(late(report))
  return [
    {
      measure: `the same, ${LIMITED_RUNS} runs, upstream allowing ${figure(ALLOWED)} requests a minute`,
      ours: `${told(outputs)}; ${requests.refused} requests refused of ${requests.total}`,
      control: "the end alone, at the direct reader in the same process",
      result: `p50 +${figure(outputs.p50)} ms, ${missing(report)} missing`,
      goal: "p50 ≤ 6 ms, nothing missing",
      met: outputs.p50 <= 6 && missing(report) === 0,
    },
  ]
}

const slowUpstream = async (folder: string): Promise<ReadonlyArray<Line>> => {
  const latencyMs = 100
  const { report } = await follow(folder, { runs: RUNS, viewers: 1, endsPerSecond: 50, latencyMs })
  const outputs = percentiles(late(report).map((ms) => ms - latencyMs))
  const last = newest(report.viewers.flatMap(({ ended }) => ended)) - newest(report.direct.ended)
  return [
    {
      measure: "outputs beyond upstream's 100 ms, 50 ends a second",
      ours: told(outputs),
      control: "the end, at the direct reader",
      result: `p50 +${figure(outputs.p50)} ms`,
      goal: "p50 ≤ 10 ms",
      met: outputs.p50 <= 10,
    },
    {
      measure: "the last output after the last end",
      ours: `${figure(last)} ms`,
      control: "the direct reader's last end",
      result: `${figure(last)} ms`,
      goal: "≤ 2,000 ms",
      met: last <= 2_000,
    },
  ]
}

const manyViewers = async (folder: string, viewers: number, p99: number): Promise<ReadonlyArray<Line>> => {
  const endsPerSecond = 100
  const { report, others } = await follow(folder, {
    runs: RUNS,
    viewers,
    endsPerSecond,
    latencyMs: 0,
    others: true,
  })
  const ends = percentiles(late(report))
  const bare = percentiles(await watchBare(folder, viewers, RUNS, endsPerSecond))
  const perSecond = (report.events / report.spanMs) * 1_000
  const asked = percentiles(others)
  return [
    {
      measure: `an end with its output, seen by each of ${viewers} viewers, ${endsPerSecond} ends a second`,
      ours: told(ends),
      control: `${told(bare)}: as many events of that size from the bare object, which follows nothing and starts no stream anew`,
      result: `p99 +${figure(ends.p99)} ms, ${missing(report)} missing`,
      goal: `p99 ≤ ${figure(p99)} ms, all delivered`,
      met: ends.p99 <= p99 && missing(report) === 0,
    },
    {
      measure: `a small GET of the same group and of another meanwhile, ${viewers} viewers`,
      ours: told(asked),
      control: `${report.events} events in ${figure(report.spanMs / 1_000)} s, ${figure(perSecond)} a second`,
      result: `p99 ${figure(asked.p99)} ms`,
      goal: "p99 ≤ 100 ms",
      met: asked.p99 <= 100,
    },
  ]
}

const flood = async (folder: string): Promise<ReadonlyArray<Line>> => {
  const { report } = await follow(folder, { ...FLOOD, viewers: 1, latencyMs: 0 })
  const states = percentiles(late(report))
  return [
    {
      measure: `an end, seen by one viewer, ${FLOOD.endsPerSecond} ends a second, ${FLOOD.runs} runs`,
      ours: told(states),
      control: "the direct reader, in the same process",
      result: `p50 +${figure(states.p50)} ms, ${missing(report)} missing`,
      goal: "all delivered",
      met: missing(report) === 0,
    },
  ]
}

/** From upstream's event to the viewers. */
export const live: BenchCase = {
  name: "live",
  run: async ({ folder, log }) => {
    const lines: Array<Line> = []
    const add = (more: ReadonlyArray<Line>) => {
      lines.push(...more)
      for (const line of more) log(`${line.measure}: ${line.ours} (goal ${line.goal})`)
    }
    add(await oneViewer(folder))
    add(await limited(folder))
    add(await slowUpstream(folder))
    add(await flood(folder))
    add(await manyViewers(folder, 50, 50))
    // About as much as these cores can pass on.
    add(await manyViewers(folder, 500, 2_000))
    add(await burst(folder))
    for (const groups of [1, 100, 300, 1_000]) add(await manyGroups(folder, groups))
    return {
      name: "Live",
      about: `${RUNS} runs that end one after the other. Times are by how much a viewer learns later than a direct reader of upstream's own events in the same process. Events are counted from the first end on; what happens to a run between two of a viewer's rounds (ADR 0017) is one event.`,
      lines,
    }
  },
}
