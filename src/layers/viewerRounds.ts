/** A clock and its alarms, so that rounds keep the time that programs have. */
export interface Timers {
  now(): number
  /** Calls back once, unless what it answers is called before. */
  later(ms: number, fn: () => void): () => void
}

/** How those who wait are woken. */
export interface Rhythm {
  /** Between two rounds, for each who waits. */
  readonly spacingMs: number
  /** Those who wait for a time are woken together at the next multiple of this. */
  readonly gridMs: number
}

/**
 * A round costs a fifth of a millisecond for each viewer, whatever is new in it: waking, writing, passing on. With rounds
 * this much apart for each of them, viewers take less than half of the time there is, and what comes meanwhile goes
 * along in one write.
 */
export const VIEWERS: Rhythm = { spacingMs: 0.5, gridMs: 50 }
/** For the few programs of a group, each with its own time: a timer for each wait would cost more than the wait. */
export const AT_ONCE: Rhythm = { spacingMs: 0, gridMs: 1 }
/** Later than this, nobody would call it live. */
const SPACING_MAX_MS = 250

interface Waiter {
  readonly wake: () => void
  readonly due: number
}

/**
 * Wakes viewers together: at once when there are few, else at intervals that grow with their number, and each at the
 * latest when it asked to be. One alarm for all of them.
 */
export const makeRounds = (timers: Timers, { spacingMs, gridMs }: Rhythm) => {
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

  /** Nobody waits: what is pending would keep the object from sleeping. */
  const disarm = () => {
    alarm?.cancel()
    alarm = null
    earliest = Number.POSITIVE_INFINITY
    roundDue = Number.POSITIVE_INFINITY
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
    const at = lastRoundAt + Math.min(viewers * spacingMs, SPACING_MAX_MS)
    // A clock that was set back must not have them wait until it is as late again.
    if (now >= at || now < lastRoundAt) return wakeAll(now)
    roundDue = Math.min(roundDue, at)
    arm()
  }

  return {
    announce,
    /** Waits for a round; `behind` says that there is news already. Returns how to stop waiting. */
    join: (wake: () => void, withinMs: number, behind: boolean): (() => void) => {
      const waiter = { wake, due: Math.ceil((timers.now() + withinMs) / gridMs) * gridMs }
      waiters.add(waiter)
      earliest = Math.min(earliest, waiter.due)
      if (behind) announce()
      arm()
      return () => {
        waiters.delete(waiter)
        if (waiters.size === 0) disarm()
      }
    },
    close: () => {
      disarm()
      wakeAll(timers.now())
    },
  }
}
