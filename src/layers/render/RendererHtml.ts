import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Piece } from "../../domain/Formats.ts"
import { titleOf } from "../../domain/GroupMetadata.ts"
import { escapeForScript, escapeHtml } from "../../domain/Json.ts"
import { shownText } from "../../domain/JsonText.ts"
import { cellText, withoutControls, withoutOpenBidi } from "../../domain/PlainText.ts"
import type { GroupDetails, JsonText } from "../../domain/TaskGroup.ts"
import { Renderer } from "../../services/Renderer.ts"
import { Settings } from "../../services/Settings.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { headJson, progressText } from "./head.ts"
import { tableColumns, TableReader, type TableRow } from "./table.ts"

/**
 * The HTML format: the fixed page with the JSON in it (without basis, which the page fetches row by row), and a plain
 * table for those who run no script. The page is one text with the markers `{{title}}`, `{{path}}`, `{{json}}`, `{{facts}}`
 * and `{{table}}`, in this order.
 */
export function* renderHtml(snapshot: Snapshot, page: string, maxChars: number): Generator<Piece> {
  let first: FirstRows | null = null
  for (const part of page.split(/(\{\{(?:title|path|json|facts|table)\}\})/)) {
    if (part === "{{title}}") yield htmlText(`${progressText(snapshot.status)} · ${nameOf(snapshot.details)}`)
    else if (part === "{{path}}") yield `/${snapshot.details.taskgroupId}`
    else if (part === "{{json}}") first = yield* pageData(snapshot, maxChars)
    else if (part === "{{facts}}") yield pageFacts(snapshot, first?.partial === true)
    else if (part !== "{{table}}") yield part
    else if (first !== null) yield* plainTable(snapshot, first)
  }
}

/** Text from outside: HTML has no spelling for control characters. Most texts are theirs as they are. */
const htmlText = (text: string): string => (UNSAFE.test(text) ? escapeHtml(withoutControls(text)) : text)

// oxlint-disable-next-line no-control-regex -- control characters are among them
const UNSAFE = /[\0-\x1f&<>"'\x7f-\x9f\ud800-\udfff]/

/** What is sendable already, within a script. */
const inScript = (json: string): string => json.replaceAll("<", "\\u003c")

/** A cell's text: a string's own as a rule. */
const cellHtml = (value: JsonText): string =>
  htmlText(value.startsWith('"') ? shownText(value) : cellText(value))

const nameOf = ({ metadata, taskgroupId }: GroupDetails): string =>
  withoutOpenBidi(titleOf(metadata) ?? taskgroupId)

/** What the page was given at once: as many rows as fit, for the table, and whether there are more. */
interface FirstRows {
  readonly count: number
  readonly table: Held
  readonly partial: boolean
}

/** The JSON format without basis, of as many rows as fit. Rows are sent as they are read. */
function* pageData(snapshot: Snapshot, maxChars: number): Generator<Piece, FirstRows> {
  const line = tableLines(snapshot)
  const [runs, table] = [new Held(), new Held()]
  let count = 0
  let chars = 0
  let partial = false
  yield escapeForScript(`{${headJson(snapshot)},"results":[`)
  for (const row of snapshot.pageRows()) {
    chars += row.run.length + row.result.length
    partial = chars > maxChars && count > 0
    if (partial) break
    const separator = count === 0 ? "" : ","
    yield inScript(separator + row.result)
    runs.add(separator + inScript(row.run))
    table.add(line(row.table, count))
    count++
  }
  yield `],"runs":[`
  yield* runs.pieces()
  yield "]}"
  return { count, table, partial }
}

/** What the page needs besides. It comes later: whether the rows are all is known last. */
const pageFacts = ({ change, details: { state, removalAt } }: Snapshot, partial: boolean): string =>
  JSON.stringify({
    last_event_id: String(change),
    partial,
    ended: state === "ended",
    sunset: removalAt === null ? null : new Date(removalAt).toUTCString(),
  })

const encoder = new TextEncoder()
const HELD_CHARS = 64 * 1024

/** Text that comes later: as bytes, because as text it would hold on to all that it was made of. */
class Held {
  private readonly parts: Array<Uint8Array> = []
  private text = ""

  add(text: string): void {
    this.text += text
    if (this.text.length >= HELD_CHARS) this.encode()
  }

  pieces(): ReadonlyArray<Piece> {
    this.encode()
    return this.parts
  }

  private encode(): void {
    if (this.text !== "") this.parts.push(encoder.encode(this.text))
    this.text = ""
  }
}

function* plainTable(snapshot: Snapshot, { count, table, partial }: FirstRows): Generator<Piece> {
  const { inputs, outputs } = tableColumns(snapshot)
  const { metadata, taskgroupId } = snapshot.details
  yield `<h1 dir="auto">${htmlText(withoutOpenBidi(titleOf(metadata) ?? "Results"))}</h1>`
  yield `<p>${htmlText(progressText(snapshot.status))}</p>`
  const formats = FORMATS.map(
    ([extension, name]) => `<a href="/${taskgroupId}.${extension}">${name}</a>`,
  ).join(", ")
  yield `<p>Without JavaScript this page stays as it is: <a href="/${taskgroupId}.html">load it again</a> for what is new. All rows as ${formats}.</p>`
  if (partial) yield `<p>The first ${count} rows are here.</p>`
  const names = ["status", ...inputs, ...outputs, "run"].map(
    (name) => `<th scope="col">${htmlText(name)}</th>`,
  )
  yield `<div class="static-scroll" role="region" aria-label="Results" tabindex="0"><table><thead><tr>${names.join("")}</tr></thead><tbody>`
  yield* table.pieces()
  yield "</tbody></table></div>"
}

const FORMATS = [
  ["csv", "CSV"],
  ["json", "JSON"],
  ["jsonl", "JSON Lines"],
  ["md", "Markdown"],
] as const

/** Writes a row of the plain table. Each cell has its column's name: on a phone, where a row is a list, it stands before the value. */
const tableLines = (snapshot: Snapshot): ((row: JsonText, index: number) => string) => {
  const columns = tableColumns(snapshot)
  const reader = new TableReader(columns)
  const labels = [...columns.inputs, ...columns.outputs].map((name) => `<td data-label="${htmlText(name)}">`)
  return (text, index) => {
    const row = reader.read(text, 0)
    const status = htmlText(row.failure === null ? row.status : `${row.status}: ${row.failure}`)
    let line = `<tr><td>${status}</td>`
    for (const [at, value] of [...row.inputs, ...row.outputs].entries())
      line += `${labels[at]}${cellHtml(value)}</td>`
    return `${line}<td data-label="run">${runLink(row, snapshot, index)}</td></tr>`
  }
}

/** To the row's own page, with its reasoning and sources. */
const runLink = ({ runId }: TableRow, { details }: Snapshot, index: number): string =>
  runId === "" ? "" : `<a href="/${details.taskgroupId}/${index}.html">${htmlText(runId)}</a>`

/** `page` is the text that the rows are put into, see {@link renderHtml}. */
export const RendererHtml = (page: string) =>
  Layer.effect(
    Renderer("html"),
    Effect.map(Settings, ({ PAGE_DATA_CHARS }) => ({
      render: (snapshot: Snapshot) => renderHtml(snapshot, page, PAGE_DATA_CHARS),
    })),
  )
