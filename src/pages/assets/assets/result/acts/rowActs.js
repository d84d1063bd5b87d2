// @ts-check
/** @import { Row } from "../../../types.js" */

import { h } from "../../shared/dom.js"
import { storedKey } from "../../shared/keyStore.js"
import { exactly } from "../../shared/money.js"

/** @type {((index: number) => void) | null} */
let retry = null
/** @type {() => number | null} */
let price = () => null

/** Who runs a row again, where it can be. @param {(index: number) => void} act told the row's index @param {() => number | null} cost of a row, where it is known */
export function onRetryRow(act, cost) {
  retry = act
  price = cost
}

/** Asks first, but where the form would not either. @param {number} index */
export const retryRow = (index) => retry?.(index)

/** @param {number | null} usd */
const retryText = (usd) => (usd === null ? "Retry this row" : `Retry this row for ${exactly(usd)}`)

/** What can be done with a row that has no result, for where it is shown. @param {Row} row */
export const rowActs = ({ index, run }) =>
  retry !== null &&
  // Readers are offered nothing that takes a key.
  storedKey() !== "" &&
  (run.status === "failed" || run.status === "cancelled") &&
  h(
    "p",
    { class: "row-acts" },
    h(
      "button",
      { type: "button", class: "small", "data-key": "retry row", onclick: () => retryRow(index) },
      retryText(price()),
    ),
  )
