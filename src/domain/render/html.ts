import { escapeForScript, escapeHtml, own } from "../Json.ts"
import { resultJson, runJsonOf } from "../RunJson.ts"
import type { ResultRow, RunRow } from "../TaskGroup.ts"
import { headJson } from "./json.ts"
import { failureText, parseFields, progressText, tableColumns } from "./markdown.ts"
import type { View } from "./View.ts"

/**
 * The HTML format: the fixed page with the JSON in it (without basis, which the page fetches row by row), and a plain
 * table for those who run no script. The page is one text with the markers `{{title}}`, `{{json}}` and `{{table}}`, in
 * this order.
 */
export function* renderHtml(view: View, page: string, maxChars: number): Generator<string> {
  let first: FirstRows = { rows: [], partial: false }
  for (const part of page.split(/(\{\{(?:title|json|table)\}\})/)) {
    if (part === "{{title}}") yield escapeHtml(`${progressText(view.status)} · ${view.details.taskgroupId}`)
    else if (part === "{{json}}") first = yield* pageData(view, maxChars)
    else if (part === "{{table}}") yield* plainTable(view, first)
    else yield part
  }
}

/** What the page was given at once: as many rows as fit, and whether there are more. */
interface FirstRows {
  readonly rows: ReadonlyArray<ResultRow>
  readonly partial: boolean
}

/** Rows are sent as they are read. Whether they are all is known last, so that the page is told last. */
function* pageData(view: View, maxChars: number): Generator<string, FirstRows> {
  const runJson = runJsonOf(view.details, "light")
  const rows: Array<RunRow> = []
  const runs: Array<string> = []
  let chars = 0
  let partial = false
  yield escapeForScript(`{"data":{${headJson(view)},"results":[`)
  for (const row of view.rows(0)) {
    const result = resultJson(row)
    const run = runJson(row)
    chars += run.length + result.length
    partial = chars > maxChars && rows.length > 0
    if (partial) break
    yield escapeForScript(rows.length === 0 ? result : `,${result}`)
    // Its basis, most of its text, is in none of this and need not be kept.
    rows.push({ ...row, output: null })
    runs.push(run)
  }
  yield `],"runs":[`
  for (const [at, run] of runs.entries()) yield escapeForScript(at === 0 ? run : `,${run}`)
  const ended = view.details.state === "ended"
  const sunset = view.details.removalAt === null ? null : new Date(view.details.removalAt).toUTCString()
  const facts = { last_event_id: String(view.change), partial, ended, sunset }
  yield `]},${JSON.stringify(facts).slice(1)}`
  return { rows, partial }
}

function* plainTable(view: View, { rows, partial }: FirstRows): Generator<string> {
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
