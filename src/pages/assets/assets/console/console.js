// @ts-check
/** @import { QueryResult } from "../../types.js" */

import { BYTE_ORDER_MARK } from "../shared/csv.js"
import { byId, copyText, downloadText, fill, h, setText } from "../shared/dom.js"
import { clock } from "../shared/format.js"
import { ask, QueryError } from "./ask.js"
import { drawChart, offerAxes } from "./chart.js"
import { insert, replaceAll } from "./editor.js"
import { clearFailure, drawFailure, failureButton, isFailed } from "./failure.js"
import { QueryHistory } from "./history.js"
import { LocalDatabase, Stopped } from "./local.js"
import { choosePlace, chosenPlace, showLocal, showProgress } from "./localBar.js"
import { csvOf, drawNoResult, drawResult, factsOf, localFactsOf } from "./result.js"
import { drawStarters } from "./starters.js"
import { starters } from "./sql.js"
import { drawTables, readFields, readSamples, readTables } from "./tables.js"

/** The SQL console: a query box that never loses its text, and what came of the last query. */

const box = /** @type {HTMLTextAreaElement} */ (byId("sql"))
const run = /** @type {HTMLButtonElement} */ (byId("run"))
const copy = /** @type {HTMLButtonElement} */ (byId("copy"))
const download = /** @type {HTMLButtonElement} */ (byId("download"))
const ran = byId("ran")
const facts = byId("facts")
const fromLink = byId("from-link")
const region = byId("result")
const path = location.pathname.replace(/\.db\/?$/i, "")
const id = path.slice(1)
const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

/** @type {QueryResult | null} */
let result = null
/** A table, until somebody wants bars. */
let isChart = false
let controller = new AbortController()
const local = new LocalDatabase(path, showProgress)
const past = new QueryHistory(id, (sql) => {
  replaceAll(sql)
  setText(facts, "Filled in from the history, and not run.")
})

function draw() {
  const hasChart = result !== null && offerAxes(result)
  byId("result-bar").hidden = result === null
  byId("views").hidden = !hasChart
  byId("axes").hidden = !isChart
  byId("as-table").setAttribute("aria-pressed", String(!isChart))
  byId("as-chart").setAttribute("aria-pressed", String(isChart))
  if (result === null) return
  if (isChart && hasChart) drawChart(result)
  else drawResult(result)
}

/** @param {QueryResult | null} next */
function keep(next) {
  result = next
  copy.disabled = download.disabled = next === null || next.headers.length === 0
  draw()
}

/** Asked again in this browser, by a button of a message that then goes. */
function runHere() {
  choosePlace("browser")
  void submit()
  byId("local-stop").focus()
}

/** @param {string} message @param {string} sql @param {"refused" | "not loaded" | null} [why] what can be done about it */
function showError(message, sql, why = null) {
  drawFailure(message, sql, why, runHere)
  setText(facts, "")
  setText(ran, "")
  keep(null)
  drawNoResult("No rows: the query failed.")
}

function clear() {
  clearFailure()
  fromLink.hidden = true
}

/** The query is kept in the address: it survives a reload and can be sent to someone. @param {string} sql */
const addressOf = (sql) => `${location.origin}${location.pathname}#sql=${encodeURIComponent(sql)}`

/** @param {string} sql @param {QueryResult} answer @param {string} said @param {string} where and as of when */
function show(sql, answer, said, where) {
  clear()
  keep(answer)
  setText(facts, said)
  setText(ran, where)
  history.replaceState(null, "", addressOf(sql))
}

/** @param {string} sql @param {AbortSignal} signal */
async function askServer(sql, signal) {
  const answer = await ask(sql, signal)
  if (!signal.aborted) show(sql, answer, factsOf(answer), `On the server, ${clock(Date.now())}`)
}

/** @param {string} sql @param {AbortSignal} signal */
async function askHere(sql, signal) {
  if (local.facts === null) {
    setText(facts, "Loading the rows into this browser.")
    const loading = local.load()
    showLocal(local)
    await loading
  }
  if (signal.aborted) return
  const asking = local.query(sql)
  showLocal(local)
  const { result: answer, ...more } = await asking
  const { asOf = Date.now() } = local.facts ?? {}
  if (!signal.aborted)
    show(sql, answer, localFactsOf(answer, more), `In this browser, with the rows as of ${clock(asOf)}`)
}

