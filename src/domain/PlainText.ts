import { escapeRaw, shownText } from "./JsonText.ts"
import type { JsonText } from "./TaskGroup.ts"

/** What no text format carries as it is: C0 controls but tab and line ends, DEL, C1 controls. Terminals obey them. */
// oxlint-disable-next-line no-control-regex -- `\p{Cc}` takes several times as long
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g

/** The same text with U+FFFD for each control character and half of one, which a format of text has no spelling for. */
export const withoutControls = (text: string): string => text.toWellFormed().replace(CONTROLS, "\uFFFD")

/** A JSON value as a cell of a table shows it: text itself, nothing for null, anything else as it is written. */
export const cellText = (json: JsonText): string =>
  json.startsWith('"') ? withoutControls(shownText(json)) : escapeRaw(shownText(json))

const BIDI = /[\u202a-\u202e\u2066-\u2069]/g
const SOME_BIDI = new RegExp(BIDI.source)
const POP_EMBEDDING = "\u202c"
const POP_ISOLATE = "\u2069"

const closerOf = (opener: string): string => (opener < "\u2066" ? POP_EMBEDDING : POP_ISOLATE)

/**
 * The same text, unable to reorder what stands after it on its line: bidirectional embeddings, overrides and isolates
 * stay where each is closed in the text itself, and are shown as U+FFFD where one is not.
 */
export const withoutOpenBidi = (text: string): string => {
  if (!SOME_BIDI.test(text)) return text
  const open: Array<string> = []
  for (const [mark] of text.matchAll(BIDI)) {
    if (mark !== POP_EMBEDDING && mark !== POP_ISOLATE) open.push(closerOf(mark))
    else if (open.pop() !== mark) return text.replace(BIDI, "\uFFFD")
  }
  return open.length === 0 ? text : text.replace(BIDI, "\uFFFD")
}
