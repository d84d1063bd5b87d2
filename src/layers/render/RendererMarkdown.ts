import * as Layer from "effect/Layer"
import {
  CONFIDENCE_LEGEND,
  markdownCell,
  markdownHeader,
  markdownParagraph,
  UNCUT,
} from "../../domain/Markdown.ts"
import { nextStep, stateLabel } from "../../domain/nextStep.ts"
import { Renderer, type RenderOptions } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { basisMarkdown } from "./basisMarkdown.ts"
import { addCells, markdownHeading } from "./markdownParts.ts"
import { tableColumns, tablePages } from "./table.ts"

/**
 * The Markdown format: heading, progress, one table; behind it, where it is asked for, the basis row by row. `origin` is
 * where its links lead; "": to where the reader is, for nobody else's word is to be taken for that.
 */
export function* renderMarkdown(
  snapshot: Snapshot,
  { basis = "none" }: RenderOptions,
  origin = "",
): Generator<string> {
  const { details, status } = snapshot
  const columns = tableColumns(snapshot)
  yield markdownHeading(snapshot, origin, UNCUT, forPrograms(origin))
  yield `${markdownParagraph(`${stateLabel(status)[0]}. ${nextStep(status, details.taskgroupId)}`)}\n\n`
  for (const warning of details.warnings) yield `> ⚠️ ${markdownCell(warning)}\n\n`
  yield `${markdownHeader(["status", ...columns.inputs, ...columns.outputs, "run"])}\n`
  for (const rows of tablePages(snapshot, columns)) {
    // Joined once: as text that grows row by row, it would be put together a second time to be encoded.
    const parts: Array<string> = []
    for (const row of rows) {
      parts.push("| ")
      addCells(parts, row)
      parts.push(" | ", markdownCell(row.runId), " |\n")
    }
    yield parts.join("")
  }
  yield `\n${CONFIDENCE_LEGEND}\n`
  if (basis !== "none") for (const row of snapshot.rows(0)) yield basisMarkdown(row, basis)
}

/** How a program reads the same: the page's address, with one of these at its end. */
const forPrograms = (origin: string): string =>
  `, for programs .json, .jsonl, .csv, .sse (see ${origin}/docs.md)`

export const RendererMarkdown = (origin = "") =>
  Layer.succeed(Renderer("md"), {
    render: (snapshot, options) => renderMarkdown(snapshot, options, origin),
  })
