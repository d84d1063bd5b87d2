/** One server-sent event: its name ("message" when the server gave none), its data, and the id line if it had one. */
export interface SseEvent {
  readonly name: string
  readonly data: string
  readonly id: string | null
}

/** An event larger than this is dropped rather than held: outputs with excerpts take a few megabytes at most. */
export const MAX_EVENT_CHARS = 16 * 1024 * 1024

/**
 * An incremental parser of `text/event-stream` (WHATWG HTML §9.2.6) for streams that may break at any byte.
 * Unlike the one in `effect/encoding/Sse`, a `retry:` line does not end the stream, because our own schedule decides
 * when to reconnect; and an event that the end of the stream cut off is dropped, never guessed.
 * Feed it decoded text in pieces; it returns the events that are complete.
 */
export const makeSseParser = () => {
  /** The line that is not complete yet, in pieces: joining at each piece would cost the square of a long line. */
  let pieces: Array<string> = []
  let pending = 0
  let name = ""
  let data: Array<string> = []
  let size = 0
  let id: string | null = null
  let started = false
  let skipLineFeed = false

  const dispatch = (out: Array<SseEvent>) => {
    if (data.length > 0 && size <= MAX_EVENT_CHARS) {
      out.push({ name: name === "" ? "message" : name, data: data.join("\n"), id })
    }
    name = ""
    data = []
    size = 0
    id = null
  }

  const takeLine = (line: string, out: Array<SseEvent>) => {
    if (line === "") return dispatch(out)
    if (line.startsWith(":")) return
    const colon = line.indexOf(":")
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "data") {
      size += value.length + 1
      if (size <= MAX_EVENT_CHARS) data.push(value)
      else data = [""]
    } else if (field === "event") name = value
    else if (field === "id" && !value.includes("\0")) id = value
  }

  const keep = (piece: string) => {
    if (piece === "") return
    pending += piece.length
    if (pending <= MAX_EVENT_CHARS) pieces.push(piece)
    else {
      // Too long to be an event of ours: forget the text, remember to drop the event it belongs to.
      size = MAX_EVENT_CHARS + 1
      pieces = ["data:"]
    }
  }

  const endLine = (rest: string, out: Array<SseEvent>) => {
    const line = pieces.length === 0 ? rest : pieces.join("") + rest
    pieces = []
    pending = 0
    takeLine(line, out)
  }

  return {
    push(text: string): Array<SseEvent> {
      const out: Array<SseEvent> = []
      if (text === "") return out
      let from = 0
      if (!started) {
        started = true
        if (text.charCodeAt(0) === 0xfeff) from = 1
      }
      // The line feed of a CR LF pair may only arrive with the next piece.
      if (skipLineFeed && from < text.length) {
        skipLineFeed = false
        if (text.charCodeAt(from) === 10) from++
      }
      const lineEnd = /\r\n?|\n/g
      lineEnd.lastIndex = from
      for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
        endLine(text.slice(from, match.index), out)
        from = lineEnd.lastIndex
        skipLineFeed = match[0] === "\r" && from === text.length
      }
      keep(text.slice(from))
      return out
    },
  }
}
