import { titleOf } from "../../domain/GroupMetadata.ts"
import {
  confidenceEmoji,
  type Cut,
  markdownCell,
  markdownParagraph,
  markdownStatus,
  markdownValue,
  UNCUT,
} from "../../domain/Markdown.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { progressText } from "./head.ts"
import type { TableRow } from "./table.ts"

/** What a group is and how far. `origin` as in `renderMarkdown`; `behind`: what its links end with. */
export const markdownHeading = (
  { details, status }: Pick<Snapshot, "details" | "status">,
  origin: string,
  { text }: Cut = UNCUT,
  behind = "",
): string => {
  const emoji = status.is_active ? "🔄" : "🏁"
  const title = titleOf(details.metadata)
  const group = `Task group ${details.taskgroupId}`
  const facts = [progressText(status), `processor ${details.processor}`, ...(title === null ? [] : [group])]
  return [
    `# ${markdownCell(text(title ?? group))}\n\n`,
    `${emoji} ${markdownCell(text(facts.join(" · ")))} · [live page](${origin}/${details.taskgroupId}.html)${behind}\n\n`,
    status.status_message === "" ? "" : `${markdownParagraph(text(status.status_message))}\n\n`,
  ].join("")
}

/** The parts of a row's cells: its status, its inputs, its outputs. */
export const addCells = (parts: Array<string>, row: TableRow, cut: Cut = UNCUT): void => {
  const { status, failure, hasOutput, inputs, outputs, levels } = row
  const told = failure !== null && outputs.length === 0 ? ` ${failure}` : ""
  parts.push(markdownStatus(status, told, cut))
  for (const value of inputs) parts.push(" | ", markdownValue(value, cut))
  const first = failure !== null && !hasOutput && outputs.length > 0 ? 1 : 0
  if (first > 0) parts.push(" | ⚠️ ", markdownCell(cut.text(failure!)))
  for (let at = first; at < outputs.length; at++) {
    const mark = confidenceEmoji(levels[at])
    const cell = markdownValue(outputs[at]!, cut)
    parts.push(mark === "" || cell === "" ? ` | ${mark}` : ` | ${mark} `, cell)
  }
}
