// @ts-check
/**
 * The form as it is, so that it survives the way to Parallel's login and back: in `sessionStorage`, which belongs to
 * this tab, and only until it is put back. The key is no part of it.
 */

const STORED = "parallel-multitask:draft"

/** @param {unknown} draft @returns {boolean} false when it is too large, or this browser keeps nothing */
export function saveDraft(draft) {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

/** What was saved, once. @returns {unknown} */
export function takeDraft() {
  try {
    const text = sessionStorage.getItem(STORED)
    sessionStorage.removeItem(STORED)
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
