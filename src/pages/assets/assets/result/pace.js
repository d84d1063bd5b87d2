// @ts-check

/** The pace is that of the last two minutes. */
const WINDOW_MS = 120_000
/** So much must have been seen of it: the first rows to end say little of the others. */
const ENOUGH_ROWS = 3
const ENOUGH_MS = 5_000
/** What comes at once behind a new connection has ended before. */
const SETTLE_MS = 2_000

/** How fast rows end, from what this page has seen: never from rows that had ended before it looked. */
export class Pace {
  /** @type {{ at: number, finished: number }[]} */
  #seen = []
  #from = 0

  /** What was seen so far says nothing of what comes. */
  restart(now = Date.now()) {
    this.#seen = []
    this.#from = now + SETTLE_MS
  }

  /** @param {number} finished rows */
  note(finished, now = Date.now()) {
    // How long the first took is how long one takes, not how far they are apart.
    if (now < this.#from || finished === 0) return
    const last = this.#seen.at(-1)
    if (last !== undefined && finished < last.finished) this.#seen = []
    if (last === undefined || now - last.at >= 1000) this.#seen.push({ at: now, finished })
    while (this.#seen.length > 1 && now - /** @type {{ at: number }} */ (this.#seen[0]).at > WINDOW_MS)
      this.#seen.shift()
  }

  /** Rows in a second; null until enough is known. @param {number} finished rows */
  perSecond(finished, now = Date.now()) {
    const first = this.#seen[0]
    if (first === undefined || now - first.at < ENOUGH_MS || finished - first.finished < ENOUGH_ROWS)
      return null
    return (finished - first.finished) / ((now - first.at) / 1000)
  }
}
