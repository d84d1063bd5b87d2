import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { ViewersReport, ViewersTask } from "../clients/viewers.ts"

/** Lets viewers watch a group to its end, in another process. */
export const watchGroup = (folder: string, task: Omit<ViewersTask, "reportFile">): Promise<ViewersReport> =>
  new Promise((done, fail) => {
    const reportFile = join(folder, `viewers-${Math.random().toString(36).slice(2)}.json`)
    const child = spawn(
      process.execPath,
      ["bench/clients/viewers.ts", JSON.stringify({ ...task, reportFile })],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    )
    let errors = ""
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk))
    child.once("error", fail)
    child.once("close", (code) => {
      if (code === 0) done(JSON.parse(readFileSync(reportFile, "utf8")) as ViewersReport)
      else fail(new Error(`the viewers ended with ${code}: ${errors.slice(-1_000)}`))
    })
  })

/** By how much each of `theirs` came after `direct`, milliseconds; those that never came are left out. */
export const behind = (
  direct: ReadonlyArray<number | null>,
  theirs: ReadonlyArray<number | null>,
): ReadonlyArray<number> =>
  theirs.flatMap((at, index) => {
    const from = direct[index]
    return at === null || from === null || from === undefined ? [] : [at - from]
  })
