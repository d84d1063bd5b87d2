// @ts-check
/** @import { ImportSettings } from "./settings.js" */

import { own } from "../../shared/dom.js"
import { settingsDraft, settingsFrom } from "./settings.js"

/**
 * @typedef {{ text: string, fileName: string, large: { name: string, text: string } | null }} Kept the text of the field,
 *   whose file it was, and a text that is too large for the field
 */

/** What a text is called that has no name. */
const TEXT = "The text of the rows"

/**
 * The rows for the form's draft; where they cannot be in it, what they were called.
 * @param {Kept} kept @param {ImportSettings} settings @param {boolean} mayBe whether there is room, and no secret in them
 */
export function draftedRows({ text, fileName, large }, settings, mayBe) {
  const said = { settings: settingsDraft(settings) }
  if (mayBe) return large === null ? { ...said, text, fileName } : { ...said, fileName, large }
  return { ...said, gone: large?.name ?? (fileName || (text === "" ? "" : TEXT)) }
}

/** @param {unknown} draft what `draftedRows` made, perhaps in an earlier version of this page @returns {Kept & { settings: ImportSettings, gone: string }} */
export function restoredRows(draft) {
  const text = (/** @type {unknown} */ of, /** @type {string} */ name) => {
    const value = own(of, name)
    return typeof value === "string" ? value : ""
  }
  const large = own(draft, "large")
  const isLarge = typeof own(large, "text") === "string"
  return {
    text: text(draft, "text"),
    fileName: text(draft, "fileName"),
    large: isLarge ? { name: text(large, "name"), text: text(large, "text") } : null,
    settings: settingsFrom(own(draft, "settings")),
    gone: text(draft, "gone"),
  }
}
