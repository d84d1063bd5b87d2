/** A clock and its alarms, so that rounds keep the time that programs have. */
export interface Timers {
  now(): number
  /** Calls back once, unless what it answers is called before. */
  later(ms: number, fn: () => void): () => void
}

/**
 * A round costs a fifth of a millisecond for each viewer, whatever is new in it: waking, writing, passing on. With rounds
 * this much apart for each of them, viewers take less than half of the time there is, and what comes meanwhile goes
 * along in one write.
 */
const SPACING_PER_VIEWER_MS = 0.5
/** Later than this, nobody would call it live. */
const SPACING_MAX_MS = 250
/** Those who wait for a time are woken together at the next multiple of this. */
const GRID_MS = 50

interface Waiter {
  readonly wake: () => void
  readonly due: number
}

/**
 * Wakes viewers together: at once when there are few, else at intervals that grow with their number, and each at the
 * latest when it asked to be. One alarm for all of them.
 */
export const makeRounds = (timers: Timers) => {
  let waiters = new Set<Waiter>()
  let size = 0
  let lastRoundAt = Number.NEGATIVE_INFINITY
  let roundDue = Number.POSITIVE_INFINITY
  let earliest = Number.POSITIVE_INFINITY
  let alarm: { readonly at: number; readonly cancel: () => void } | null = null

  const arm = () => {
    const at = Math.min(roundDue, earliest)
    if (at === Number.POSITIVE_INFINITY || (alarm !== null && alarm.at <= at)) return
    alarm?.cancel()
    alarm = { at, cancel: timers.later(Math.max(0, at - timers.now()), ring) }
  }

  const wakeAll = (now: number) => {
    const woken = waiters
    waiters = new Set()
    earliest = Number.POSITIVE_INFINITY
    roundDue = Number.POSITIVE_INFINITY
    lastRoundAt = now
    size = woken.size
    for (const { wake } of woken) wake()
  }

  const ring = () => {
    alarm = null
    const now = timers.now()
    if (now >= roundDue) wakeAll(now)
    else if (now >= earliest) {
      const due = [...waiters].filter((waiter) => waiter.due <= now)
      for (const waiter of due) waiters.delete(waiter)
      earliest = Math.min(...[...waiters].map((waiter) => waiter.due), Number.POSITIVE_INFINITY)
      for (const { wake } of due) wake()
    }
    arm()
  }

  /** There is news: the next round is due. */
  const announce = () => {
    if (waiters.size === 0) return
    const now = timers.now()
    const viewers = Math.max(size, waiters.size) - 1
    const at = lastRoundAt + Math.min(viewers * SPACING_PER_VIEWER_MS, SPACING_MAX_MS)
    if (now >= at) return wakeAll(now)
    roundDue = Math.min(roundDue, at)
    arm()
  }

  return {
    announce,
    /** Waits for a round; `behind` says that there is news already. Returns how to stop waiting. */
    join: (wake: () => void, withinMs: number, behind: boolean): (() => void) => {
      const waiter = { wake, due: Math.ceil((timers.now() + withinMs) / GRID_MS) * GRID_MS }
      waiters.add(waiter)
      earliest = Math.min(earliest, waiter.due)
      if (behind) announce()
      arm()
      return () => waiters.delete(waiter)
    },
    close: () => {
      alarm?.cancel()
      alarm = null
      wakeAll(timers.now())
    },
  }
}
