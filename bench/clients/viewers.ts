import { writeFileSync } from "node:fs"
import { get, type IncomingMessage } from "node:http"

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
  readonly viewers: ReadonlyArray<
    Seen & { readonly output: ReadonlyArray<number | null>; readonly done: boolean }
  >
  /** Events that all viewers got from the first end on, and the time from that to the last of them. */
  readonly events: number
  readonly spanMs: number
}

const now = () => performance.timeOrigin + performance.now()

/** Calls `onEvent` with each whole event, without its empty line. */
const eachEvent = (response: IncomingMessage, onEvent: (event: string) => void): Promise<void> => {
  let rest = ""
  response.setEncoding("utf8")
  response.on("data", (chunk: string) => {
    rest += chunk
    let from = 0
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n", from)) {
      // Heartbeats are lines of their own, which may stand before an event.
      onEvent(rest.slice(from, end).replaceAll(/^:.*\n/gm, ""))
      from = end + 2
    }
    rest = rest.slice(from)
  })
  return new Promise((done) => response.once("close", done))
}

const openStream = (url: string, headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((done, fail) => {
    get(url, { headers: { accept: "text/event-stream", ...headers }, agent: false }, done).once("error", fail)
  })

const empty = (length: number): Array<number | null> => Array.from({ length }, () => null)

const readDirectly = async (
  task: ViewersTask,
  seen: Array<number | null>,
  onEnd: () => void,
): Promise<void> => {
  const index = /"input_index":\s*"(\d+)"/
  while (seen.includes(null)) {
    const response = await openStream(task.upstreamUrl, { "x-api-key": task.key })
    await eachEvent(response, (event) => {
      if (!event.includes('"status":"completed"')) return
      onEnd()
      const input = Number(index.exec(event)?.[1] ?? -1)
      if (input >= 0) seen[input] ??= now()
    })
  }
}

const watch = async (task: ViewersTask, onEvent: () => void) => {
  const ended = empty(task.runs)
  const output = empty(task.runs)
  let done = false
  const index = /"input_index":(\d+)/
  const response = await openStream(task.viewerUrl, {})
  const over = eachEvent(response, (event) => {
    if (event.startsWith(":")) return
    onEvent()
    if (event.includes("\nevent: done")) done = true
    // Rows are told apart by what stands first in them; the rest is not looked at.
    if (!event.slice(0, 60).includes("task_run.state")) return
    const input = Number(index.exec(event.slice(0, 300))?.[1] ?? -1)
    if (input < 0 || ended[input] === undefined) return
    if (ended[input] === null && event.includes('"status":"completed"')) ended[input] = now()
    if (output[input] === null && !event.endsWith('"output":null}')) output[input] = now()
  })
  return { over, report: () => ({ ended, output, done }) }
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
