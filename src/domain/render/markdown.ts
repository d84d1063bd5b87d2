import { confidenceEmoji, markdownCell, markdownHeader, markdownRow, statusEmoji } from "../Markdown.ts"
import type { TaskGroupStatus } from "../TaskGroup.ts"
import { own } from "../Json.ts"
import { type TableRow, tableColumns, tableRows } from "./table.ts"
import type { View } from "./View.ts"

/** "12 of 20 completed, 1 failed, 7 running". */
export const progressText = (status: TaskGroupStatus): string => {
  const { completed = 0, ...others } = status.task_run_status_counts
  const rest = Object.entries(others).map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`)
  return [`${completed} of ${status.num_task_runs} completed`, ...rest].join(", ")
}

/** The Markdown format: heading, progress, one table. */
export function* renderMarkdown(view: View): Generator<string> {
  const { details, status } = view
  const { inputs, outputs } = tableColumns(view)
  const emoji = status.is_active ? "🔄" : "🏁"
  yield `# Task group ${details.taskgroupId}\n\n`
  yield `${emoji} ${progressText(status)} · processor ${markdownCell(details.processor)} · [live page](${details.url}.html)\n\n`
  if (status.status_message !== "") yield `${markdownCell(status.status_message)}\n\n`
  for (const warning of details.warnings) yield `> ⚠️ ${markdownCell(warning)}\n\n`
  yield `${markdownHeader(["", ...inputs, ...outputs, "run"])}\n`
  for (const row of tableRows(view)) yield `${renderRow(row, inputs, outputs)}\n`
  yield "\n🟢 high, 🟡 medium, 🔴 low confidence\n"
}

const renderRow = (
  { runId, status, failure, confidence, input, output }: TableRow,
  inputs: ReadonlyArray<string>,
  outputs: ReadonlyArray<string>,
): string => {
  const cells = outputs.map((name, at) => {
    if (at === 0 && failure !== null && output === null) return `⚠️ ${markdownCell(failure)}`
    const mark = confidenceEmoji(
      own(confidence, name) ?? (name === "content" ? own(confidence, "output") : undefined),
    )
    // Until there is an output, a column of that name shows the input's.
    const cell = markdownCell(own(output ?? input, name))
    return mark === "" || cell === "" ? mark + cell : `${mark} ${cell}`
  })
  const emoji = statusEmoji(status)
  return markdownRow([
    failure !== null && outputs.length === 0 ? `${emoji} ${markdownCell(failure)}` : emoji,
    ...inputs.map((name) => markdownCell(own(input, name))),
    ...cells,
    markdownCell(runId ?? ""),
  ])
}
