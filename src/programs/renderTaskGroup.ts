import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { renderCsv } from "../domain/render/csv.ts"
import { renderHtml } from "../domain/render/html.ts"
import { renderJson } from "../domain/render/json.ts"
import { renderJsonl } from "../domain/render/jsonl.ts"
import { renderMarkdown } from "../domain/render/markdown.ts"
import type { OutputForm } from "../domain/RunJson.ts"
import type { View } from "../domain/render/View.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"

/** A format that is rendered from the rows; `html` needs the page to put them into. */
export type Rendering =
  | { readonly format: "jsonl" | "md" | "csv" }
  | { readonly format: "json"; readonly form: OutputForm }
  | { readonly format: "html"; readonly page: string }

/** One chunk of an answer: large enough to be few, small enough to be sent at once. */
const CHUNK_CHARS = 64 * 1024

const encoder = new TextEncoder()

/**
 * The group in one of its formats, streamed from the rows of one moment: a page of rows is in memory at a time, and it
 * is read when the reader asks for more.
 */
export const renderTaskGroup = (
  rendering: Rendering,
): Stream.Stream<Uint8Array, never, TaskGroupStore | Settings> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const store = yield* TaskGroupStore
      const settings = yield* Settings
      const view = yield* Effect.acquireRelease(
        Effect.sync(() => store.snapshot()),
        (snapshot) => Effect.sync(() => snapshot.close()),
      )
      return Stream.fromIteratorSucceed(chunks(render(rendering, view, settings.PAGE_DATA_BYTES)), 1)
    }),
  )

const render = (rendering: Rendering, view: View, pageDataChars: number): Iterable<string> => {
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

function* chunks(pieces: Iterable<string>): Generator<Uint8Array> {
  let text = ""
  for (const piece of pieces) {
    text += piece
    if (text.length < CHUNK_CHARS) continue
    yield encoder.encode(text)
    text = ""
  }
  if (text !== "") yield encoder.encode(text)
}
