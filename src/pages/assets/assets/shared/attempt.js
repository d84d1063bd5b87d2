// @ts-check
import { randomKey } from "./client.js"
import { own } from "./dom.js"

/**
 * What was sent, under which idempotency key, and since when. It stays the same attempt until something changes, so
 * that pressing Run again after a lost answer cannot pay twice. `unknown`: it was sent, and nobody said what became of it.
 * @typedef {{ sign: string, key: string, at: number, unknown: boolean, rows: number,
 *   taskgroupId: string | null }} Attempt
 */

/** For so long the server knows what it did under a key. */
const KNOWN_MS = 24 * 3600 * 1000

/** @param {string} sign @param {number} rows @returns {Attempt} */
export const newAttempt = (sign, rows) => ({
  sign,
  rows,
  key: randomKey(),
  at: Date.now(),
  unknown: false,
  taskgroupId: null,
})

/** @param {unknown} saved @returns {Attempt | null} */
export function attemptIn(saved) {
  const [sign, key, at] = ["sign", "key", "at"].map((name) => own(saved, name))
  if (typeof sign !== "string" || typeof key !== "string" || typeof at !== "number") return null
  const id = own(saved, "taskgroupId")
  return {
    sign,
    key,
    at,
    rows: Number(own(saved, "rows")),
    unknown: own(saved, "unknown") === true,
    taskgroupId: typeof id === "string" ? id : null,
  }
}

/** Sent again, it may be started again. @param {Attempt} attempt */
export const isForgotten = ({ at }) => Date.now() - at >= KNOWN_MS

/**
 * The groups that may have come of an attempt: the one that its refusal named, and those of this browser that were made
 * since, of as many rows. @param {Attempt} attempt @param {{ id: string, created: string, rows: number }[]} past @returns {string[]}
 */
export const groupsSince = ({ at, rows, taskgroupId }, past) => [
  ...new Set([
    ...(taskgroupId === null ? [] : [taskgroupId]),
    ...past.filter((group) => group.rows === rows && Date.parse(group.created) >= at).map(({ id }) => id),
  ]),
]
