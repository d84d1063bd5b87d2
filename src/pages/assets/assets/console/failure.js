// @ts-check

import { byId, fill, h } from "../shared/dom.js"

/** What is wrong with a query, where, and what can be done. */

const error = byId("error")
const box = byId("sql")

/** Line and column of an offset that SQLite counts in bytes. @param {string} message @param {string} sql */
function placeOf(message, sql) {
  const offset = /at offset (\d+)/.exec(message)?.[1]
  if (offset === undefined) return null
  const before = new TextDecoder().decode(new TextEncoder().encode(sql).slice(0, Number(offset)))
  const lines = before.split("\n")
  return `Line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}.`
}

const ELSEWHERE =
  "It can run in your own browser: that loads all rows of the group and SQLite (0.5 MB) into this tab, and changes nothing in the group."

/**
 * @param {string} message @param {string} sql @param {"refused" | "not loaded" | null} why
 * @param {() => void} runHere runs it in the visitor's browser
 */
export function drawFailure(message, sql, why, runHere) {
  const place = placeOf(message, sql)
  const label = why === "refused" ? "Run it in this browser" : "Try again"
  fill(
    error,
    // The code says nothing that the words do not.
    h("p", {}, message.replace(/: SQLITE_ERROR$/, "")),
    place && h("p", { class: "muted" }, place),
    why === "refused" && h("p", { class: "muted" }, ELSEWHERE),
    why !== null && h("button", { type: "button", class: "small", onclick: runHere }, label),
  )
  error.hidden = false
  box.setAttribute("aria-invalid", "true")
  box.setAttribute("aria-describedby", "error keys")
}

export function clearFailure() {
  fill(error)
  error.hidden = true
  box.removeAttribute("aria-invalid")
  box.setAttribute("aria-describedby", "keys")
}

export const isFailed = () => !error.hidden

/** What helps out of it, where something does. */
export const failureButton = () => error.querySelector("button")
