// @ts-check
/** @import { Parsed } from "./read.js" */
/** @import { WholeRequest } from "./requestBody.js" */
/** @import { Ragged } from "./settings.js" */

import { fill, h } from "../../shared/dom.js"
import { count, plural } from "../../shared/format.js"
import { keepingFocus } from "./preview.js"
import { unplaced } from "./requestDraft.js"

/** Lines that are named. */
const MOST_NAMED = 3

/**
 * A sentence about the rows, and what can be done about it by one click.
 * @typedef {{ text: string, buttons?: { label: string, isPressed?: boolean, act: () => void }[] }} Note
 */

/** @param {readonly string[]} parts */
const listed = (parts) =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`

/** What is left out without being asked, since it holds nothing. @param {Parsed["dropped"]} dropped @returns {Note | null} */
export function droppedNote({ blank, columns, short }) {
  const parts = []
  if (blank > 0) parts.push(plural(blank, "blank line"))
  if (columns.length > 0) parts.push(plural(columns.length, "empty column"))
  const called = columns.filter(Boolean)
  const names = called.length > 0 && called.length <= MOST_NAMED ? ` (${called.join(", ")})` : ""
  const out = parts.length > 0 ? `${listed(parts)}${names} left out.` : ""
  const less =
    short > 0
      ? `${plural(short, "row has", "rows have")} fewer cells than the header: the rest is empty.`
      : ""
  const text = [out, less].filter(Boolean).join(" ")
  return text === "" ? null : { text }
}

/** @param {number} repeated @param {boolean} isDistinct @param {(isDistinct: boolean) => void} choose @returns {Note | null} */
export function repeatedNote(repeated, isDistinct, choose) {
  if (repeated === 0) return null
  const verb = isDistinct
    ? `${repeated === 1 ? "that repeats another is" : "that repeat another are"} left out.`
    : `${repeated === 1 ? "repeats" : "repeat"} another.`
  return {
    text: `${plural(repeated, "row")} ${verb}`,
    buttons: [
      {
        label: isDistinct
          ? repeated === 1
            ? "Put it back"
            : "Put them back"
          : repeated === 1
            ? "Leave it out"
            : "Leave them out",
        act: () => choose(!isDistinct),
      },
    ],
  }
}

/** @param {Parsed["ragged"]} ragged @param {(choice: Ragged) => void} choose @returns {Note | null} */
export function raggedNote(ragged, choose) {
  if (ragged === null) return null
  const { lines, width, isHeader, choice } = ragged
  const [first] = lines
  const than = isHeader ? "the header" : "the others"
  const where =
    lines.length === 1 && first
      ? `Line ${count(first.line)} has ${first.cells} cells, ${than} ${width}`
      : `${plural(lines.length, "line")} have more cells than ${than} (${width}): ${lines.length > MOST_NAMED ? "first " : ""}line ${listed(lines.slice(0, MOST_NAMED).map(({ line }) => count(line)))}`
  const one = lines.length === 1
  const state = {
    out: one ? "It is left out" : "They are left out",
    keep: "The extra is in a column of its own",
    join: "The extra is joined to the last cell",
  }
  /** @type {[Ragged, string][]} */
  const choices = [
    ["out", one ? "Leave it out" : "Leave them out"],
    ["keep", "Keep the extra as a column"],
    ["join", "Join it to the last cell"],
  ]
  return {
    text: `${where}. ${state[choice]}.`,
    buttons: choices.map(([ragged, label]) => ({
      label,
      isPressed: ragged === choice,
      act: () => choose(ragged),
    })),
  }
}

/** @param {boolean | null} commas whether they divide cells @param {(commas: boolean) => void} choose @returns {Note | null} */
export const commasNote = (commas, choose) =>
  commas === null
    ? null
    : commas
      ? {
          text: "A comma begins another cell.",
          buttons: [{ label: "Each line is one text", act: () => choose(false) }],
        }
      : {
          text: "Each line is one text, commas included.",
          buttons: [{ label: "Divide it at commas", act: () => choose(true) }],
        }

/** Rows in which a character was lost before it came here. @param {readonly string[]} rows @returns {Note | null} */
export function lostNote(rows) {
  const lost = []
  for (const [at, row] of rows.entries()) if (row.includes("\ufffd")) lost.push(at)
  if (lost.length === 0) return null
  const where = listed(lost.slice(0, MOST_NAMED).map((at) => count(at + 1)))
  return {
    text: `${plural(lost.length, "row holds", "rows hold")} “\ufffd”, which stands for a character that was lost when the text was saved or copied: ${lost.length > MOST_NAMED ? "first " : ""}row ${where}. ${lost.length === 1 ? "It is" : "They are"} sent like that unless you correct it.`,
  }
}

/** @param {WholeRequest | null} request @param {boolean} isTaken @param {() => void} take @returns {Note | null} */
export function requestNote(request, isTaken, take) {
  if (request === null) return null
  const { fields, dropped, from } = request
  const names = [...fields.keys()]
  const key =
    dropped.length > 0 ? ` ${listed([...new Set(dropped)])} was dropped: a key goes into its own field.` : ""
  const left = unplaced(fields)
  const others =
    names.length === 0
      ? ""
      : isTaken
        ? ` Its other fields are in the form${left.length > 0 ? `, but for ${listed(left)}: there is no place for it` : ""}.`
        : ` It also says ${listed(names)}.`
  return {
    text: `The rows come from ${from}.${others}${key}`,
    buttons: names.length > 0 && !isTaken ? [{ label: "Fill the form with it", act: take }] : [],
  }
}

/** What a list says: it is announced, and so written anew only where it changed. @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap()

/** @param {HTMLElement} list @param {readonly (Note | null)[]} notes whose texts and labels say what their buttons do */
export function drawNotes(list, notes) {
  const shown = notes.filter((note) => note !== null)
  const said = JSON.stringify(shown)
  if (drawn.get(list) === said) return
  drawn.set(list, said)
  keepingFocus(list, () =>
    fill(
      list,
      shown.map(({ text, buttons = [] }, at) =>
        h(
          "li",
          { class: "notice" },
          h("span", {}, text),
          buttons.length > 0 &&
            h(
              "span",
              { class: "note-buttons", role: "group", "aria-label": text.slice(0, 100) },
              buttons.map(({ label, isPressed, act }, button) =>
                h(
                  "button",
                  {
                    type: "button",
                    class: "small",
                    "aria-pressed": isPressed === undefined ? null : String(isPressed),
                    "data-focus": `${at} ${button}`,
                    onclick: act,
                  },
                  label,
                ),
              ),
            ),
        ),
      ),
    ),
  )
  list.hidden = shown.length === 0
}
