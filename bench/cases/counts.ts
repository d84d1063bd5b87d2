import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { wranglerEnv } from "../../scripts/start/commands.ts"
import type { BenchCase } from "../lib/context.ts"
import { forgetRequests, KEY, requestsOf, stateOf, submissionBody, submit, whenDone } from "../lib/groups.ts"
import type { Line } from "../lib/report.ts"
import { bundle, startProduct, startSimulator } from "../lib/servers.ts"
import { figure } from "../lib/stats.ts"
import { watchGroup } from "../lib/viewers.ts"

/** What a group costs in counted things. */
export interface Counted {
  /** Per run: rows, key-value entries and alarms that SQLite wrote. */
  readonly writtenPerRun: number
  readonly requests: number
  readonly results: number
  readonly creating: number
}

export const RUNS = 1_000
/** Runs that are queued and running for a while, as real ones are. */
const ORDINARY = { queue_ms: [300, 1_500], duration_ms: [2_000, 14_000] }

/** A group of a thousand runs, from its submission to its end. */
export const countGroup = async (
  folder: string,
  watched: boolean,
  times: object = ORDINARY,
): Promise<Counted> => {
  const simulator = await startSimulator(folder, {
    runs: { ...times, scale_by_processor: false, failure_rate: 0 },
  })
  const product = await startProduct(folder, simulator.url, { data: `counts-${watched}`, count: true })
  try {
    await forgetRequests(simulator.url)
    const id = await submit(product.url, submissionBody(RUNS))
    if (watched) {
      await watchGroup(folder, {
        viewerUrl: `${product.url}/${id}.sse`,
        viewers: 1,
        upstreamUrl: `${simulator.url}/v1/tasks/groups/${id}/events`,
        key: KEY,
        runs: RUNS,
        limitMs: 120_000,
      })
    }
    await whenDone(product.url, id, 120_000)
    const { written } = await stateOf(product.url, id)
    const { total, counts } = await requestsOf(simulator.url)
    const of = (wanted: (route: string) => boolean) =>
      Object.entries(counts)
        .filter(([route]) => wanted(route))
        .reduce((sum, [, count]) => sum + count, 0)
    const all = written === null ? 0 : written.rows + written.keys + written.alarms
    return {
      writtenPerRun: all / RUNS,
      requests: total - (watched ? 1 : 0),
      results: of((route) => route.endsWith("/result")),
      creating: of((route) => route.startsWith("POST ")),
    }
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

/** Bytes of the Worker's code, minified; what is loaded on demand does not count. */
export const bundleSize = (
  folder: string,
  without: Readonly<Record<string, string>> = {},
): { readonly minified: number; readonly gzip: number } => {
  const code = bundle("src/worker.ts", folder, without)
  return { minified: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length }
}

interface Profile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
  }>
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/** wrangler's own profile of the start; null where it makes none. `config`: of another Worker than the product. */
export const startup = (folder: string, config?: string): Profile | null => {
  const out = join(folder, "startup.cpuprofile")
  const args = config === undefined ? "--minify" : `--minify --config ${config}`
  rmSync(out, { force: true })
  spawnSync(
    process.execPath,
    ["node_modules/wrangler/bin/wrangler.js", "check", "startup", `--args=${args}`, "--outfile", out],
    { encoding: "utf8", env: wranglerEnv(folder) },
  )
  return existsSync(out) ? (JSON.parse(readFileSync(out, "utf8")) as Profile) : null
}

const IDLE = new Set(["(idle)", "(program)"])

/** Milliseconds of CPU that the start takes; null where nothing tells. */
export const startupCpu = (folder: string, config?: string): number | null => {
  const profile = startup(folder, config)
  if (profile === null) return null
  const { nodes, samples, timeDeltas } = profile
  const idle = new Set(nodes.filter(({ callFrame }) => IDLE.has(callFrame.functionName)).map(({ id }) => id))
  return samples.reduce((sum, id, at) => sum + (idle.has(id) ? 0 : (timeDeltas[at] ?? 0)), 0) / 1_000
}

/** What a group writes once is in it, by run: its details, the plan, alarms. */
export const LIMITS = { writtenPerRun: 3.1, requests: 10, bundleBytes: 230_000, startupMs: 45 }

const groupLines = ({ writtenPerRun, requests, results }: Counted, how: string): ReadonlyArray<Line> => [
  {
    measure: `rows written in a run's life, ${how}`,
    ours: figure(writtenPerRun),
    control: "",
    result: figure(writtenPerRun),
    goal: `≤ ${LIMITS.writtenPerRun}`,
    met: writtenPerRun <= LIMITS.writtenPerRun,
  },
  {
    measure: `upstream requests for ${RUNS} runs beside one result each, ${how}`,
    ours: `${requests}, of which ${results} results`,
    control: String(RUNS),
    result: String(requests - Math.min(results, RUNS)),
    goal: `≤ ${LIMITS.requests}`,
    met: requests - Math.min(results, RUNS) <= LIMITS.requests,
  },
]

/** What can be counted: it is the same on every machine. */
export const counts: BenchCase = {
  name: "counts",
  run: async ({ folder }) => {
    const alone = await countGroup(folder, false)
    const watched = await countGroup(folder, true)
    const { minified, gzip } = bundleSize(folder)
    return {
      name: "Counts",
      about: `A group of ${RUNS} runs of 2 to 15 s. Rows include key-value entries and alarms, which are billed alike, and the 25 or so that a group writes for itself (0.03 a run here); there is no index beside the tables' own keys.`,
      lines: [
        ...groupLines(alone, "nobody watching"),
        ...groupLines(watched, "one viewer"),
        {
          measure: "the Worker's bundle, minified, gzip",
          ours: `${figure(gzip / 1_000)} kB (${figure(minified / 1_000)} kB before)`,
          control: "",
          result: `${figure(gzip / 1_000)} kB`,
          goal: `≤ ${LIMITS.bundleBytes / 1_000} kB`,
          met: gzip <= LIMITS.bundleBytes,
        },
      ],
    }
  },
}
