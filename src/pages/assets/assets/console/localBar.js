// @ts-check
/** @import { Progress } from "../sqlite/load.js" */
/** @import { LocalDatabase } from "./local.js" */

import { byId, setText } from "../shared/dom.js"
import { clock, count, plural } from "../shared/format.js"

/** What the visitor sees of the rows in their own browser, and what they can do about them. */

const bar = byId("local")
const text = byId("local-text")
const progress = /** @type {HTMLProgressElement} */ (byId("local-progress"))
const stop = byId("local-stop")
const again = byId("local-again")
const where = byId("where")

/** @param {number} bytes */
const size = (bytes) =>
  bytes < 1e6 ? `${count(Math.ceil(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`

/** @returns {"server" | "browser"} where the next query runs */
export const chosenPlace = () =>
  /** @type {HTMLInputElement} */ (where.querySelector("[value='browser']")).checked ? "browser" : "server"

/** @param {"server" | "browser"} place */
export function choosePlace(place) {
  const radio = /** @type {HTMLInputElement} */ (where.querySelector(`[value='${place}']`))
  radio.checked = true
}

/** @param {Progress} told */
export function showProgress({ rows, of, bytes }) {
  if (of !== null) progress.max = Math.max(1, of)
  progress.value = rows
  setText(
    text,
    of === null
      ? "Loading SQLite into this browser…"
      : `Loading rows into this browser: ${count(rows)} of ${count(of)} · ${size(bytes)}`,
  )
}

/** @type {ReturnType<typeof setInterval> | undefined} */
let seconds

/** What is so now. @param {LocalDatabase} local @param {string} [said] what happened, where there are no rows */
export function showLocal(local, said) {
  clearInterval(seconds)
  bar.hidden = false
  const isBusy = local.isLoading || local.isRunning
  progress.hidden = !local.isLoading
  stop.hidden = !isBusy
  again.hidden = isBusy
  if (local.isLoading) {
    progress.removeAttribute("value")
    showProgress({ rows: 0, of: null, bytes: 0 })
  } else if (local.isRunning) {
    const began = Date.now()
    const tell = () => {
      const passed = Math.floor((Date.now() - began) / 1000)
      setText(text, `Running in this browser${passed === 0 ? "…" : `: ${plural(passed, "second")} so far`}`)
    }
    tell()
    seconds = setInterval(tell, 1000)
  } else if (local.facts !== null) {
    const { rows, bytes, asOf, version } = local.facts
    setText(
      text,
      `${plural(rows, "row")} (${size(bytes)}) as of ${clock(asOf)}, in SQLite ${version} in this tab. Nothing you run here changes the group.`,
    )
  } else setText(text, said ?? "No rows are in this browser.")
}
