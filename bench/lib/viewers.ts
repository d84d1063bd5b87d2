import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { GroupsReport, GroupsTask } from "../clients/groups.ts"
import type { ViewersReport, ViewersTask } from "../clients/viewers.ts"

/** Lets a client do its task in another process. */
const inProcess = <Report>(folder: string, client: string, task: object): Promise<Report> =>
  new Promise((done, fail) => {
    const reportFile = join(folder, `report-${Math.random().toString(36).slice(2)}.json`)
    const child = spawn(process.execPath, [client, JSON.stringify({ ...task, reportFile })], {
      stdio: ["ignore", "ignore", "pipe"],
    })
    let errors = ""
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk))
    child.once("error", fail)
    child.once("close", (code) => {
      if (code === 0) done(JSON.parse(readFileSync(reportFile, "utf8")) as Report)
      else fail(new Error(`${client} ended with ${code}: ${errors.slice(-1_000)}`))
    })
  })

/** Lets viewers watch a group to its end. */
export const watchGroup = (folder: string, task: Omit<ViewersTask, "reportFile">): Promise<ViewersReport> =>
  inProcess(folder, "bench/clients/viewers.ts", task)

/** Lets a viewer watch each of many groups to its end. */
export const watchGroups = (folder: string, task: Omit<GroupsTask, "reportFile">): Promise<GroupsReport> =>
  inProcess(folder, "bench/clients/groups.ts", task)

/** By how much each of `theirs` came after `direct`, milliseconds; those that never came are left out. */
export const behind = (
  direct: ReadonlyArray<number | null>,
  theirs: ReadonlyArray<number | null>,
): ReadonlyArray<number> =>
  theirs.flatMap((at, index) => {
    const from = direct[index]
    return at === null || from === null || from === undefined ? [] : [at - from]
  })
