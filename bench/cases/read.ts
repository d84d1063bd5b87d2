import type { BenchCase, BenchContext } from "../lib/context.ts"
import { AT_ONCE, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { type Timed, timed } from "../lib/http.ts"
import type { Line } from "../lib/report.ts"
import { memory, type Started, startBare, startProduct, startSimulator } from "../lib/servers.ts"
import { alternate, figure, median, spread } from "../lib/stats.ts"

const SIZES = [1_000, 10_000, 50_000] as const
/** Up to this size the time is judged; above, whether it grows with the rows. */
const JUDGED = 10_000
const FORMATS = ["json", "md", "html"] as const
/** Measured beside them, without a goal. */
const OTHERS = ["csv", "jsonl"] as const
const TIME_GOALS = { json: 1.1, md: 1.5, html: 1.2, csv: null, jsonl: null }
const FIRST_BYTE_GOAL_MS = 20
const MEMORY_GOAL_MIB = 30
const PER_ROW_GOAL = 1.2

/** What takes milliseconds varies by milliseconds, and costs little to ask again. */
const timesOf = (size: number, repeats: number): number =>
  size > 10_000 ? Math.max(3, Math.floor(repeats / 2)) : size > 1_000 ? 2 * repeats + 1 : 6 * repeats + 1

const totals = (all: ReadonlyArray<Timed>) => all.map(({ totalMs }) => totalMs)
const firsts = (all: ReadonlyArray<Timed>) => all.map(({ firstByteMs }) => firstByteMs)

/** Groups of finished runs, made the way users make them; their databases stay in `data`. */
const makeGroups = async (
  { folder, log }: BenchContext,
  data: string,
): Promise<ReadonlyMap<number, string>> => {
  const simulator = await startSimulator(folder, AT_ONCE)
  const product = await startProduct(folder, simulator.url, { data })
  const groups = new Map<number, string>()
  try {
    for (const size of SIZES) {
      const id = await submit(product.url, submissionBody(size))
      groups.set(size, id)
      await whenDone(product.url, id, 900_000)
      log(`a group of ${size} runs is there`)
    }
  } finally {
    await product.stop()
    await simulator.stop()
  }
  return groups
}

/** How far the resident memory of a fresh workerd rises over that of one that has answered a small request. */
const rise = async (server: Started, warmUp: string, url: string): Promise<number> => {
  await timed(warmUp)
  const rss = memory(server.pid)
  const before = rss.now()
  rss.reset()
  for (let round = 0; round < 3; round++) await timed(url)
  return rss.peak() - before
}

/** Finished groups in their formats, against the bare object that streams the same number of bytes. */
export const read: BenchCase = {
  name: "read",
  run: async (context) => {
    const { folder, repeats, log } = context
    const groups = await makeGroups(context, "read")
    const lines: Array<Line> = []
    const perRow = new Map<string, number>()
    const lengths = new Map<string, number>()

    const product = await startProduct(folder, "http://127.0.0.1:9", { data: "read" })
    const bare = await startBare(folder)
    try {
      for (const size of SIZES) {
        for (const format of [...FORMATS, ...OTHERS]) {
          const url = `${product.url}/${groups.get(size)}.${format}`
          const { bytes } = await timed(url)
          const name = `${format}-${size}`
          lengths.set(name, bytes)
          await timed(`${bare.url}/${name}/fill?rows=${size}&bytes=${bytes}`)
          const { ours, control } = await alternate(
            timesOf(size, repeats),
            () => timed(url),
            () => timed(`${bare.url}/${name}/stream`),
          )
          perRow.set(name, median(totals(ours)) / size)
          log(
            `${name}: ${figure(bytes / 1e6)} MB, ${spread(totals(ours), "ms")} against ${spread(totals(control), "ms")}`,
          )
          const ratio = median(totals(ours)) / median(totals(control))
          const goal = size <= JUDGED ? TIME_GOALS[format] : null
          lines.push({
            measure: `GET ${format}, ${size} runs (${figure(bytes / 1e6)} MB)`,
            ours: spread(totals(ours), "ms"),
            control: spread(totals(control), "ms"),
            result: `${figure(ratio)}×`,
            goal: goal === null ? "" : `≤ ${goal}×`,
            met: goal === null ? null : ratio <= goal,
          })
          if (goal === null) continue
          const first = median(firsts(ours))
          lines.push({
            measure: `its first byte`,
            ours: spread(firsts(ours), "ms"),
            control: spread(firsts(control), "ms"),
            result: `${figure(first)} ms`,
            goal: `≤ ${FIRST_BYTE_GOAL_MS} ms`,
            met: first <= FIRST_BYTE_GOAL_MS,
          })
        }
      }
    } finally {
      await product.stop()
      await bare.stop()
    }

    for (const format of FORMATS) {
      const ratio = perRow.get(`${format}-50000`)! / perRow.get(`${format}-1000`)!
      // The page's data are bounded, so that its time per row falls.
      lines.push({
        measure: `time per row of ${format} at 50,000 runs, against 1,000`,
        ours: `${figure(perRow.get(`${format}-50000`)! * 1_000)} µs`,
        control: `${figure(perRow.get(`${format}-1000`)! * 1_000)} µs`,
        result: `${figure(ratio)}×`,
        goal: `≤ ${PER_ROW_GOAL}×`,
        met: ratio <= PER_ROW_GOAL,
      })
    }
    for (const size of [10_000, 50_000]) {
      for (const format of FORMATS) lines.push(await memoryLine(folder, groups, format, size, lengths))
    }
    return {
      name: "Reading",
      about:
        "Finished groups with outputs of about 2 KB, basis included; the control is the bare object streaming the same number of bytes. Memory: the peak of a fresh workerd over three GETs, less what it held after one of 1,000 runs.",
      lines,
    }
  },
}

const memoryLine = async (
  folder: string,
  groups: ReadonlyMap<number, string>,
  format: string,
  size: number,
  lengths: ReadonlyMap<string, number>,
): Promise<Line> => {
  const product = await startProduct(folder, "http://127.0.0.1:9", { data: "read" })
  let ours: number
  try {
    const url = (of: number) => `${product.url}/${groups.get(of)}.${format}`
    ours = await rise(product, url(1_000), url(size))
  } finally {
    await product.stop()
  }
  const bare = await startBare(folder)
  let control: number
  try {
    await timed(`${bare.url}/memory/fill?rows=${size}&bytes=${lengths.get(`${format}-${size}`)}`)
    await timed(`${bare.url}/memory-small/fill?rows=1000&bytes=${lengths.get(`${format}-1000`)}`)
  } finally {
    await bare.stop()
  }
  const fresh = await startBare(folder)
  try {
    control = await rise(fresh, `${fresh.url}/memory-small/stream`, `${fresh.url}/memory/stream`)
  } finally {
    await fresh.stop()
  }
  return {
    measure: `memory, GET ${format} of ${size} runs`,
    ours: `+${figure(ours)} MiB`,
    control: `+${figure(control)} MiB`,
    result: `+${figure(ours)} MiB`,
    goal: `≤ ${MEMORY_GOAL_MIB} MiB`,
    met: ours <= MEMORY_GOAL_MIB,
  }
}
