import { writeFileSync } from "node:fs"
import { eachEvent, isEnd, now, openStream } from "./events.ts"

/** One viewer each of many groups, in a process of their own. Its task is the first argument, its report a file. */

export interface GroupsTask {
  readonly viewerUrls: ReadonlyArray<string>
  readonly limitMs: number
  readonly reportFile: string
}

export interface GroupsReport {
  /** By how much each end came later than upstream says that it was, milliseconds. */
  readonly late: ReadonlyArray<number>
  /** Streams that were read to `done`. */
  readonly done: number
}

const task = JSON.parse(process.argv[2] ?? "null") as GroupsTask
setTimeout(() => {
  console.error("the viewers were not done in time")
  process.exit(1)
}, task.limitMs).unref()

const late: Array<number> = []
let done = 0
const time = /"modified_at":"([^"]+)"/
const watch = async (url: string) => {
  const response = await openStream(url)
  await eachEvent(response, (event) => {
    if (event.head.includes("\nevent: done")) done++
    if (isEnd(event)) late.push(now() - Date.parse(time.exec(event.head)?.[1] ?? ""))
  })
}
await Promise.all(task.viewerUrls.map(watch))
writeFileSync(task.reportFile, JSON.stringify({ late, done } satisfies GroupsReport))
process.exit(0)
