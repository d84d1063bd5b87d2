// @ts-check
/** @import { Column } from "../../types.js" */

/** Up to so many columns all are drawn. */
const MANY = 40
/** Drawn to both sides of what is seen, in pixels. */
const BESIDE = 900

/** The first and the last column that is drawn, by position. @typedef {{ from: number, to: number }} Stretch */

/** Of many columns a row draws those in sight: where each row has others, all of them would be millions of cells. */
export class Across {
  /** @type {Stretch} */
  #stretch = ALL

  /**
   * The same object as long as it covers what is seen.
   * @param {readonly Column[]} columns @param {number} left @param {number} right what is seen, in pixels from where they begin
   */
  see(columns, left, right) {
    if (columns.length <= MANY) return (this.#stretch = ALL)
    const seen = stretch(columns, left, right)
    const { from, to } = this.#stretch
    if (this.#stretch === ALL || seen.from < from || seen.to > to)
      this.#stretch = stretch(columns, left - BESIDE, right + BESIDE)
    return this.#stretch
  }
}

/** @type {Stretch} */
const ALL = { from: 0, to: Infinity }

/** @param {readonly Column[]} columns @param {number} left @param {number} right @returns {Stretch} */
function stretch(columns, left, right) {
  let [from, to, x] = [columns.length, 0, 0]
  for (const [at, column] of columns.entries()) {
    const end = x + (column.drawn ?? column.width)
    if (end > left && at < from) from = at
    if (x < right) to = at
    x = end
  }
  return { from, to }
}
