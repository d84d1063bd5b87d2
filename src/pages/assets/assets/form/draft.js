// @ts-check
/**
 * The form as it is, so that it survives a reload, Back, and the way to Parallel's login: in `sessionStorage`, which
 * belongs to this tab. No key and no secret is any part of it.
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

/** @returns {unknown} */
export function storedDraft() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? "null")
  } catch {
    return null
  }
}
