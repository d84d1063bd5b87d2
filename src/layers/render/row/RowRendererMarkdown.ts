import * as Layer from "effect/Layer"
import {
  confidenceEmoji,
  type Cut,
  markdownCell,
  markdownLink,
  markdownHeader,
  markdownRow,
  markdownStatus,
  UNCUT,
} from "../../../domain/Markdown.ts"
import type { GroupDetails, RunRow } from "../../../domain/TaskGroup.ts"
import { RowRenderer } from "../../../services/RowRenderer.ts"
import { type Citation, type Evidence, type OutputField, shownRow } from "./shownRow.ts"

/** A row in Markdown: what it is, its input, and each field of its output. `origin` as in `renderMarkdown`. */
export const rowMarkdown = (
  row: RunRow,
  group: GroupDetails,
  origin = "",
  newest = row.attempt,
  cut: Cut = UNCUT,
): string => {
  const text = (from: string) => markdownCell(cut.text(from))
  const { failure, input, output } = shownRow(row)
  return [
    `# ${markdownCell(`Row ${row.inputIndex} of task group ${group.taskgroupId}`)}`,
    [markdownStatus(row.status, ` · ${runOf(row)}`, cut), ...links(row, group, origin)].join(" · "),
    ...(row.attempt === newest
      ? []
      : [
          `> This is attempt ${row.attempt} of ${newest} at this row: [the newest](${origin}/${group.taskgroupId}/${row.inputIndex}.md)`,
        ]),
    ...(failure === null ? [] : [`⚠️ ${text(failure)}`]),
    "## Input",
    [
      markdownHeader(["column", "value"]),
      ...input.map(({ name, value }) => markdownRow([text(name), text(value)])),
    ].join("\n"),
    ...output.flatMap((one) => field(one, cut)),
  ]
    .map((block) => `${block}\n`)
    .join("\n")
}

const runOf = ({ runId }: RunRow) => (runId === null ? "not submitted yet" : `run ${runId}`)

/** Rows are counted from 0. */
const links = ({ inputIndex }: RunRow, { taskgroupId, numInputs }: GroupDetails, origin: string) => {
  const group = `${origin}/${taskgroupId}`
  return [
    ...(inputIndex > 0 ? [`[previous row](${group}/${inputIndex - 1}.md)`] : []),
    ...(inputIndex + 1 < numInputs ? [`[next row](${group}/${inputIndex + 1}.md)`] : []),
    `[all rows](${group}.md)`,
    `[page](${group}/${inputIndex}.html)`,
  ]
}

const field = ({ name, value, evidence }: OutputField, cut: Cut): ReadonlyArray<string> => {
  const mark = confidenceEmoji(evidence.find((one) => one.field === name || name === "content")?.confidence)
  return [
    // Number signs at the end would close the heading.
    `## ${markdownCell(cut.text(name)).replace(/(?<![\\#])#+$/, "\\$&") || "(no name)"}`,
    `- **Value:** ${[mark, markdownCell(cut.text(value))].filter((text) => text !== "").join(" ") || "–"}`,
    ...evidence.map((one) => evidenceList(one, one.field !== name && evidence.length > 1, cut)),
  ]
}

const evidenceList = (
  { field: of, confidence, reasoning, citations }: Evidence,
  named: boolean,
  cut: Cut,
): string =>
  [
    ...(named ? [`- **Of:** ${markdownCell(cut.text(of))}`] : []),
    ...(confidence === "" ? [] : [`- **Confidence:** ${markdownCell(cut.text(confidence))}`]),
    ...(reasoning === "" ? [] : [`- **Reasoning:** ${markdownCell(cut.text(reasoning))}`]),
    ...(citations.length === 0
      ? []
      : ["- **Sources:**", ...citations.flatMap((one) => citationLines(one, cut))]),
  ].join("\n")

const citationLines = ({ title, href, excerpts }: Citation, cut: Cut): ReadonlyArray<string> => [
  `  - ${href === null ? `Source: ${markdownCell(cut.text(title))}` : markdownLink(title, href, cut)}`,
  ...excerpts.map((excerpt) => `    - “${markdownCell(cut.text(excerpt))}”`),
]

export const RowRendererMarkdown = (origin: string) =>
  Layer.succeed(RowRenderer("md"), {
    render: (row, group, newest) => rowMarkdown(row, group, origin, newest),
  })
