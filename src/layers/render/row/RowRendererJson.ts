import * as Layer from "effect/Layer"
import { escapeRaw } from "../../../domain/JsonText.ts"
import { runJson } from "../../../domain/RunJson.ts"
import { RowRenderer } from "../../../services/RowRenderer.ts"

/** The element of the JSON format's `runs`. */
export const RowRendererJson = Layer.succeed(RowRenderer("json"), {
  render: (row, group) => escapeRaw(runJson(row, group)),
})
