import { writeFileSync } from "node:fs"
import { eachEvent, isEnd, now, openStream } from "./events.ts"

/**
 * Viewers of one group and a direct reader of the upstream's own events, in a process of their own: what one of them
 * waits for the event loop, all do. Its task is the first argument, its report a file.
 */

export interface ViewersTask {
  readonly viewerUrl: string
  readonly viewers: number
  readonly upstreamUrl: string
  readonly key: string
  readonly runs: number
  readonly limitMs: number
  /** Where the report goes: it may be too long for a pipe that is closed at once. */
  readonly reportFile: string
}

export interface Seen {
  /** When each run's end came (milliseconds since the epoch, with fractions), by input index; null: never. */
  readonly ended: ReadonlyArray<number | null>
}

export interface ViewersReport {
  readonly direct: Seen
  /** They see an end with its output. */
  readonly viewers: ReadonlyArray<Seen & { readonly done: boolean }>
  /** Events that all viewers got from the first end on, and the time from that to the last of them. */
  readonly events: number
  readonly spanMs: number
}

const empty = (length: number): Array<number | null> => Array.from({ length }, () => null)

const readDirectly = async (
  task: ViewersTask,
  seen: Array<number | null>,
  onEnd: () => void,
): Promise<void> => {
  const index = /"input_index":\s*"(\d+)"/
  while (seen.includes(null)) {
    const response = await openStream(task.upstreamUrl, { "x-api-key": task.key })
    await eachEvent(response, ({ head }) => {
      if (!head.includes('"status":"completed"')) return
      onEnd()
      const input = Number(index.exec(head)?.[1] ?? -1)
      if (input >= 0) seen[input] ??= now()
    })
  }
}

const watch = async (task: ViewersTask, onEvent: () => void) => {
  const ended = empty(task.runs)
  let done = false
  const index = /"input_index":(\d+)/
  const response = await openStream(task.viewerUrl)
  const over = eachEvent(response, (event) => {
    onEvent()
    if (event.head.includes("\nevent: done")) done = true
    if (!isEnd(event)) return
    const input = Number(index.exec(event.head)?.[1] ?? -1)
    if (ended[input] === null) ended[input] = now()
  })
  return { over, report: () => ({ ended, done }) }
}

const task = JSON.parse(process.argv[2] ?? "null") as ViewersTask
setTimeout(() => {
  console.error("the viewers were not done in time")
  process.exit(1)
}, task.limitMs).unref()

const direct = empty(task.runs)
let events = 0
let firstEnd = 0
let last = 0
const count = () => {
  // What they are given when they connect comes as fast as can be, and before it they wait.
  if (firstEnd === 0) return
  events++
  last = now()
}
const reading = readDirectly(task, direct, () => (firstEnd ||= now()))
const viewers = await Promise.all(Array.from({ length: task.viewers }, () => watch(task, count)))
console.error("watching")
await Promise.all([reading, ...viewers.map(({ over }) => over)])
const report: ViewersReport = {
  direct: { ended: direct },
  viewers: viewers.map(({ report: of }) => of()),
  events,
  spanMs: last - firstEnd,
}
writeFileSync(task.reportFile, JSON.stringify(report))
process.exit(0)
