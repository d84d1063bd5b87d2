import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import type { BenchCase, BenchContext } from "../lib/context.ts"
import { AT_ONCE, inputs, KEY, PROCESSOR, SCHEMA, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { watchHeap } from "../lib/heap.ts"
import { type Ended, runProgram } from "../lib/processes.ts"
import type { Line } from "../lib/report.ts"
import { freePort, memory, startProduct, startSimulator } from "../lib/servers.ts"
import { figure, median, spread } from "../lib/stats.ts"

const SMALL = 5_000
const LARGE = 50_000
const GOAL = 1.2
const MEMORY_GOAL = 1.5
const OBJECT_GOAL_MIB = 40
const VIEWERS = 10

const curl = (url: string, ...more: ReadonlyArray<string>): Promise<Ended> =>
  runProgram("curl", ["--silent", "--fail", "--no-buffer", "--output", "/dev/null", ...more, url])

const rowsOf = async (url: string, id: string, count: number) => {
  const { stdout, peak } = await runProgram(process.execPath, ["bench/clients/rows.ts", url, id])
  const { rows, ms } = JSON.parse(stdout) as { readonly rows: number; readonly ms: number }
  if (rows !== count) throw new Error(`${rows} of ${count} rows came`)
  return { ms, peak }
}

/** The command, put together in one file. */
const command = async (folder: string): Promise<string> => {
  const program = join(folder, "cli.mjs")
  await build({
    entryPoints: ["src/cli/main.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: program,
  })
  return program
}

/** What the command does, by a script of curl alone: the POST, the stream to its end, the table. */
const byCurl = async (url: string, body: string): Promise<number> => {
  const started = performance.now()
  const { stdout } = await runProgram("curl", [
    "--silent",
    "--fail",
    "--header",
    `x-api-key: ${KEY}`,
    "--json",
    `@${body}`,
    `${url}/v1beta/tasks/multitask`,
  ])
  const { url: group } = JSON.parse(stdout) as { readonly url: string }
  await curl(`${group}.sse?basis=none`)
  await curl(`${group}.csv`)
  return performance.now() - started
}

type Times = ReadonlyArray<number>

const beside = (measure: string, ours: Times, control: Times, what: string): Line => {
  const ratio = median(ours) / median(control)
  return {
    measure,
    ours: spread(ours, "ms"),
    control: `${spread(control, "ms")}: ${what}`,
    result: `${figure(ratio)}×`,
    goal: `≤ ${GOAL}×`,
    met: ratio <= GOAL,
  }
}

const reading = async (url: string, small: string, large: string, repeats: number) => {
  const all = {
    rows: [] as Array<number>,
    curl: [] as Array<number>,
    large: [] as Array<number>,
    small: [] as Array<number>,
  }
  for (let round = 0; round <= repeats; round++) {
    const bare = await curl(`${url}/${large}.sse`)
    const read = await rowsOf(url, large, LARGE)
    const { peak } = await rowsOf(url, small, SMALL)
    // The first is the warm-up.
    if (round === 0) continue
    all.curl.push(bare.ms)
    all.rows.push(read.ms)
    all.large.push(read.peak)
    all.small.push(peak)
  }
  const ratio = median(all.large) / median(all.small)
  return [
    beside(`rows() of ${LARGE} rows`, all.rows, all.curl, "curl on the same stream"),
    {
      measure: "its resident memory at most",
      ours: spread(all.large, "MiB"),
      control: `${spread(all.small, "MiB")}: of ${SMALL} rows`,
      result: `${figure(ratio)}×`,
      goal: `≤ ${MEMORY_GOAL}×`,
      met: ratio <= MEMORY_GOAL,
    },
  ] satisfies ReadonlyArray<Line>
}

const commanding = async (url: string, { folder }: BenchContext, repeats: number) => {
  const program = await command(folder)
  const [rows, schema, body] = ["rows.json", "schema.json", "body.json"].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  writeFileSync(rows, JSON.stringify(inputs(SMALL)))
  writeFileSync(schema, JSON.stringify(SCHEMA))
  writeFileSync(body, submissionBody(SMALL))
  const env = { MULTITASK_URL: url, PARALLEL_API_KEY: KEY, HOME: folder }
  const cli = (...args: ReadonlyArray<string>) =>
    runProgram(process.execPath, [program, ...args, "--output", join(folder, "out.csv")], env)
  const ask = ["--schema", schema, "--processor", PROCESSOR, "--yes"]
  const all = { run: [] as Array<number>, script: [] as Array<number>, node: [] as Array<number> }
  for (let round = 0; round <= repeats; round++) {
    const script = await byCurl(url, body)
    const run = await cli("run", rows, ...ask)
    const node = await runProgram(process.execPath, ["--eval", "0"])
    if (round === 0) continue
    all.script.push(script)
    all.run.push(run.ms)
    all.node.push(node.ms)
  }
  return [
    beside(
      `run of ${SMALL} rows, whose runs end at once`,
      all.run,
      all.script,
      `curl for the POST, the stream and the table; Node alone takes ${figure(median(all.node))} ms`,
    ),
  ]
}

const serving = async (
  folder: string,
  simulator: string,
  small: string,
  large: string,
): Promise<ReadonlyArray<Line>> => {
  const inspectorPort = await freePort()
  const product = await startProduct(folder, simulator, { data: "clients", inspectorPort })
  try {
    await curl(`${product.url}/${small}.sse`)
    const lines: Array<Line> = []
    for (const viewers of [1, VIEWERS]) {
      const resident = memory(product.pid)
      const before = resident.now()
      resident.reset()
      const heap = await watchHeap(inspectorPort)
      await Promise.all(Array.from({ length: viewers }, () => curl(`${product.url}/${large}.sse`)))
      const rise = resident.peak() - before
      lines.push({
        measure: `memory while ${LARGE} rows go to ${viewers === 1 ? "a viewer" : `${viewers} viewers at once`}`,
        ours: `heap ${figure(await heap.stop())} MiB; resident +${figure(rise)} MiB`,
        control: "",
        result: `+${figure(rise)} MiB`,
        goal: `≤ ${OBJECT_GOAL_MIB} MiB`,
        met: rise <= OBJECT_GOAL_MIB,
      })
    }
    return lines
  } finally {
    await product.stop()
  }
}

/** Programs that follow a group: the client, and the command. */
export const clients: BenchCase = {
  name: "clients",
  run: async (context) => {
    const { folder, log } = context
    const repeats = Math.max(3, Math.floor(context.repeats / 2))
    const simulator = await startSimulator(folder, AT_ONCE)
    const lines: Array<Line> = []
    const add = (more: ReadonlyArray<Line>) => {
      lines.push(...more)
      for (const { measure, ours, result } of more) log(`${measure}: ${ours} ${result}`)
    }
    try {
      const product = await startProduct(folder, simulator.url, { data: "clients" })
      const { url } = product
      const made = async (size: number) => {
        const id = await submit(url, submissionBody(size))
        await whenDone(url, id, 900_000)
        return id
      }
      try {
        const small = await made(SMALL)
        const large = await made(LARGE)
        add(await reading(url, small, large, repeats))
        add(await commanding(url, context, repeats))
        await product.stop()
        add(await serving(folder, simulator.url, small, large))
      } finally {
        await product.stop()
      }
    } finally {
      await simulator.stop()
    }
    return {
      name: "Clients",
      about:
        "Programs in Node that follow a group, outputs of about 2 KB each. The client is timed in its process, from the call on; the command from its start to its end, Node's own included. Memory of the object is that of a fresh workerd, which the Worker in front is part of, above what it held after a stream of 5,000 rows.",
      lines,
    }
  },
}
