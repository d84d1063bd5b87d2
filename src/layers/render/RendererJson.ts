import * as Layer from "effect/Layer"
import type { Piece } from "../../domain/Formats.ts"
import { type OutputForm, runJsonOf } from "../../domain/RunJson.ts"
import { Renderer } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { headJson } from "./head.ts"

/** The JSON format: head, `results`, `runs`, in pieces. */
export function* renderJson(snapshot: Snapshot, form: OutputForm): Generator<Piece> {
  yield `{${headJson(snapshot)},"results":[`
  yield* snapshot.elements("results", ",")
  yield `],"runs":[`
  if (form === "full") yield* snapshot.elements("runs", ",")
  else yield* separated(snapshot.rows(0), runJsonOf(snapshot.details, form))
  yield "]}"
}

/** Pieces of `items`, separated by commas. */
function* separated<A>(items: Iterable<A>, encode: (item: A) => string): Generator<string> {
  let first = true
  for (const item of items) {
    yield first ? encode(item) : `,${encode(item)}`
    first = false
  }
}

export const RendererJson = Layer.succeed(Renderer("json"), {
  render: (snapshot, { form = "full" }) => renderJson(snapshot, form),
})
