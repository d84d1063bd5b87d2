import { resultJson } from "../RunJson.ts"
import type { View } from "./View.ts"

/** The JSON Lines format: an element of `results` a line. */
export function* renderJsonl(view: View): Generator<string> {
  for (const row of view.rows(0)) yield `${resultJson(row)}\n`
}
