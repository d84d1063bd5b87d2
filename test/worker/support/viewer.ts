import { type ViewerEvent as StoreEvent } from "../../layers/store/fixtures.ts"
import { send } from "./product.ts"
import { until } from "./until.ts"

export type ViewerEvent = StoreEvent

/** One connection of a viewer, read in the background, byte by byte as it comes. */
export interface Viewer {
  readonly response: Response
  /** Everything received so far. */
  text(): string
  events(): ReadonlyArray<ViewerEvent>
  heartbeats(): number
  /** What came after the last whole event. */
  rest(): string
  isOver(): boolean
  /** Waits until this connection has brought an event like that. */
  untilEvent(what: string, wanted: (event: ViewerEvent) => boolean): Promise<ViewerEvent>
  /** Waits until this connection has brought so many rows. */
  untilRows(count: number): Promise<true>
  untilOver(): Promise<ReadonlyArray<ViewerEvent>>
  leave(): Promise<void>
}

/** The whole events of a stream. One without an id counts as of the last that had one, as clients have it; 0 at first. */
const eventsOf = (text: string): ReadonlyArray<ViewerEvent> => {
  let last = 0
  return text
    .replaceAll(/^: .*\n/gm, "")
    .split("\n\n")
    .slice(0, -1)
    .map((block) => {
      const [, id, name, data] = /^(?:id: (\d+)\n)?event: (\S+)\ndata: (.*)$/.exec(block) ?? []
      if (data === undefined) throw new Error(`not an event: ${block.slice(0, 200)}`)
      if (id !== undefined) last = Number(id)
      return { id: last, name: name ?? "", data: JSON.parse(data) as ViewerEvent["data"] }
    })
}

export const watch = async (path: string, headers: Record<string, string> = {}): Promise<Viewer> => {
  const response = await send(path, { headers })
  const reader = response.body?.getReader() ?? null
  const decoder = new TextDecoder()
  let text = ""
  let over = reader === null
  const reading = async () => {
    for (;;) {
      const { done, value } = await reader!.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  }
  if (reader !== null)
    void reading()
      .catch((error: unknown) => (text += `\n\nbroken: ${String(error)}`))
      .finally(() => (over = true))
  const events = () => eventsOf(text)
  return {
    response,
    text: () => text,
    events,
    heartbeats: () => text.match(/^: .*$/gm)?.length ?? 0,
    rest: () => text.slice(text.lastIndexOf("\n\n") + 2),
    isOver: () => over,
    untilEvent: (what, wanted) => until(what, () => events().find(wanted) ?? null),
    untilRows: (count) => until(`${count} rows`, () => finalStates(events()).size >= count || null),
    untilOver: () => until("the end of the stream", () => over && events()),
    leave: async () => {
      await reader?.cancel()
    },
  }
}

export const runsIn = (events: ReadonlyArray<ViewerEvent>) =>
  events.filter(({ name }) => name === "task_run.state")

/** The last state of each row that the events tell. */
export const finalStates = (events: ReadonlyArray<ViewerEvent>) =>
  new Map(runsIn(events).map(({ data }) => [data.input_index ?? -1, data] as const))

export const idsNeverFall = (events: ReadonlyArray<ViewerEvent>): boolean =>
  events.every(({ id }, at) => at === 0 || id >= (events[at - 1]?.id ?? 0))
