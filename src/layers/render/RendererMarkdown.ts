import * as Layer from "effect/Layer"
import { titleOf } from "../../domain/GroupMetadata.ts"
import {
  confidenceEmoji,
  markdownCell,
  markdownHeader,
  markdownParagraph,
  markdownStatus,
  markdownValue,
} from "../../domain/Markdown.ts"
import { shownText } from "../../domain/JsonText.ts"
import { nextStep, stateLabel } from "../../domain/nextStep.ts"
import { Renderer, type RenderOptions } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { basisMarkdown } from "./basisMarkdown.ts"
import { progressText } from "./head.ts"
import { type TableRow, tableColumns, tablePages, valueIn } from "./table.ts"

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
  const { inputs, outputs } = tableColumns(snapshot)
  const emoji = status.is_active ? "🔄" : "🏁"
  const title = titleOf(details.metadata)
  const group = `Task group ${details.taskgroupId}`
  const facts = [progressText(status), `processor ${details.processor}`, ...(title === null ? [] : [group])]
  yield `# ${markdownCell(title ?? group)}\n\n`
  yield `${emoji} ${markdownCell(facts.join(" · "))} · [live page](${origin}/${details.taskgroupId}.html), ${forPrograms(origin)}\n\n`
  if (status.status_message !== "") yield `${markdownParagraph(status.status_message)}\n\n`
  yield `${markdownParagraph(`${stateLabel(status)[0]}. ${nextStep(status, details.taskgroupId)}`)}\n\n`
  for (const warning of details.warnings) yield `> ⚠️ ${markdownCell(warning)}\n\n`
  yield `${markdownHeader(["status", ...inputs, ...outputs, "run"])}\n`
  for (const rows of tablePages(snapshot)) {
    // Joined once: as text that grows row by row, it would be put together a second time to be encoded.
    const parts: Array<string> = []
    for (const row of rows) addRow(parts, row, inputs, outputs)
    yield parts.join("")
  }
  yield "\n🟢 high, 🟡 medium, 🔴 low confidence\n"
  if (basis !== "none") for (const row of snapshot.rows(0)) yield basisMarkdown(row, basis)
}

/** How a program reads the same: the page's address, with one of these at its end. */
const forPrograms = (origin: string): string =>
  `for programs \`.json\`, \`.jsonl\`, \`.csv\`, \`.sse\` (see \`${origin}/docs.md\`)`

/** The parts of one line of the table. */
const addRow = (
  parts: Array<string>,
  row: TableRow,
  inputs: ReadonlyArray<string>,
  outputs: ReadonlyArray<string>,
): void => {
  const { runId, status, failure, confidence, input, output } = row
  const told = failure !== null && outputs.length === 0 ? ` ${failure}` : ""
  parts.push("| ", markdownStatus(status, told))
  for (const name of inputs) parts.push(" | ", markdownValue(input.get(name) ?? "null"))
  let noted = failure === null || output !== null
  for (const name of outputs) {
    if (!noted) {
      noted = true
      parts.push(" | ⚠️ ", markdownCell(failure!))
      continue
    }
    const level = confidence.get(name) ?? (name === "content" ? confidence.get("output") : undefined)
    const mark = level === undefined ? "" : confidenceEmoji(shownText(level))
    const cell = markdownValue(valueIn(row, name))
    parts.push(mark === "" || cell === "" ? ` | ${mark}` : ` | ${mark} `, cell)
  }
  parts.push(" | ", markdownCell(runId), " |\n")
}

export const RendererMarkdown = (origin = "") =>
  Layer.succeed(Renderer("md"), {
    render: (snapshot, options) => renderMarkdown(snapshot, options, origin),
  })
