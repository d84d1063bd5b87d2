import type { Piece, View } from "./View.ts"

/** The JSON Lines format: an element of `results` a line. */
export function* renderJsonl(view: View): Generator<Piece> {
  let some = false
  for (const piece of view.elements("results", "\n")) {
    yield piece
    some = true
  }
  if (some) yield "\n"
}
