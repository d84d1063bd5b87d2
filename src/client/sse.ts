import type { StreamEvent } from "./events.ts"

const LINE_END = /\r\n?|\n/g

/**
 * A push parser for the event-stream format; text may be cut anywhere. An event without an id of its own has the last
 * one's, null before the first.
 */
export const sseParser = (emit: (event: StreamEvent) => void): ((text: string) => void) => {
  /** Of the line that is not complete yet. It is not looked at again: it may grow to megabytes. */
  let rest = ""
  let isFirst = true
  /** The piece before ended with a carriage return: a line feed now belongs to it. */
  let afterReturn = false
  let event = ""
  let data: Array<string> = []
  let id: string | null = null

  const take = (line: string) => {
    if (line === "") {
      if (data.length > 0) emit({ event: event || "message", data: data.join("\n"), id })
      event = ""
      data = []
      return
    }
    const colon = line.indexOf(":")
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "data") data.push(value)
    else if (field === "event") event = value
    else if (field === "id" && !value.includes("\0")) id = value
  }

  return (text) => {
    if (text === "") return
    let from = (afterReturn && text.startsWith("\n")) || (isFirst && text.startsWith("\uFEFF")) ? 1 : 0
    isFirst = false
    afterReturn = text.endsWith("\r")
    LINE_END.lastIndex = from
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      const { lastIndex } = LINE_END
      const line = rest + text.slice(from, end.index)
      rest = ""
      from = lastIndex
      take(line)
      // Whoever is told may be at another stream's text meanwhile.
      LINE_END.lastIndex = lastIndex
    }
    rest += text.slice(from)
  }
}
