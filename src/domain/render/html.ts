import { escapeForScript, escapeHtml, own } from "../Json.ts"
import { resultJson, runJson } from "../RunJson.ts"
import type { RunRow } from "../TaskGroup.ts"
import { renderJson } from "./json.ts"
import { failureText, parseFields, progressText, tableColumns } from "./markdown.ts"
import type { View } from "./View.ts"

/** Rows that the page is given at once: as many as fit, and how many there are. */
const firstRows = (view: View, maxChars: number): { rows: ReadonlyArray<RunRow>; partial: boolean } => {
  const rows: Array<RunRow> = []
  let chars = 0
  for (const row of view.rows(0)) {
    chars += runJson(row, view.details, "light").length + resultJson(row).length
    if (chars > maxChars && rows.length > 0) return { rows, partial: true }
    rows.push(row)
  }
  return { rows, partial: false }
}

/**
 * The HTML format: the fixed page with the JSON in it (without basis, which the page fetches row by row), and a plain table for those who run no script. The page is one
 * text with the markers `{{title}}`, `{{json}}` and `{{table}}`, in this order.
 */
export function* renderHtml(view: View, page: string, maxChars: number): Generator<string> {
  const { rows, partial } = firstRows(view, maxChars)
  const ended = view.details.state === "ended"
  const sunset = view.details.removalAt === null ? null : new Date(view.details.removalAt).toUTCString()
  for (const part of page.split(/(\{\{(?:title|json|table)\}\})/)) {
    if (part === "{{title}}") yield escapeHtml(`${progressText(view.status)} · ${view.details.taskgroupId}`)
    else if (part === "{{json}}") {
      const head = { last_event_id: String(view.change), partial, ended, sunset }
      yield `{${JSON.stringify(head).slice(1, -1)},"data":`
      for (const piece of renderJson(view, "light", () => rows)) yield escapeForScript(piece)
      yield "}"
    } else if (part === "{{table}}") yield* plainTable(view, rows, partial)
    else yield part
  }
}

function* plainTable(view: View, rows: ReadonlyArray<RunRow>, partial: boolean): Generator<string> {
  const { inputs, outputs } = tableColumns(view)
  const cells = (tag: "th" | "td", texts: ReadonlyArray<string>) =>
    `<tr>${texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join("")}</tr>`
  yield `<p>${escapeHtml(progressText(view.status))}</p>`
  if (partial) {
    yield `<p>The first ${rows.length} rows; all of them are in <a href="/${view.details.taskgroupId}.json">JSON</a> and <a href="/${view.details.taskgroupId}.md">Markdown</a>.</p>`
  }
  yield `<table><thead>${cells("th", ["status", ...inputs, ...outputs, "run"])}</thead><tbody>`
  for (const row of rows) {
    const input = parseFields(row.input)
    const content = parseFields(row.content)
    const failure = failureText(row)
    const status = failure === null ? row.status : `${row.status}: ${failure}`
    yield cells("td", [
      status,
      ...inputs.map((name) => plainText(own(input, name))),
      ...outputs.map((name) => plainText(row.content === null ? own(input, name) : own(content, name))),
      row.runId ?? "",
    ])
  }
  yield "</tbody></table>"
}

const plainText = (value: unknown): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value)
