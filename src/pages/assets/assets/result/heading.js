// @ts-check
/** @import { Group } from "../../types.js" */

import { byId, setText } from "../shared/dom.js"
import { wordsIn } from "../shared/format.js"

/** A question of more characters is folded; with result.css. */
const FOLDED_CHARS = 160

/** What the group is about, over everything else. @param {Group["metadata"]} metadata */
export function drawHeading(metadata) {
  const title = wordsIn(metadata, "title")
  const question = wordsIn(metadata, "question")
  if (title !== null) setText(byId("title"), title)
  if (question === null || question === title) return
  const text = byId("question")
  const more = byId("question-more")
  setText(text, question)
  text.hidden = false
  more.hidden = question.length <= FOLDED_CHARS && !question.includes("\n")
  more.addEventListener("click", () => {
    const isOpen = text.classList.toggle("open")
    more.setAttribute("aria-expanded", String(isOpen))
    setText(more, isOpen ? "Less" : "Whole question")
  })
}

/** The name of a file with this group, without extension: its title, of letters and digits that every system takes. @param {Group} group */
export function fileName({ taskgroup_id, metadata }) {
  const words = (wordsIn(metadata, "title") ?? "").normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  // Far below what file systems take, and never half a character.
  return /^.{0,79}[^-]/u.exec(words.join("-"))?.[0] ?? taskgroup_id
}
