// @ts-check

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
