import * as Layer from "effect/Layer"
import type { Piece } from "../../domain/Formats.ts"
import { escapeRaw } from "../../domain/JsonText.ts"
import { formOf, type OutputForm, runJsonOf } from "../../domain/RunJson.ts"
import type { JsonText, RunRow } from "../../domain/TaskGroup.ts"
import { Renderer } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { headJson } from "./head.ts"

/** The JSON format: head, `results`, `runs`, in pieces. */
export function* renderJson(snapshot: Snapshot, form: OutputForm): Generator<Piece> {
  yield `{${headJson(snapshot)},"results":[`
  yield* snapshot.elements("results", ",")
  yield `],"runs":[`
  if (form === "full") yield* snapshot.elements("runs", ",")
  else if (form === "light") yield* separated(snapshot.pageRows(), ({ run }) => run)
  else yield* separated(snapshot.rows(0), sendable(runJsonOf(snapshot.details, form)))
  yield "]}"
}

const sendable =
  (encode: (row: RunRow) => JsonText) =>
  (row: RunRow): JsonText =>
    escapeRaw(encode(row))

/** Pieces of `items`, separated by commas. */
function* separated<A>(items: Iterable<A>, encode: (item: A) => string): Generator<string> {
  let first = true
  for (const item of items) {
    yield first ? encode(item) : `,${encode(item)}`
    first = false
  }
}

export const RendererJson = Layer.succeed(Renderer("json"), {
  render: (snapshot, { basis }) => renderJson(snapshot, formOf(basis)),
})
