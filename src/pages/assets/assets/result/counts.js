// @ts-check
import { isTerminal } from "../shared/format.js"

/**
 * Rows by status of a group whose rows are not all here yet: what the server counted, with what has ended since. So the
 * figures say no less than the rows that are shown.
 *
 * @param {Map<string, number>} told by the server, of all rows
 * @param {Map<string, number>} here of the rows that are here
 * @param {number} total
 */
export function mergeCounts(told, here, total) {
  /** @type {Map<string, number>} */
  const merged = new Map()
  let left = total
  for (const [status, n] of [...told, ...here]) {
    if (!isTerminal(status) || merged.has(status)) continue
    const rows = Math.max(n, here.get(status) ?? 0)
    if (rows > 0) merged.set(status, rows)
    left -= rows
  }
  // Rows that were run again meanwhile: what was counted and what is here are of different moments.
  if (left < 0) return told
  for (const [status, n] of told) {
    const rows = Math.min(n, left)
    if (isTerminal(status) || status === "queued" || rows === 0) continue
    merged.set(status, rows)
    left -= rows
  }
  if (left > 0) merged.set("queued", left)
  return merged
}
