import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { type Mutation, MUTATIONS } from "./mutations/index.ts"

/**
 * Applies each mutation to a copy of the project, and runs there the story that is named, or the simulation until a seed
 * fails. Arguments: how many seeds at most, and a part of the names of the mutations that are wanted.
 */
const seeds = process.argv[2] ?? "300"
const only = process.argv[3] ?? ""
/** What both kinds of runs need. */
const PARTS = [
  "src",
  "scripts",
  "simulator",
  "test",
  "package.json",
  "tsconfig.json",
  "tsconfig.node.json",
  "vitest.config.ts",
  "wrangler.toml",
]
const root = process.cwd()
const copy = mkdtempSync(join(tmpdir(), "mutants-"))

const run = (args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8", timeout: 300_000 })

interface Caught {
  readonly by: string
  readonly how: string
}

const runSeeds = (): Caught | null => {
  const { stdout } = run(["test/simulation/main.ts", "--seeds", seeds, "--until-failure"])
  const [, seed, how] = /^seed (\S+)(?: \(\w+\))?: (.*)$/m.exec(stdout) ?? []
  if (seed === undefined && !/^\d+ seeds, 0 failed/m.test(stdout))
    throw new Error(`no seed was run: ${stdout}`)
  return seed === undefined ? null : { by: `seed ${seed}`, how: how! }
}

/** As vitest's JSON reporter writes it. */
interface Report {
  readonly numPassedTests: number
  readonly testResults: ReadonlyArray<{
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly status: string
      readonly fullName: string
    }>
  }>
}

const runStory = ([file, names]: NonNullable<Mutation["story"]>): Caught | null => {
  const report = join(copy, "report.json")
  rmSync(report, { force: true })
  const args = ["run", file, "--project", "unit", "--bail", "1", "--reporter", "json", "--outputFile", report]
  if (names !== undefined) args.push("-t", names)
  const { stderr } = run(["node_modules/vitest/vitest.mjs", ...args])
  if (!existsSync(report)) throw new Error(`${file} was not run: ${stderr}`)
  const { numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8")) as Report
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === "failed")
  if (failed === undefined && numPassedTests === 0)
    throw new Error(`no test of ${file} was run: ${testResults[0]?.message}`)
  return failed === undefined ? null : { by: basename(file, ".test.ts"), how: failed.fullName }
}

const inTable = (text: string) => text.replaceAll("|", "\\|").slice(0, 140)

const gone = MUTATIONS.filter(
  ({ file, find }) => readFileSync(join(root, file), "utf8").split(find).length !== 2,
)
if (gone.length > 0)
  throw new Error(`Not once in its file is the code of: ${gone.map(({ name }) => name).join("; ")}`)

let survived = 0
try {
  for (const part of PARTS) cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"))
  console.log("| what is broken | caught by | how |\n| --- | --- | --- |")
  for (const { name, file, find, replace, imports = "", story } of MUTATIONS) {
    if (!name.includes(only)) continue
    const path = join(copy, file)
    const original = readFileSync(path, "utf8")
    writeFileSync(path, imports + original.replace(find, () => replace))
    const caught = story === undefined ? runSeeds() : runStory(story)
    writeFileSync(path, original)
    if (caught === null) survived++
    console.log(`| ${name} | ${caught?.by ?? "**nothing**"} | ${inTable(caught?.how ?? "")} |`)
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
if (survived > 0) process.exitCode = 1
