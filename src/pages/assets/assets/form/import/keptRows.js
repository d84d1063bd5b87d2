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
 * @param {Kept} kept @param {ImportSettings} settings @param {readonly string[]} sign of the list that they are for
 * @param {boolean} mayBe whether there is room, and no secret in them
 */
export function draftedRows({ text, fileName, large }, settings, sign, mayBe) {
  const said = { settings: settingsDraft(settings), sign }
  if (mayBe) return large === null ? { ...said, text, fileName } : { ...said, fileName, large }
  return { ...said, gone: large?.name ?? (fileName || (text === "" ? "" : TEXT)) }
}

/** @param {unknown} draft what `draftedRows` made, perhaps in an earlier version of this page @returns {Kept & { settings: ImportSettings, sign: string[], gone: string }} */
export function restoredRows(draft) {
  const text = (/** @type {unknown} */ of, /** @type {string} */ name) => {
    const value = own(of, name)
    return typeof value === "string" ? value : ""
  }
  const [large, sign] = [own(draft, "large"), own(draft, "sign")]
  const isLarge = typeof own(large, "text") === "string"
  return {
    text: text(draft, "text"),
    fileName: text(draft, "fileName"),
    large: isLarge ? { name: text(large, "name"), text: text(large, "text") } : null,
    settings: settingsFrom(own(draft, "settings")),
    sign: (Array.isArray(sign) ? sign : []).filter((one) => typeof one === "string"),
    gone: text(draft, "gone"),
  }
}