/** Where the focus was on what is gone now, it goes on to what came. @param {boolean} isFailure */
function moveFocus(isFailure) {
  const { activeElement } = document
  if (activeElement !== document.body && activeElement !== byId("local-stop")) return
  const next = isFailure ? (failureButton() ?? box) : result === null ? run : region
  next.focus()
}

/** @param {{ remember?: boolean }} [options] */
async function submit({ remember = true } = {}) {
  const sql = box.value
  const isHere = chosenPlace() === "browser"
  if (sql.trim() === "") return showError("Write a query first.", sql)
  if (isHere && local.isRunning)
    return setText(facts, "A query is running in this browser. Stop it to run another.")
  controller.abort()
  const mine = new AbortController()
  controller = mine
  setText(run, "Running…")
  region.setAttribute("aria-busy", "true")
  if (isHere) clear()
  try {
    await (isHere ? askHere : askServer)(sql, mine.signal)
    if (mine.signal.aborted) return
    if (remember) past.add(sql)
  } catch (reason) {
    if (mine.signal.aborted) return
    if (reason instanceof Stopped) {
      setText(facts, "Stopped.")
      keep(null)
      drawNoResult("The query was stopped.")
    } else if (!(reason instanceof QueryError)) throw reason
    else if (isHere) showError(reason.message, sql, local.facts === null ? "not loaded" : null)
    else showError(reason.message, sql, reason.isRefusal ? "refused" : null)
  } finally {
    if (isHere) showLocal(local, "No rows are in this browser: the next query here loads them.")
    if (controller === mine) {
      setText(run, "Run")
      region.removeAttribute("aria-busy")
      if (isHere) moveFocus(isFailed())
    }
  }
}

/** @param {string} sql @param {HTMLElement} button */
function runStarter(sql, button) {
  replaceAll(sql)
  // A pressed button keeps the focus: who uses the keyboard goes on to the next.
  button.focus()
  void submit()
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault()
  void submit()
})
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  void submit()
})
box.addEventListener("input", () => (fromLink.hidden = true))
copy.addEventListener("click", () => result && copyText(csvOf(result), copy))
byId("link").addEventListener("click", () => copyText(addressOf(box.value), byId("link")))
download.addEventListener(
  "click",
  () => result && downloadText(`${id}-query.csv`, "text/csv;charset=utf-8", BYTE_ORDER_MARK + csvOf(result)),
)
for (const [button, wanted] of /** @type {const} */ ([
  ["as-table", false],
  ["as-chart", true],
]))
  byId(button).addEventListener("click", () => {
    isChart = wanted
    draw()
  })
byId("axes").addEventListener("change", () => result && drawChart(result))
byId("local-stop").addEventListener("click", () => local.stop())
byId("local-again").addEventListener("click", async () => {
  const loading = local.load()
  showLocal(local)
  byId("local-stop").focus()
  setText(facts, "Loading the rows into this browser.")
  try {
    const { asOf } = await loading
    setText(facts, `The rows were loaded again, as of ${clock(asOf)}.`)
  } catch (reason) {
    if (reason instanceof QueryError) showError(reason.message, box.value, "not loaded")
    else setText(facts, "Stopped.")
  }
  showLocal(local, "No rows are in this browser: the next query here loads them.")
  if (document.activeElement === document.body) byId("local-again").focus()
})
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

/** A query that came with a link is run by the one who reads it. @param {string} sql */
function fillIn(sql) {
  controller.abort()
  box.value = sql
  clear()
  fromLink.hidden = false
  setText(fromLink, "A link brought this query. It has not been run: read it, then press Run.")
  setText(facts, "")
  setText(ran, "")
  keep(null)
  drawNoResult("Run the query to see its rows.")
}

addEventListener("hashchange", () => {
  const sql = sqlInAddress()
  if (sql !== null && sql !== box.value) fillIn(sql)
})

drawStarters(starters(noFields), runStarter)
const given = sqlInAddress()
if (given !== null) fillIn(given)
else {
  box.value = starters(noFields)[0]?.sql ?? ""
  void submit({ remember: false })
}

try {
  const [tables, fields] = await Promise.all([readTables(), readFields().catch(() => noFields)])
  drawStarters(starters(fields), runStarter)
  await readSamples(tables)
  drawTables(tables, fields, insert)
} catch (reason) {
  fill(
    byId("tables"),
    h("p", { class: "notice" }, reason instanceof Error ? reason.message : "The tables cannot be read."),
  )
}
document.documentElement.dataset.ready = ""
