// @ts-check
/** @import { RowHeights } from "./heights.js" */

/**
 * Brings elements into this order without moving the one that has the focus: moving it would lose the focus.
 * @param {HTMLElement} parent @param {HTMLElement[]} wanted @param {HTMLElement | undefined} fixed
 */
export function arrange(parent, wanted, fixed) {
  const keep = new Set(wanted)
  for (const child of [...parent.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove()
  const anchor = fixed && fixed.parentNode === parent ? wanted.indexOf(fixed) : -1
  for (let i = anchor - 1; i >= 0; i--) {
    const element = /** @type {HTMLElement} */ (wanted[i])
    const after = /** @type {HTMLElement} */ (wanted[i + 1])
    if (element.nextSibling !== after) parent.insertBefore(element, after)
  }
  for (let i = anchor + 1; i < wanted.length; i++) {
    const element = /** @type {HTMLElement} */ (wanted[i])
    const before = i === 0 ? null : /** @type {HTMLElement} */ (wanted[i - 1])
    const reference = before ? before.nextSibling : parent.firstChild
    if (reference !== element) parent.insertBefore(element, reference)
  }
}

/**
 * The rows' elements, and what takes the room of those that are not drawn.
 * @param {{ at: number, element: HTMLElement }[]} rows by position @param {number} count of all rows @param {RowHeights} heights
 * @param {HTMLElement[]} spacers as many as there may be gaps
 */
export function withGaps(rows, count, heights, spacers) {
  /** @type {HTMLElement[]} */
  const wanted = []
  let spacer = 0
  let next = 0
  /** @param {number} until */
  const gap = (until) => {
    if (until <= next) return
    const element = /** @type {HTMLElement} */ (spacers[spacer++])
    element.style.setProperty("height", `${heights.offset(until) - heights.offset(next)}px`)
    wanted.push(element)
  }
  for (const { at, element } of rows) {
    gap(at)
    wanted.push(element)
    next = at + 1
  }
  gap(count)
  return wanted
}
