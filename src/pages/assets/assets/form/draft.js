// @ts-check
/**
 * The form as it is, so that it survives a reload, Back, and the way to Parallel's login: in `sessionStorage`, which
 * belongs to this tab. No key and no secret is any part of it.
 */

const STORED = "parallel-multitask:draft"
/** The form before a link has filled it. */
const BEFORE = "parallel-multitask:before"

/** @param {unknown} draft @returns {boolean} false when it is too large, or this browser keeps nothing */
export function saveDraft(draft) {
  if (save(STORED, draft)) return true
  // What is there comes before what was.
  dropBefore()
  return save(STORED, draft)
}

/** @returns {unknown} */
export const storedDraft = () => load(STORED)

/** @param {{ draft: unknown, what: string }} before */
export function saveBefore(before) {
  if (!save(BEFORE, before)) dropBefore()
}

/** @returns {{ draft: any, what: string } | null} */
export function storedBefore() {
  const before = load(BEFORE)
  return typeof before?.draft?.inputs === "object" && typeof before.what === "string" ? before : null
}

export function dropBefore() {
  try {
    sessionStorage.removeItem(BEFORE)
  } catch {
    // Then there is none.
  }
}

/** @param {string} name @param {unknown} value */
function save(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}

/** @param {string} name @returns {any} */
function load(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "null")
  } catch {
    return null
  }
}
