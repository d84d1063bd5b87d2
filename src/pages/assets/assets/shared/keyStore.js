// @ts-check
/** Where this browser keeps the API key, however it was got: `localStorage` of this origin, and nowhere else. */

const STORED = "parallel-multitask:key"

/** The key that is kept, or nothing. */
export function storedKey() {
  try {
    return localStorage.getItem(STORED) ?? ""
  } catch {
    return ""
  }
}

/** @param {string} key nothing forgets it @returns {boolean} whether this browser keeps it */
export function storeKey(key) {
  try {
    if (key) localStorage.setItem(STORED, key)
    else localStorage.removeItem(STORED)
    return true
  } catch {
    return false
  }
}
