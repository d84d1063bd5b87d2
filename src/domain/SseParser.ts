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
  let buffer = ""
  let scanned = 0
  let name = ""
  let data: Array<string> = []
  let size = 0
  let id: string | null = null
  let started = false
  let skipLineFeed = false

  const takeLine = (line: string, out: Array<SseEvent>) => {
    if (line === "") {
      if (data.length > 0 && size <= MAX_EVENT_CHARS) {
        out.push({ name: name === "" ? "message" : name, data: data.join("\n"), id })
      }
      name = ""
      data = []
      size = 0
      id = null
      return
    }
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

  return {
    push(text: string): Array<SseEvent> {
      if (text === "") return []
      let chunk = text
      if (!started) {
        started = true
        if (chunk.charCodeAt(0) === 0xfeff) chunk = chunk.slice(1)
      }
      if (skipLineFeed && chunk.startsWith("\n")) chunk = chunk.slice(1)
      if (chunk !== "") skipLineFeed = false
      buffer += chunk
      const out: Array<SseEvent> = []
      let from = 0
      for (let at = scanned; at < buffer.length; at++) {
        const code = buffer.charCodeAt(at)
        if (code !== 10 && code !== 13) continue
        takeLine(buffer.slice(from, at), out)
        // The line feed of a CR LF pair may only arrive with the next piece.
        if (code === 13) {
          if (at + 1 === buffer.length) skipLineFeed = true
          else if (buffer.charCodeAt(at + 1) === 10) at++
        }
        from = at + 1
      }
      buffer = buffer.slice(from)
      scanned = buffer.length
      if (buffer.length > MAX_EVENT_CHARS) {
        // Too long to be an event of ours: forget the text, remember to drop the event it belongs to.
        size = MAX_EVENT_CHARS + 1
        data = [""]
        buffer = "data:"
        scanned = buffer.length
      }
      return out
    },
  }
}
