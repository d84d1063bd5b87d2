import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { needChromium, neededCommands, planTests, projects as everyProject } from "./args.ts"
import { findChromium } from "./chromium.ts"
import { needCommands } from "./debian.ts"
import {
  type Counts,
  countRun,
  failuresOf,
  projectsWithoutTests,
  type Report,
  sum,
  summary,
} from "./counts.ts"

const reports = "node_modules/.cache/test-reports"

export const main = async (argv: ReadonlyArray<string>): Promise<number> => {
  const plan = planTests(argv)
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_WRITE_LOGS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  }
  const runs: Array<Counts> = []
  const failures: Array<string> = []

  if (plan.stages.flat().some((name) => needChromium.includes(name))) {
    try {
      env["CHROMIUM_PATH"] = await findChromium()
      console.log(`Chromium: ${env["CHROMIUM_PATH"]}`)
    } catch (error) {
      // The tests that need no browser run all the same.
      console.error(error instanceof Error ? error.message : error)
      runs.push({ passed: 0, failed: 1 })
    }
  }

  for (const name of plan.stages.flat()) {
    try {
      needCommands(neededCommands[name] ?? [])
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
      runs.push({ passed: 0, failed: 1 })
    }
  }

  for (const projects of plan.stages) {
    const { counts, report } = await runVitest(projects, plan.vitestArgs, env)
    runs.push(counts)
    failures.push(...failuresOf(report))
  }

  const total = sum(runs)
  for (const failure of failures) console.error(`\n${failure}`)
  if (total.passed + total.failed === 0) console.error("No test matches.")
  console.log(summary(total))
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

const runVitest = async (
  projects: ReadonlyArray<string>,
  vitestArgs: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly counts: Counts; readonly report: Report | undefined }> => {
  mkdirSync(reports, { recursive: true })
  const report = `${reports}/${projects.join("-")}.json`
  rmSync(report, { force: true })
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    // A filter rarely matches something in every project; without one, a project that has no tests is a mistake.
    ...(vitestArgs.length > 0 ? ["--passWithNoTests"] : []),
    ...vitestArgs,
  ]
  const exitCode = await new Promise<number>((done) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"], env })
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        // It cleans up behind its tests; no other run follows.
        child.once("exit", () => process.exit(1))
        child.kill("SIGTERM")
      })
    }
    child.on("error", () => done(1))
    child.on("exit", (code) => done(code ?? 1))
  })
  const results = readReport(report)
  const counts = countRun(results, exitCode)
  console.log(`${projects.join(", ")}: ${summary(counts)}\n`)
  if (vitestArgs.length > 0) return { counts, report: results }
  const empty = projectsWithoutTests(results, projects, everyProject)
  if (empty.length > 0) console.error(`No tests in ${empty.join(", ")}: that counts as failed.\n`)
  const missing = empty.length > 0 && counts.failed === 0
  return { counts: missing ? { ...counts, failed: empty.length } : counts, report: results }
}

const readReport = (file: string): Report | undefined => {
  try {
    // Written by the vitest of our own lockfile
    return JSON.parse(readFileSync(file, "utf8")) as Report
  } catch {
    return undefined
  }
}
