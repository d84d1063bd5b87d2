// @ts-check
import { own } from "../../shared/dom.js"

/**
 * What somebody has said about the rows beside the text: it is kept with the draft and applied to what is sent, while the
 * text stays what was typed. Columns go by the name that the text gives them.
 *
 * @typedef {"out" | "keep" | "join"} Ragged what becomes of cells beyond the header's: their lines are left out, they get
 *   columns of their own, or they belong to the last cell
 * @typedef {{
 *   header: boolean | null,
 *   names: ReadonlyMap<string, string>,
 *   out: ReadonlySet<string>,
 *   distinct: boolean,
 *   ragged: Ragged,
 *   commas: boolean | null,
 * }} ImportSettings `header`: null for what is guessed; `names`: what columns are called instead; `out`: columns that are
 *   left out; `distinct`: rows that repeat another are left out; `commas`: whether they divide cells, null for what is guessed
 */

/** @type {ImportSettings} */
export const NO_SETTINGS = {
  header: null,
  names: new Map(),
  out: new Set(),
  distinct: false,
  ragged: "out",
  commas: null,
}

/** @param {ImportSettings} settings */
export const settingsDraft = ({ header, names, out, distinct, ragged, commas }) => ({
  header,
  names: [...names],
  out: [...out],
  distinct,
  ragged,
  commas,
})

/** @param {unknown} draft what `settingsDraft` made, or anything @returns {ImportSettings} */
export function settingsFrom(draft) {
  const header = own(draft, "header")
  const names = own(draft, "names")
  const out = own(draft, "out")
  const ragged = own(draft, "ragged")
  const commas = own(draft, "commas")
  return {
    header: typeof header === "boolean" ? header : null,
    names: new Map(
      (Array.isArray(names) ? names : []).filter(
        (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === "string"),
      ),
    ),
    out: new Set((Array.isArray(out) ? out : []).filter((one) => typeof one === "string")),
    distinct: own(draft, "distinct") === true,
    ragged: ragged === "keep" || ragged === "join" ? ragged : "out",
    commas: typeof commas === "boolean" ? commas : null,
  }
}
