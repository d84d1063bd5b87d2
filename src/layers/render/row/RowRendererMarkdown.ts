import * as Layer from "effect/Layer"
import {
  confidenceEmoji,
  markdownCell,
  markdownLink,
  markdownHeader,
  markdownRow,
  markdownStatus,
} from "../../../domain/Markdown.ts"
import type { GroupDetails, RunRow } from "../../../domain/TaskGroup.ts"
import { RowRenderer } from "../../../services/RowRenderer.ts"
import { type Citation, type Evidence, type OutputField, shownRow } from "./shownRow.ts"

/** A row in Markdown: what it is, its input, and each field of its output. `origin` as in `renderMarkdown`. */
export const rowMarkdown = (row: RunRow, group: GroupDetails, origin = "", newest = row.attempt): string => {
  const { failure, input, output } = shownRow(row)
  return [
    `# ${markdownCell(`Row ${row.inputIndex} of task group ${group.taskgroupId}`)}`,
    [markdownStatus(row.status, ` · ${runOf(row)}`), ...links(row, group, origin)].join(" · "),
    ...(row.attempt === newest
      ? []
      : [
          `> This is attempt ${row.attempt} of ${newest} at this row: [the newest](${origin}/${group.taskgroupId}/${row.inputIndex}.md)`,
        ]),
    ...(failure === null ? [] : [`⚠️ ${markdownCell(failure)}`]),
    "## Input",
    [
      markdownHeader(["column", "value"]),
      ...input.map(({ name, value }) => markdownRow([markdownCell(name), markdownCell(value)])),
    ].join("\n"),
    ...output.flatMap(field),
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

const field = ({ name, value, evidence }: OutputField): ReadonlyArray<string> => {
  const mark = confidenceEmoji(evidence.find((one) => one.field === name || name === "content")?.confidence)
  return [
    // Number signs at the end would close the heading.
    `## ${markdownCell(name).replace(/(?<![\\#])#+$/, "\\$&") || "(no name)"}`,
    `- **Value:** ${[mark, markdownCell(value)].filter((text) => text !== "").join(" ") || "–"}`,
    ...evidence.map((one) => evidenceList(one, one.field !== name && evidence.length > 1)),
  ]
}

const evidenceList = ({ field: of, confidence, reasoning, citations }: Evidence, named: boolean): string =>
  [
    ...(named ? [`- **Of:** ${markdownCell(of)}`] : []),
    ...(confidence === "" ? [] : [`- **Confidence:** ${markdownCell(confidence)}`]),
    ...(reasoning === "" ? [] : [`- **Reasoning:** ${markdownCell(reasoning)}`]),
    ...(citations.length === 0 ? [] : ["- **Sources:**", ...citations.flatMap(citationLines)]),
  ].join("\n")

const citationLines = ({ title, href, excerpts }: Citation): ReadonlyArray<string> => [
  `  - ${href === null ? `Source: ${markdownCell(title)}` : markdownLink(title, href)}`,
  ...excerpts.map((excerpt) => `    - “${markdownCell(excerpt)}”`),
]

export const RowRendererMarkdown = (origin: string) =>
  Layer.succeed(RowRenderer("md"), {
    render: (row, group, newest) => rowMarkdown(row, group, origin, newest),
  })
