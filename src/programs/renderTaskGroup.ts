import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { renderCsv } from "../domain/render/csv.ts"
import { renderHtml } from "../domain/render/html.ts"
import { renderJson } from "../domain/render/json.ts"
import { renderJsonl } from "../domain/render/jsonl.ts"
import { renderMarkdown } from "../domain/render/markdown.ts"
import type { OutputForm } from "../domain/RunJson.ts"
import type { Piece, View } from "../domain/render/View.ts"
import { Settings } from "../services/Settings.ts"
import { GroupReader } from "../services/GroupReader.ts"

/** A format that is rendered from the rows; `html` needs the page to put them into. */
export type Rendering =
  | { readonly format: "jsonl" | "md" | "csv" }
  | { readonly format: "json"; readonly form: OutputForm }
  | { readonly format: "html"; readonly page: string }

/** One chunk of an answer: each costs time on its way, and must be in memory as a whole. */
const CHUNK_CHARS = 32 * 1024
/** The first ones are smaller, so that whoever asks sees at once that there is an answer. */
const FIRST_CHUNK_CHARS = 1024

const encoder = new TextEncoder()

/** A rendering of one moment, a chunk at a time. Close it, read to its end or not. */
export interface Rendered {
  readonly chunks: IterableIterator<Uint8Array>
  readonly close: () => void
}

/**
 * What opens the group in one of its formats, as it is at that moment: a page of rows is in memory at a time, and it is
 * read when the next chunk is asked for.
 */
export const openerOf = Effect.fn("openerOf")(function* (rendering: Rendering) {
  const store = yield* GroupReader
  const { PAGE_DATA_CHARS } = yield* Settings
  return (): Rendered => {
    const view = store.snapshot()
    return { chunks: chunks(render(rendering, view, PAGE_DATA_CHARS)), close: () => view.close() }
  }
})

/** The group in one of its formats, streamed from the rows of one moment. */
export const renderTaskGroup = (
  rendering: Rendering,
): Stream.Stream<Uint8Array, never, GroupReader | Settings> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const open = yield* openerOf(rendering)
      const rendered = yield* Effect.acquireRelease(Effect.sync(open), ({ close }) => Effect.sync(close))
      return Stream.fromIteratorSucceed(rendered.chunks, 1)
    }),
  )

const render = (rendering: Rendering, view: View, pageDataChars: number): Iterable<Piece> => {
  switch (rendering.format) {
    case "json":
      return renderJson(view, rendering.form)
    case "jsonl":
      return renderJsonl(view)
    case "csv":
      return renderCsv(view)
    case "md":
      return renderMarkdown(view)
    case "html":
      return renderHtml(view, rendering.page, pageDataChars)
  }
}

function* chunks(pieces: Iterable<Piece>): Generator<Uint8Array> {
  let text = ""
  let enough = FIRST_CHUNK_CHARS
  for (const piece of pieces) {
    const isText = typeof piece === "string"
    if (isText) text += piece
    if (text !== "" && (!isText || text.length >= enough)) {
      yield encoder.encode(text)
      text = ""
      enough = Math.min(enough * 8, CHUNK_CHARS)
    }
    if (!isText) yield piece
  }
  if (text !== "") yield encoder.encode(text)
}
