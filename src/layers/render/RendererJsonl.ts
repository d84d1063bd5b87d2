import * as Layer from "effect/Layer"
import type { Piece } from "../../domain/Formats.ts"
import { escapeRaw } from "../../domain/JsonText.ts"
import { lineJson } from "../../domain/LineJson.ts"
import type { Basis } from "../../domain/ResultQuery.ts"
import { Renderer } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"

/** The JSON Lines format: an element of `results` a line, with what `lineJson` adds. */
export function* renderJsonl(snapshot: Snapshot, basis: Basis = "none"): Generator<Piece> {
  if (basis !== "none") {
    for (const row of snapshot.rows(0)) yield `${escapeRaw(lineJson(row, basis))}\n`
    return
  }
  let some = false
  for (const piece of snapshot.elements("lines", "\n")) {
    yield piece
    some = true
  }
  if (some) yield "\n"
}

export const RendererJsonl = Layer.succeed(Renderer("jsonl"), {
  render: (snapshot, { basis }) => renderJsonl(snapshot, basis),
})
