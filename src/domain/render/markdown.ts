import { confidenceEmoji, markdownCell, markdownHeader, markdownRow, statusEmoji } from "../Markdown.ts"
import type { ResultRow, TaskGroupStatus } from "../TaskGroup.ts"
import { own } from "../Json.ts"
import type { View } from "./View.ts"

/** "12 of 20 completed, 1 failed, 7 running". */
export const progressText = (status: TaskGroupStatus): string => {
  const { completed = 0, ...others } = status.task_run_status_counts
  const rest = Object.entries(others).map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`)
  return [`${completed} of ${status.num_task_runs} completed`, ...rest].join(", ")
}

export type Fields = Readonly<Record<string, unknown>>

export const parseFields = (json: string | null): Fields => {
  if (json === null) return {}
  const value: unknown = JSON.parse(json)
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : { content: value }
}

/** Columns of a group's table: an input column that the output has too is shown once, as the output's. */
export const tableColumns = ({
  details,
}: View): { inputs: ReadonlyArray<string>; outputs: ReadonlyArray<string> } => {
  const outputs = new Set(details.outputColumns)
  return { inputs: details.inputColumns.filter((name) => !outputs.has(name)), outputs: details.outputColumns }
}

/** Why a row has no result, in one line; null when it has one or may still get one. */
export const failureText = (row: ResultRow): string | null => {
  if (row.error === null) return null
  const error = parseFields(row.error)
  const message = typeof error["message"] === "string" ? error["message"] : "failed"
  return message
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
  for (const row of view.results()) yield `${renderRow(row, inputs, outputs)}\n`
  yield "\n🟢 high, 🟡 medium, 🔴 low confidence\n"
}

const renderRow = (row: ResultRow, inputs: ReadonlyArray<string>, outputs: ReadonlyArray<string>): string => {
  const input = parseFields(row.input)
  const content = parseFields(row.content)
  const confidence = parseFields(row.confidence)
  const failure = failureText(row)
  const cells = outputs.map((name, at) => {
    if (at === 0 && failure !== null && row.content === null) return `⚠️ ${markdownCell(failure)}`
    // Until there is an output, a column of that name shows the input's.
    const value = row.content === null ? own(input, name) : own(content, name)
    const mark = confidenceEmoji(
      own(confidence, name) ?? (name === "content" ? own(confidence, "output") : undefined),
    )
    const cell = markdownCell(value)
    return mark === "" || cell === "" ? mark + cell : `${mark} ${cell}`
  })
  const status =
    failure !== null && outputs.length === 0
      ? `${statusEmoji(row.status)} ${markdownCell(failure)}`
      : statusEmoji(row.status)
  return markdownRow([
    status,
    ...inputs.map((name) => markdownCell(own(input, name))),
    ...cells,
    markdownCell(row.runId ?? ""),
  ])
}
