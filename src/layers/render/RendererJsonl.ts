import * as Layer from "effect/Layer"
import type { Piece } from "../../domain/Formats.ts"
import { Renderer } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"

/** The JSON Lines format: an element of `results` a line. */
export function* renderJsonl(snapshot: Snapshot): Generator<Piece> {
  let some = false
  for (const piece of snapshot.elements("results", "\n")) {
    yield piece
    some = true
  }
  if (some) yield "\n"
}

export const RendererJsonl = Layer.succeed(Renderer("jsonl"), { render: renderJsonl })
