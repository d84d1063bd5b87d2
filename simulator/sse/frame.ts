import type { Behaviour } from "../behaviour/document.ts"
import { spaced } from "../core/jsonSpelling.ts"
import { jsonText } from "../core/jsonText.ts"

type Framing = Behaviour["framing"]
type Blanks = Behaviour["shapes"]["blanks"]

/** Something a stream sends: an event, or text that is none. */
export type Item =
  | { readonly event: Record<string, unknown> }
  | { readonly raw: string; readonly type: string }
  | { readonly comment: string }
  | { readonly blank: true }

const END = { lf: "\n", crlf: "\r\n", cr: "\r" } as const

const LINE_END = /\r\n?|\n/

/** Line ends between tokens part the data into lines, which readers join again. */
const dataLines = (data: unknown, framing: Framing, blanks: Blanks): string[] =>
  spaced(jsonText(data), framing.multi_line_data ? "lines" : blanks).split(LINE_END)

const eventLines = (event: Record<string, unknown>, framing: Framing, blanks: Blanks): string[] => {
  const lines: string[] = []
  if (framing.comments) lines.push(": a comment")
  if (framing.event_lines) lines.push(`event: ${String(event["type"])}`)
  if (framing.id_lines && typeof event["event_id"] === "string") lines.push(`id: ${event["event_id"]}`)
  if (framing.retry_ms !== null) lines.push(`retry: ${framing.retry_ms}`)
  return [...lines, ...dataLines(event, framing, blanks).map((line) => `data: ${line}`), ""]
}

/** The text of an item, ended by the line ending the behaviour asks for. */
export const frame = (item: Item, framing: Framing, blanks: Blanks): string => {
  const end = END[framing.line_ending]
  if ("blank" in item) return end
  if ("comment" in item) return `: ${item.comment}${end}${end}`
  if ("raw" in item) return `event: ${item.type}${end}data: ${item.raw}${end}${end}`
  return eventLines(item.event, framing, blanks)
    .map((line) => line + end)
    .join("")
}

const encoder = new TextEncoder()

/** Cuts encoded text into the chunks it travels in; `draw` gives numbers in [0, 1) for cuts at any byte. */
export function* chunksOf(
  text: string,
  framing: Framing,
  draw: () => number,
): Generator<Uint8Array<ArrayBuffer>> {
  if (framing.split === "line") {
    for (const line of text.split(/(?<=\n|\r(?!\n))/)) if (line !== "") yield encoder.encode(line)
    return
  }
  const bytes = encoder.encode(text)
  if (framing.split !== "bytes") return void (yield bytes)
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + 1 + Math.floor(draw() * 40))
    yield bytes.slice(from, to)
    from = to
  }
}
