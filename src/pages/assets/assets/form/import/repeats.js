// @ts-check
/** Rows that are shown of those that are sent. */
export const SAMPLE_ROWS = 5

/**
 * Which rows are taken, by their places, and how many say what an earlier one says, character by character.
 * @param {readonly string[]} texts @param {boolean} isDistinct whether those are left out
 */
export function distinctRows(texts, isDistinct) {
  /** @type {Set<string>} */
  const seen = new Set()
  /** @type {number[]} */
  const taken = []
  for (const [at, text] of texts.entries()) {
    const isNew = !seen.has(text)
    if (isNew) seen.add(text)
    if (isNew || !isDistinct) taken.push(at)
  }
  return { taken, repeated: texts.length - seen.size }
}
