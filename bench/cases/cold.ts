import type { BenchCase } from "../lib/context.ts"
import { AT_ONCE, KEY, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { timed } from "../lib/http.ts"
import { profiled } from "../lib/profile.ts"
import type { Line } from "../lib/report.ts"
import {
  freePort,
  sourceMapOf,
  startBare,
  startProduct,
  startSimulator,
  type Started,
} from "../lib/servers.ts"
import { figure, median, spread } from "../lib/stats.ts"
import { LIMITS, startupCpu } from "./counts.ts"

const ENTRY = "src/worker.ts"
const ROWS = 10

type Ask = (url: string) => Promise<unknown>

const form: Ask = (url) => timed(`${url}/`)

const read =
  (group: string): Ask =>
  (url) =>
    timed(`${url}/${group}.json`)

const post: Ask = (url) =>
  timed(`${url}/v1beta/tasks/multitask`, {
    method: "POST",
    headers: { "x-api-key": KEY, "content-type": "application/json" },
    body: submissionBody(1),
  })

/** The first that matches a source file says what is done there. */
const PARTS: ReadonlyArray<readonly [RegExp, string]> = [
  [/src\/domain\/Settings\.ts/, "settings"],
  [/src\/layers\/sqlite\/(?:tables|migrate|resultsView|look)\.ts/, "tables"],
  [/src\/layers\/(?:sqlite\/|SecretStoreKv)/, "SQL"],
  [/src\/layers\/render\/|src\/pages\//, "rendering"],
  [/src\/(?:layers|do\/layers|http\/runtime)|effect\/dist\/(?:Layer|ManagedRuntime)\.js/, "layers"],
  [/src\/do\/|queryable-object/, "the object"],
  [/src\/(?:domain|programs)\//, "programs"],
  [/src\/(?:http\/|worker)/, "the request"],
]

const partOf = (file: string): string | undefined => PARTS.find(([of]) => of.test(file))?.[1]

/** Milliseconds of each, one after the other, of a server that nothing has been asked of. */
const inTurn = async (starting: Promise<Started>, asks: ReadonlyArray<Ask>): Promise<Array<number>> => {
  const server = await starting
  try {
    const took: Array<number> = []
    for (const ask of asks) {
      const started = performance.now()
      await ask(server.url)
      took.push(performance.now() - started)
    }
    return took
  } finally {
    await server.stop()
  }
}

/** Groups that have ended before anything is measured; everything that is started finds them in `data`. */
const makeGroups = async (folder: string, upstream: string, data: string) => {
  const product = await startProduct(folder, upstream, { data })
  try {
    const one = await submit(product.url, submissionBody(ROWS))
    const other = await submit(product.url, submissionBody(ROWS))
    for (const group of [one, other]) await whenDone(product.url, group, 30_000)
    return { one, other }
  } finally {
    await product.stop()
  }
}

/** CPU of the first answer, once the script has run, by part. */
const partsOf = async (folder: string, upstream: string, data: string, ask: Ask) => {
  const inspectorPort = await freePort()
  const product = await startProduct(folder, upstream, { data, entry: ENTRY, inspectorPort })
  try {
    return await profiled(inspectorPort, sourceMapOf(ENTRY, folder), partOf, () => ask(product.url))
  } finally {
    await product.stop()
  }
}

type Times = ReadonlyArray<ReadonlyArray<number>>

const timeLine = (measure: string, times: Times, first = 0): Line => {
  const [ours, control] = [first, first + 1].map((at) => times.map((round) => round[at] ?? Number.NaN))
  return {
    measure,
    ours: spread(ours!, "ms"),
    control: spread(control!, "ms"),
    result: `${figure(median(ours!) / median(control!))}×`,
    goal: "",
    met: null,
  }
}

const partsLine = (measure: string, rounds: ReadonlyArray<ReadonlyMap<string, number>>): Line => {
  const names = [...new Set(rounds.flatMap((round) => [...round.keys()]))]
  const medians = names.map((name) => [name, median(rounds.map((round) => round.get(name) ?? 0))] as const)
  const largest = medians.filter(([, ms]) => ms >= 0.1).toSorted(([, a], [, b]) => b - a)
  return {
    measure: `CPU of it behind the start: ${measure}`,
    ours: largest.map(([name, ms]) => `${name} ${figure(ms)}`).join(", "),
    control: "",
    result: `${figure(medians.reduce((sum, [, ms]) => sum + ms, 0))} ms`,
    goal: "",
    met: null,
  }
}

const startLine = (took: ReadonlyArray<number>): Line => ({
  measure: "start-up CPU (wrangler check startup)",
  ours: spread(took, "ms"),
  control: "",
  result: `${figure(median(took))} ms`,
  goal: `≤ ${LIMITS.startupMs} ms`,
  met: median(took) <= LIMITS.startupMs,
})

/** How long those wait who are the first to ask. */
export const cold: BenchCase = {
  name: "cold",
  run: async ({ folder, repeats }) => {
    const data = "cold"
    const simulator = await startSimulator(folder, AT_ONCE)
    try {
      const { one, other } = await makeGroups(folder, simulator.url, data)
      const kinds = {
        "`GET /`": [form, form],
        [`\`GET /{id}.json\` of ${ROWS} rows`]: [read(one), read(one), read(other), read(other)],
        "POST of 1": [post, post],
      }
      const start = () => startProduct(folder, simulator.url, { data, entry: ENTRY })
      const bare: Array<ReadonlyArray<number>> = []
      const times = new Map<string, Array<ReadonlyArray<number>>>()
      const parts = new Map<string, Array<ReadonlyMap<string, number>>>()
      const starts: Array<number> = []
      for (let round = -1; round < repeats; round++) {
        if (round >= 0) starts.push(startupCpu(folder) ?? Number.NaN)
        const floor = await inTurn(startBare(folder), [form, form])
        if (round >= 0) bare.push(floor)
        for (const [kind, asks] of Object.entries(kinds)) {
          const took = await inTurn(start(), asks)
          const spent = await partsOf(folder, simulator.url, data, asks[0]!)
          if (round < 0) continue
          times.set(kind, [...(times.get(kind) ?? []), took])
          parts.set(kind, [...(parts.get(kind) ?? []), spent])
        }
      }
      return {
        name: "A cold Worker",
        about:
          "Each first answer is that of a workerd that has just been started, waiting for the script included; the control is the second of its kind. The profiles of first answers have only what comes behind the start.",
        lines: [
          startLine(starts),
          timeLine("first answer of a Worker that does nothing", bare),
          ...Object.keys(kinds).flatMap((kind) => [
            timeLine(`first ${kind}`, times.get(kind) ?? []),
            partsLine(kind, parts.get(kind) ?? []),
          ]),
          timeLine(
            "the first of another group, whose object is cold",
            times.get(Object.keys(kinds)[1]!) ?? [],
            2,
          ),
        ],
      }
    } finally {
      await simulator.stop()
    }
  },
}
