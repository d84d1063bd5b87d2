// @ts-check

/** A row's height in pixels unless its texts are unfolded; the same number is in table.css and cells.css. */
const BASE = 60

/** Where each row of the order begins: all rows have one height, except the few that were expanded. */
export class RowHeights {
  base = BASE
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
      if (at !== undefined) this.#placed.push({ at, extra: height - BASE })
    }
    this.#placed.sort((a, b) => a.at - b.at)
  }

  /** @param {number} index */
  isExpanded(index) {
    return this.#expanded.has(index)
  }

  /** @param {number} index */
  expand(index) {
    if (!this.#expanded.has(index)) this.#expanded.set(index, BASE)
    this.arrange(this.#count, this.#positionOf)
  }

  /** @param {number} index */
  toggle(index) {
    if (!this.#expanded.delete(index)) this.#expanded.set(index, BASE)
    this.arrange(this.#count, this.#positionOf)
  }

  /** @param {number} index @param {number} height as measured @returns {boolean} whether it is another than before */
  set(index, height) {
    const measured = Math.max(BASE, height)
    if (this.#expanded.get(index) === measured) return false
    this.#expanded.set(index, measured)
    this.arrange(this.#count, this.#positionOf)
    return true
  }

  /** The upper edge of the row at this position. @param {number} at */
  offset(at) {
    let top = at * BASE
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
