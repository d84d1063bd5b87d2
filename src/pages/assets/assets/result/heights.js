// @ts-check

/** A line of text and what is above and below all of them, in pixels; with table.css and cells.css. */
const LINE = 20
const AROUND = 20
/** What a finger needs, where a row has one line. */
const FINGER = 44

/** How many lines of text a row shows, by the name of its height. */
export const LINES = new Map([
  ["one", 1],
  ["two", 2],
  ["tall", 5],
])

const KEPT_AS = "row-height"

/** The name of the height that was chosen last in this browser. */
export function keptHeight() {
  try {
    const name = localStorage.getItem(KEPT_AS) ?? ""
    return LINES.has(name) ? name : "two"
  } catch {
    return "two"
  }
}

/** @param {string} name */
export function keepHeight(name) {
  try {
    localStorage.setItem(KEPT_AS, name)
  } catch {
    // It holds for this visit.
  }
}

/** The height of a row with so many lines. @param {number} lines @param {boolean} isTouched by fingers */
export const heightOf = (lines, isTouched) => Math.max(isTouched ? FINGER : 0, lines * LINE + AROUND)

/** Where each row of the order begins: all rows have one height, except the few that were expanded. */
export class RowHeights {
  /** A row's height in pixels unless its texts are unfolded. */
  base = heightOf(2, false)
  #count = 0
  /** Height by input_index. @type {Map<number, number>} */
  #expanded = new Map()
  /** Expanded rows of the present order, by position. @type {{ at: number, extra: number }[]} */
  #placed = []
  /** @type {(index: number) => number | undefined} */
  #positionOf = () => undefined

  /** @param {number} count @param {(index: number) => number | undefined} positionOf */
  arrange(count, positionOf) {
    this.#count = count
    this.#positionOf = positionOf
    this.#placed = []
    for (const [index, height] of this.#expanded) {
      const at = positionOf(index)
      if (at !== undefined) this.#placed.push({ at, extra: Math.max(0, height - this.base) })
    }
    this.#placed.sort((a, b) => a.at - b.at)
  }

  /** All rows get another height. @param {number} base */
  setBase(base) {
    this.base = base
    this.arrange(this.#count, this.#positionOf)
  }

  /** @param {number} index */
  isExpanded(index) {
    return this.#expanded.has(index)
  }

  /** @param {number} index */
  expand(index) {
    if (!this.#expanded.has(index)) this.#expanded.set(index, this.base)
    this.arrange(this.#count, this.#positionOf)
  }

  /** @param {number} index */
  toggle(index) {
    if (!this.#expanded.delete(index)) this.#expanded.set(index, this.base)
    this.arrange(this.#count, this.#positionOf)
  }

  /** @param {number} index @param {number} height as measured @returns {boolean} whether it is another than before */
  set(index, height) {
    const measured = Math.max(this.base, height)
    if (this.#expanded.get(index) === measured) return false
    this.#expanded.set(index, measured)
    this.arrange(this.#count, this.#positionOf)
    return true
  }

  /** The upper edge of the row at this position. @param {number} at */
  offset(at) {
    let top = at * this.base
    for (const row of this.#placed) {
      if (row.at >= at) break
      top += row.extra
    }
    return top
  }

  /** The position of the row at this height. @param {number} y */
  at(y) {
    let low = 0
    let high = Math.max(0, this.#count - 1)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.offset(middle) <= y) low = middle
      else high = middle - 1
    }
    return low
  }
}
