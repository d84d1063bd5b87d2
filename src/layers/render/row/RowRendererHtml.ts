import * as Layer from "effect/Layer"
import { escapeHtml } from "../../../domain/Json.ts"
import { withoutControls } from "../../../domain/PlainText.ts"
import { confidenceEmoji, statusEmoji } from "../../../domain/Markdown.ts"
import type { GroupDetails, RunRow } from "../../../domain/TaskGroup.ts"
import { RowRenderer } from "../../../services/RowRenderer.ts"
import { type Citation, type Evidence, type OutputField, type ShownField, shownRow } from "./shownRow.ts"

/** Text from outside. Control characters have no place in HTML, and some would not arrive. */
const safe = (text: string): string => escapeHtml(withoutControls(text))

/** One row as a page that needs no script. `page` has the markers `{{title}}`, `{{links}}` and `{{row}}`. */
export const rowPage = (page: string, row: RunRow, group: GroupDetails, newest = row.attempt): string => {
  const parts: Readonly<Record<string, () => string>> = {
    "{{title}}": () => safe(`Row ${row.inputIndex} · ${group.taskgroupId}`),
    "{{links}}": () => linksOf(row, group),
    "{{row}}": () => bodyOf(row, group, newest),
  }
  return page
    .split(/(\{\{\w+\}\})/)
    .map((part) => parts[part]?.() ?? part)
    .join("")
}

const button = (address: string, text: string, rel = ""): string =>
  `<a class="button small" href="/${safe(address)}"${rel === "" ? "" : ` rel="${rel}"`}>${text}</a>`

const linksOf = ({ inputIndex }: RunRow, { taskgroupId, numInputs }: GroupDetails): string =>
  [
    inputIndex > 0 ? button(`${taskgroupId}/${inputIndex - 1}.html`, "Previous row", "prev") : "",
    inputIndex + 1 < numInputs ? button(`${taskgroupId}/${inputIndex + 1}.html`, "Next row", "next") : "",
    button(`${taskgroupId}.html`, "All rows", "up"),
    button(`${taskgroupId}/${inputIndex}.json`, "JSON"),
    button(`${taskgroupId}/${inputIndex}.md`, "Markdown"),
  ].join("\n")

const bodyOf = (row: RunRow, { numInputs, taskgroupId }: GroupDetails, newest: number): string => {
  const { failure, input, output } = shownRow(row)
  const chip = `<span class="status ${/^[a-z_]+$/.test(row.status) ? row.status : "other"}">${statusEmoji(row.status)} ${safe(row.status)}</span>`
  return [
    `<h1>Row ${row.inputIndex} <span class="muted">of ${numInputs}, counted from 0</span></h1>`,
    `<p>${chip} ${row.runId === null ? "not submitted yet" : `<code>${safe(row.runId)}</code>`}</p>`,
    row.attempt === newest
      ? ""
      : `<div class="notice"><p>This is attempt ${row.attempt} of ${newest} at this row: <a href="/${safe(taskgroupId)}/${row.inputIndex}.html">the newest</a></p></div>`,
    failure === null ? "" : `<div class="notice error"><p dir="auto">${safe(failure)}</p></div>`,
    output.length === 0 ? "" : section("Output", output.map(outputField)),
    section(
      "Input",
      input.map((one) => fieldHtml(one, "", "")),
    ),
  ].join("\n")
}

const section = (title: string, fields: ReadonlyArray<string>): string =>
  `<section class="panel-section"><h2>${title}</h2>${fields.join("")}</section>`

const fieldHtml = ({ name, value }: ShownField, confidence: string, evidence: string): string =>
  `<div class="panel-field"><h3 dir="auto"><span>${safe(name)}</span>${confidence}</h3><div class="field-value prose" dir="auto">${safe(value) || "–"}</div>${evidence}</div>`

const outputField = (shown: OutputField): string => {
  const { name, evidence } = shown
  const { confidence = "" } = evidence.find(({ field }) => field === name || name === "content") ?? {}
  const mark =
    confidence === "" ? "" : `<span>${confidenceEmoji(confidence)} ${safe(confidence)} confidence</span>`
  return fieldHtml(shown, mark, evidence.map((one) => evidenceHtml(one, name)).join(""))
}

const evidenceHtml = ({ field, reasoning, citations }: Evidence, name: string): string => {
  const title = field.startsWith(`${name}.`) ? `<h4>${safe(field)}</h4>` : ""
  const reason = reasoning === "" ? "" : `<p class="reasoning" dir="auto">${safe(reasoning)}</p>`
  const sources =
    citations.length === 0
      ? ""
      : `<ul class="citations" aria-label="Sources">${citations.map(citationHtml).join("")}</ul>`
  return `<div class="evidence">${title}${reason}${sources}</div>`
}

const citationHtml = ({ title, href, excerpts }: Citation): string => {
  const source =
    href === null
      ? `<span dir="auto">${safe(title)}</span>`
      : `<a href="${safe(href)}" rel="noopener noreferrer nofollow" dir="auto">${safe(title)}</a><span class="host">${safe(new URL(href).hostname)}</span>`
  return `<li>${source}${excerpts.map((text) => `<blockquote dir="auto">${safe(text)}</blockquote>`).join("")}</li>`
}

export const RowRendererHtml = (page: string) =>
  Layer.succeed(RowRenderer("html"), { render: (row, group, newest) => rowPage(page, row, group, newest) })
