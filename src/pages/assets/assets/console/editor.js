// @ts-check

import { byId } from "../shared/dom.js"

/** What goes into the query box as if it had been typed, so that undo brings back what was there. */

const box = /** @type {HTMLTextAreaElement} */ (byId("sql"))

/** @param {string} text */
function type(text) {
  box.focus()
  if (!document.execCommand("insertText", false, text))
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end")
}

/** @param {string} text */
export function replaceAll(text) {
  box.select()
  type(text)
  box.setSelectionRange(0, 0)
  box.scrollTo(0, 0)
}

/** A name, with space around it where it would run into a word. @param {string} text */
export function insert(text) {
  const before = box.value.slice(0, box.selectionStart)
  const after = box.value.slice(box.selectionEnd)
  type(`${/[\w"']$/.test(before) ? " " : ""}${text}${/^[\w"']/.test(after) ? " " : ""}`)
}
