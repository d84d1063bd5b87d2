// @ts-check
/**
 * What a table's cells are sent as. A cell may be a number or `true` only where writing that value back gives the same
 * characters: of `007`, `1.50`, `+49`, `1e5` and twenty digits a number would keep less than stands there.
 *
 * @typedef {"text" | "number" | "boolean"} CellType
 */

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
const BLANK = /^\s*$/

/** @param {string} cell */
export const isBlankCell = (cell) => BLANK.test(cell)

/** @param {string} cell */
export const isNumberCell = (cell) => NUMBER.test(cell) && String(Number(cell)) === cell

/** @param {string} cell @returns {CellType} */
const typeOfCell = (cell) =>
  cell === "true" || cell === "false" ? "boolean" : isNumberCell(cell) ? "number" : "text"

/**
 * One type for a whole column, so that `007` does not stand beside a number 5: text, unless every cell that holds
 * something is of another.
 * @param {Iterable<string>} cells @returns {CellType}
 */
export function typeOfCells(cells) {
  /** @type {CellType | null} */
  let type = null
  for (const cell of cells) {
    if (cell === "") continue
    const found = typeOfCell(cell)
    if (found === "text" || (type !== null && type !== found)) return "text"
    type = found
  }
  return type ?? "text"
}

/** A cell as JSON text. An empty one stays an empty text, whatever its column is. @param {string} cell @param {CellType} type */
export const cellJson = (cell, type) => (type === "text" || cell === "" ? JSON.stringify(cell) : cell)
