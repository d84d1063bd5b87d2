import type { Clock } from "./core/clock.ts"

interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
}

export interface VirtualClock extends Clock {
  /** Moves time on, running every timer due on the way in order of time, then of creation. */
  advance(ms: number): Promise<void>
  /** Advances until `done` answers true; throws when that takes longer than `limitMs` of virtual time. */
  advanceUntil(done: () => boolean, limitMs?: number): Promise<void>
  /** Lets everything that is ready run, without moving time. */
  settle(): Promise<void>
  /** How many timers are waiting. */
  pending(): number
}

/** A macrotask turn: promises and stream plumbing that are ready have run when it resolves. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const settle = async () => {
  for (let i = 0; i < 4; i++) await turn()
}

/** Time that moves only when told to. */
export const createVirtualClock = (start = Date.parse("2026-11-20T09:00:00Z")): VirtualClock => {
  let now = start
  let order = 0
  const timers = new Set<Timer>()

  const earliest = (limit: number): Timer | undefined => {
    let found: Timer | undefined
    for (const timer of timers) {
      if (timer.at > limit) continue
      if (
        found === undefined ||
        timer.at < found.at ||
        (timer.at === found.at && timer.order < found.order)
      ) {
        found = timer
      }
    }
    return found
  }

  const runNext = async (limit: number): Promise<boolean> => {
    const next = earliest(limit)
    if (next === undefined) return false
    timers.delete(next)
    now = Math.max(now, next.at)
    next.fn()
    await settle()
    return true
  }

  const advance = async (ms: number) => {
    const end = now + ms
    await settle()
    while (await runNext(end));
    now = end
  }

  return {
    now: () => now,
    setTimer(ms, fn) {
      const timer = { at: now + Math.max(0, ms), order: order++, fn }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance,
    async advanceUntil(done, limitMs = 3_600_000) {
      const limit = now + limitMs
      await settle()
      while (!done()) {
        if (!(await runNext(limit))) throw new Error(`not done within ${limitMs} ms of virtual time`)
      }
    },
    settle,
    pending: () => timers.size,
  }
}
