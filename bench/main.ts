import { readFileSync, writeFileSync } from "node:fs"
import { arch, cpus, platform, release, totalmem } from "node:os"
import { parseArgs } from "node:util"
import { acts } from "./cases/acts.ts"
import { bodies } from "./cases/bodies.ts"
import { cold } from "./cases/cold.ts"
import { clients } from "./cases/clients.ts"
import { cost } from "./cases/cost.ts"
import { counts } from "./cases/counts.ts"
import { live } from "./cases/live.ts"
import { many } from "./cases/many.ts"
import { mcp } from "./cases/mcp.ts"
import { pages } from "./cases/pages.ts"
import { post } from "./cases/post.ts"
import { read } from "./cases/read.ts"
import { sql } from "./cases/sql.ts"
import { whole } from "./cases/whole.ts"
import { buildMcpSdk } from "../scripts/lib/mcpSdk.mjs"
import { writePages } from "../scripts/lib/pageBundles.mjs"
import type { BenchCase } from "./lib/context.ts"
import { goalsMarkdown, repeatMarkdown, type Section, sectionMarkdown } from "./lib/report.ts"
import { makeFolder } from "./lib/servers.ts"

const CASES: ReadonlyArray<BenchCase> = [
  counts,
  post,
  acts,
  bodies,
  read,
  many,
  live,
  whole,
  sql,
  mcp,
  cold,
  pages,
  clients,
  cost,
]

const HELP = `Measures the product against controls, in one run on one machine. Linux only: it reads /proc.

  npm run bench                    everything, 20 minutes at most
  npm run bench -- NAME [NAME ...] some of: ${CASES.map(({ name }) => name).join(", ")}
  --repeats N                      how often a measurement is repeated (default 5)
  --against FILE                   what an earlier run wrote: which results are more than a tenth apart from it
  --save                           writes bench/RESULTS.md
`

const machine = (): string => {
  const [cpu] = cpus()
  return `${cpus().length} cores of ${cpu?.model.trim() ?? "an unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()} ${arch()}, Node ${process.versions.node}`
}

const document = (sections: ReadonlyArray<Section>, repeats: number, minutes: number): string =>
  [
    "# Benchmark results",
    "",
    `Written by \`npm run bench -- --save\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Client, upstream (the simulator) and workerd share it; the databases are in memory (/dev/shm), so that no disk is measured. It took ${minutes.toFixed(1)} minutes.`,
    "",
    `Medians, with the lowest and highest in parentheses; ${repeats} repetitions unless said otherwise, ours and the control in turn, after a warm-up of each. The range of a control is the machine's noise: a difference within it means nothing.`,
    "",
    goalsMarkdown(sections),
    sections.map(sectionMarkdown).join("\n\n"),
    "",
  ].join("\n")

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      repeats: { type: "string", default: "5" },
      against: { type: "string" },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  const unknown = positionals.filter((name) => !CASES.some((one) => one.name === name))
  const repeats = Number(values.repeats)
  if (values.help || unknown.length > 0 || !Number.isInteger(repeats) || repeats < 1) {
    console.log(unknown.length > 0 ? `There is no ${unknown.join(", ")}.\n\n${HELP}` : HELP)
    return values.help ? 0 : 1
  }
  if (values.save && positionals.length > 0) {
    console.log(`--save writes the whole of bench/RESULTS.md: leave out ${positionals.join(", ")}.`)
    return 1
  }
  const earlier = values.against === undefined ? null : readFileSync(values.against, "utf8")
  const started = performance.now()
  const minutes = () => (performance.now() - started) / 60_000
  await Promise.all([buildMcpSdk(), writePages()])
  const folder = makeFolder()
  const sections: Array<Section> = []
  const failed: Array<string> = []
  try {
    for (const one of CASES) {
      if (positionals.length > 0 && !positionals.includes(one.name)) continue
      console.error(`${minutes().toFixed(1)} min: ${one.name} …`)
      const log = (message: string) => console.error(`  ${message}`)
      try {
        sections.push(await one.run({ folder: folder.path, repeats, log }))
      } catch (error) {
        // What the others have measured is not to be lost with it.
        failed.push(one.name)
        console.error(`${one.name} failed:`, error)
      }
    }
  } finally {
    folder.remove()
  }
  const results = document(sections, repeats, minutes())
  const repeated = earlier === null ? "" : `\n### Again\n\n${repeatMarkdown(earlier, results)}`
  const written = `${results}${repeated}`
  console.log(written)
  if (failed.length > 0) {
    console.error(`Not measured, and nothing saved: ${failed.join(", ")}`)
    return 1
  }
  if (values.save) writeFileSync("bench/RESULTS.md", written)
  return 0
}

process.exitCode = await main()
