import { get, type IncomingMessage } from "node:http"

/** Reading of many event streams in one process: nothing is decoded but what is looked at. */

/** Milliseconds since the epoch, with fractions. */
export const now = () => performance.timeOrigin + performance.now()

export const openStream = (url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> =>
  new Promise((done, fail) => {
    get(url, { headers: { accept: "text/event-stream", ...headers }, agent: false }, done).once("error", fail)
  })

/** Where in an event what tells a row's run stands: in front of its output. */
const HEAD_BYTES = 1_000

export interface RawEvent {
  /** Its beginning. */
  readonly head: string
  /** Its end. */
  readonly tail: string
}

/** Calls `onEvent` with each whole event. Resolves when the stream ends. */
export const eachEvent = (response: IncomingMessage, onEvent: (event: RawEvent) => void): Promise<void> => {
  let rest: Buffer | null = null
  response.on("data", (chunk: Buffer) => {
    const bytes = rest === null ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let end = bytes.indexOf("\n\n"); end >= 0; end = bytes.indexOf("\n\n", from)) {
      onEvent({
        head: bytes.toString("latin1", from, Math.min(end, from + HEAD_BYTES)),
        tail: bytes.toString("latin1", Math.max(from, end - 20), end),
      })
      from = end + 2
    }
    rest = from === bytes.length ? null : Buffer.from(bytes.subarray(from))
  })
  return new Promise((done) => response.once("close", done))
}

/** A row that has ended, with its output. */
export const isEnd = ({ head, tail }: RawEvent): boolean =>
  head.includes('"status":"completed"') && !tail.endsWith('"output":null}')
