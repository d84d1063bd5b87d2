import * as Layer from "effect/Layer"
import { own } from "../../domain/Json.ts"
import { confidenceEmoji, markdownCell, markdownHeader, statusEmoji } from "../../domain/Markdown.ts"
import { Renderer } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { progressText } from "./head.ts"
import { type TableRow, tableColumns, tablePages } from "./table.ts"

/** The Markdown format: heading, progress, one table. */
export function* renderMarkdown(snapshot: Snapshot): Generator<string> {
  const { details, status } = snapshot
  const { inputs, outputs } = tableColumns(snapshot)
  const emoji = status.is_active ? "🔄" : "🏁"
  yield `# Task group ${details.taskgroupId}\n\n`
  yield `${emoji} ${progressText(status)} · processor ${markdownCell(details.processor)} · [live page](${details.url}.html)\n\n`
  if (status.status_message !== "") yield `${markdownCell(status.status_message)}\n\n`
  for (const warning of details.warnings) yield `> ⚠️ ${markdownCell(warning)}\n\n`
  yield `${markdownHeader(["", ...inputs, ...outputs, "run"])}\n`
  for (const rows of tablePages(snapshot)) {
    // Joined once: as text that grows row by row, it would be put together a second time to be encoded.
    const parts: Array<string> = []
    for (const row of rows) addRow(parts, row, inputs, outputs)
    yield parts.join("")
  }
  yield "\n🟢 high, 🟡 medium, 🔴 low confidence\n"
}

/** The parts of one line of the table. */
const addRow = (
  parts: Array<string>,
  { runId, status, failure, confidence, input, output }: TableRow,
  inputs: ReadonlyArray<string>,
  outputs: ReadonlyArray<string>,
): void => {
  parts.push("| ", statusEmoji(status))
  if (failure !== null && outputs.length === 0) parts.push(" ", markdownCell(failure))
  for (const name of inputs) parts.push(" | ", markdownCell(own(input, name)))
  let noted = failure === null || output !== null
  for (const name of outputs) {
    if (!noted) {
      noted = true
      parts.push(" | ⚠️ ", markdownCell(failure))
      continue
    }
    const mark = confidenceEmoji(
      own(confidence, name) ?? (name === "content" ? own(confidence, "output") : undefined),
    )
    // Until there is an output, a column of that name shows the input's.
    const cell = markdownCell(own(output ?? input, name))
    parts.push(mark === "" || cell === "" ? ` | ${mark}` : ` | ${mark} `, cell)
  }
  parts.push(" | ", markdownCell(runId ?? ""), " |\n")
}

export const RendererMarkdown = Layer.succeed(Renderer("md"), { render: renderMarkdown })
