// @ts-check
/** @import { QueryResult } from "../../types.js" */

import { byId, copyText, downloadText, fill, h, setText } from "../shared/dom.js"
import { ask, QueryError } from "./ask.js"
import { csvOf, drawNoResult, drawResult, factsOf } from "./result.js"
import { starters } from "./sql.js"
import { drawTables, readFields, readTables } from "./tables.js"

/** The SQL console: a query box that never loses its text, and what came of the last query. */

const box = /** @type {HTMLTextAreaElement} */ (byId("sql"))
const run = /** @type {HTMLButtonElement} */ (byId("run"))
const copy = /** @type {HTMLButtonElement} */ (byId("copy"))
const download = /** @type {HTMLButtonElement} */ (byId("download"))
const error = byId("error")
const facts = byId("facts")
const id = location.pathname.slice(1).replace(/\.db\/?$/i, "")
const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

/** @type {QueryResult | null} */
let result = null
let controller = new AbortController()

/** @param {QueryResult | null} next */
function keep(next) {
  result = next
  copy.disabled = download.disabled = next === null || next.headers.length === 0
}

/** Line and column of an offset that SQLite counts in bytes. @param {string} message @param {string} sql */
function placeOf(message, sql) {
  const offset = /at offset (\d+)/.exec(message)?.[1]
  if (offset === undefined) return null
  const before = new TextDecoder().decode(new TextEncoder().encode(sql).slice(0, Number(offset)))
  const lines = before.split("\n")
  return `Line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}.`
}

/** @param {string} message @param {string} sql */
function showError(message, sql) {
  const place = placeOf(message, sql)
  // The code says nothing that the words do not.
  fill(error, h("p", {}, message.replace(/: SQLITE_ERROR$/, "")), place && h("p", { class: "muted" }, place))
  error.hidden = false
  box.setAttribute("aria-invalid", "true")
  box.setAttribute("aria-describedby", "error keys")
  setText(facts, "")
  keep(null)
  drawNoResult("No rows: the query failed.")
}

function clearError() {
  fill(error)
  error.hidden = true
  box.removeAttribute("aria-invalid")
  box.setAttribute("aria-describedby", "keys")
}

async function submit() {
  const sql = box.value
  controller.abort()
  const mine = new AbortController()
  controller = mine
  if (sql.trim() === "") return showError("Write a query first.", sql)
  setText(run, "Running…")
  byId("result").setAttribute("aria-busy", "true")
  try {
    const answer = await ask(sql, mine.signal)
    if (mine.signal.aborted) return
    clearError()
    drawResult(answer)
    setText(facts, factsOf(answer))
    keep(answer)
    // The query is kept in the address: it survives a reload and can be sent to someone.
    history.replaceState(null, "", `#sql=${encodeURIComponent(sql)}`)
  } catch (reason) {
    if (mine.signal.aborted) return
    if (!(reason instanceof QueryError)) throw reason
    showError(reason.message, sql)
  } finally {
    if (controller === mine) {
      setText(run, "Run")
      byId("result").removeAttribute("aria-busy")
    }
  }
}

/** As if typed, so that undo brings back what was there. @param {string} text */
function type(text) {
  box.focus()
  if (!document.execCommand("insertText", false, text))
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end")
}

/** @param {string} text */
function replaceAll(text) {
  box.select()
  type(text)
  box.setSelectionRange(0, 0)
  box.scrollTo(0, 0)
}

/** A name, with space around it where it would run into a word. @param {string} text */
function insert(text) {
  const before = box.value.slice(0, box.selectionStart)
  const after = box.value.slice(box.selectionEnd)
  type(`${/[\w"']$/.test(before) ? " " : ""}${text}${/^[\w"']/.test(after) ? " " : ""}`)
}

/** @param {{ name: string, sql: string }[]} queries */
const drawStarters = (queries) =>
  fill(
    byId("starters"),
    queries.map(({ name, sql }) =>
      h(
        "button",
        {
          type: "button",
          class: "small",
          onclick: (/** @type {Event} */ event) => {
            replaceAll(sql)
            // A pressed button keeps the focus: who uses the keyboard goes on to the next.
            ;/** @type {HTMLElement} */ (event.currentTarget).focus()
            void submit()
          },
        },
        name,
      ),
    ),
  )

byId("form").addEventListener("submit", (event) => {
  event.preventDefault()
  void submit()
})
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  void submit()
})
copy.addEventListener("click", () => result && copyText(csvOf(result), copy))
download.addEventListener(
  "click",
  () => result && downloadText(`${id}-query.csv`, "text/csv;charset=utf-8", csvOf(result)),
)
if (isMac) setText(/** @type {Element} */ (document.querySelector("#keys kbd")), "⌘")

const noFields = { columns: [], inputs: [], outputs: [], text: false }

/** @returns {string | null} */
function sqlInAddress() {
  try {
    return location.hash.startsWith("#sql=") ? decodeURIComponent(location.hash.slice(5)) : null
  } catch {
    return null
  }
}

drawStarters(starters(noFields))
const given = sqlInAddress()
box.value = given ?? starters(noFields)[0]?.sql ?? ""
if (given === null) void submit()
// A query that came with a link is run by the one who reads it.
else drawNoResult("Run the query to see its rows.")

try {
  const [tables, fields] = await Promise.all([readTables(), readFields().catch(() => noFields)])
  drawStarters(starters(fields))
  drawTables(tables, fields, insert)
} catch (reason) {
  fill(
    byId("tables"),
    h("p", { class: "notice" }, reason instanceof Error ? reason.message : "The tables cannot be read."),
  )
}
document.documentElement.dataset.ready = ""
