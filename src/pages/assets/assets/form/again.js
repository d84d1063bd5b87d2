// @ts-check
/** @import { Fills } from "./fills.js" */

import { own } from "../shared/dom.js"
import { compactText, fieldsOf, kindOf, readableText } from "../shared/domain.js"
import { MultitaskError, streamEvents } from "../shared/client.js"
import { findProcessor } from "../processors.js"
import { wordsIn } from "../shared/format.js"
import { partOf } from "./fills.js"
import { prettyRows } from "./request.js"

/**
 * A group's request, as far as its own addresses tell it: what is asked and the rows as they were sent. Nothing is sent
 * but two GETs.
 *
 * `failed` is a sentence; `missing` counts rows that did not come.
 * @typedef {{ fills: Fills, title: string, rows: number, missing: number, ignored: string[] }} Earlier
 * @typedef {{ earlier: Earlier } | { failed: string }} Outcome
 */

/** Metadata of the server's own. */
const OURS = ["title", "question", "processor", "product", "origin", "num_inputs"]
/** More than the rows of any group that a server of ours takes. */
const MOST_CHARS = 64 * 1024 * 1024
const MOST_ROWS = 1_000_000
/** Thousands of rows may arrive at once; the page must stay able to draw and to answer. */
const WORK_MS = 12

/**
 * @param {string} id of a group @param {AbortSignal} signal
 * @param {(title: string, rows: number, of: number) => void} onProgress
 * @returns {Promise<Outcome>} throws the signal's reason
 */
export async function readGroup(id, signal, onProgress) {
  const base = `/${encodeURIComponent(id)}`
  try {
    const response = await fetch(`${base}.json?limit=1&basis=none`, { signal })
    if (response.status === 404 || response.status === 410) return { failed: goneText(id) }
    if (!response.ok) return { failed: `The group ${id} could not be read (${response.status}). Try again.` }
    const head = headIn(await response.text())
    if (head === null) return { failed: `What came for the group ${id} is none of ours.` }
    onProgress(head.title || id, 0, head.rows)
    const read = await readRows(`${location.origin}${base}.sse?basis=none`, head.rows, signal, (rows, of) =>
      onProgress(head.title || id, rows, of),
    )
    if (read === null) return { failed: `The rows of the group ${id} are too many to be put into a form.` }
    return { earlier: earlierOf(id, head, read) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof MultitaskError && [404, 410].includes(error.status)) return { failed: goneText(id) }
    return { failed: `The group ${id} could not be read: the server was not reached. Try again.` }
  }
}

/** @param {string} id */
const goneText = (id) =>
  `There is no group ${id} any more: results are kept for 30 days, unless somebody deletes them before. The form is as it was.`

/** @typedef {NonNullable<ReturnType<typeof headIn>>} Head */

/** @param {string} text of the group's JSON */
function headIn(text) {
  try {
    const { metadata, status } = JSON.parse(text)
    if (typeof status?.num_task_runs !== "number") return null
    const texts = fieldsOf(compactText(text))
    const schema = texts.get("output_schema") ?? "null"
    const theirs = texts.get("metadata") ?? "null"
    return {
      question: wordsIn(metadata, "question") ?? "",
      title: wordsIn(metadata, "title") ?? "",
      processor: String(own(metadata, "processor") ?? ""),
      metadata: kindOf(theirs) === "object" ? partOf(theirs, (name) => !OURS.includes(name)) : "",
      schema: kindOf(schema) === "object" ? schema : null,
      rows: status.num_task_runs,
    }
  } catch {
    return null
  }
}

/**
 * @param {string} url @param {number} told how many rows there are @param {AbortSignal} signal
 * @param {(rows: number, of: number) => void} onProgress
 * @returns {Promise<{ rows: string[], missing: number, type: string } | null>} null: too much
 */
async function readRows(url, told, signal, onProgress) {
  /** @type {string[]} */
  const rows = []
  let [known, chars, type, total] = [0, 0, "", told]
  let worked = performance.now()
  // Left as soon as all rows are there: a group that runs has a stream without an end.
  for await (const { event, data } of streamEvents({ url, fetch, signal })) {
    if (event === "task_group_status") total = Math.max(total, totalIn(data))
    else if (event === "task_run.state") {
      const row = rowIn(data)
      if (row !== null && row.index < MOST_ROWS && rows[row.index] === undefined) {
        rows[row.index] = row.text
        known++
        chars += row.text.length
      }
      type ||= row?.type ?? ""
      if (chars > MOST_CHARS) return null
    }
    if (known >= total) break
    if (performance.now() - worked < WORK_MS) continue
    onProgress(known, total)
    await new Promise((resolve) => setTimeout(resolve))
    worked = performance.now()
  }
  return { rows: rows.filter((row) => row !== undefined), missing: Math.max(0, total - known), type }
}

/** @param {string} data */
function totalIn(data) {
  try {
    return Number(JSON.parse(data).status?.num_task_runs) || 0
  } catch {
    return 0
  }
}

/** @param {string} data of an event @returns {{ index: number, text: string, type: string } | null} */
function rowIn(data) {
  const parts = fieldsOf(compactText(data))
  const index = Number(parts.get("input_index"))
  const input = parts.get("input") ?? "null"
  const text = kindOf(input) === "object" ? (fieldsOf(input).get("input") ?? "null") : "null"
  if (!Number.isInteger(index) || index < 0 || kindOf(text) !== "object") return null
  const output = parts.get("output") ?? "null"
  const type = kindOf(output) === "object" ? (fieldsOf(output).get("type") ?? "") : ""
  return { index, text, type: type.replaceAll('"', "") }
}

/** @param {string} id @param {Head} head @param {{ rows: string[], missing: number, type: string }} read @returns {Earlier} */
function earlierOf(id, head, { rows, missing, type }) {
  const { question, title, processor, metadata, schema } = head
  /** @type {string[]} */
  const ignored = []
  if (missing > 0) ignored.push(`${missing} of its rows did not come: they are not among those below.`)
  // Without fields it was text, or what Parallel made of the question by itself.
  const isText = schema === null && type !== "json"
  // A title that nobody gave is how the question begins.
  const isOwn = title !== "" && !question.startsWith(title.replace(/…$/, ""))
  if (processor && !findProcessor(processor))
    ignored.push(`Its processor, ${processor}, is none that this page knows: choose one.`)
  /** @type {Fills} */
  const fills = {
    rows: prettyRows(rows),
    rowsName: `rows of ${id}.json`,
    question,
    outputType: isText ? "text" : "json",
    ...(schema !== null && { schema: readableText(schema, 2) }),
    processor: findProcessor(processor) ? processor : "",
    title: isOwn ? title : "",
    metadata: metadata === "" ? "" : readableText(metadata, 2),
  }
  return { fills, title: title || id, rows: rows.length, missing, ignored }
}
