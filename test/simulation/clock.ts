import type { VirtualClock } from "../../simulator/index.ts"

interface Timer {
  readonly at: number
  readonly order: number
  fn: (() => void) | null
}

/** One macrotask: every promise and every fiber that can go on has gone on when it resolves. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Time that moves only when told to, like the simulator's, made for very many timers: a binary heap, and two
 * macrotasks after each timer, which is enough where nothing but microtasks is scheduled.
 */
export const createFastClock = (start: number): VirtualClock => {
  let now = start
  let order = 0
  const heap: Array<Timer> = []

  const before = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order)
  const swap = (a: number, b: number) => {
    ;[heap[a], heap[b]] = [heap[b]!, heap[a]!]
  }
  const push = (timer: Timer) => {
    heap.push(timer)
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1
      if (!before(heap[at]!, heap[parent]!)) break
      swap(at, parent)
      at = parent
    }
  }
  const pop = (): Timer => {
    swap(0, heap.length - 1)
    const top = heap.pop()!
    for (let at = 0; ;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && before(heap[right]!, heap[least]!)) least = right
      if (least === at) return top
      swap(at, least)
      at = least
    }
  }

  const settle = async () => {
    await turn()
    await turn()
  }

  const runNext = async (limit: number): Promise<boolean> => {
    while (heap.length > 0 && heap[0]!.fn === null) pop()
    const next = heap[0]
    if (next === undefined || next.at > limit) return false
    pop()
    now = Math.max(now, next.at)
    const { fn } = next
    next.fn = null
    fn!()
    await settle()
    return true
  }

  return {
    now: () => now,
    setTimer: (ms, fn) => {
      const timer: Timer = { at: now + Math.max(0, ms), order: order++, fn }
      push(timer)
      return () => {
        timer.fn = null
      }
    },
    advance: async (ms) => {
      const end = now + ms
      await settle()
      while (await runNext(end));
      now = end
    },
    advanceUntil: async (done, limitMs = 3_600_000) => {
      const limit = now + limitMs
      await settle()
      while (!done()) {
        if (!(await runNext(limit))) throw new Error(`not done within ${limitMs} ms of virtual time`)
      }
    },
    settle,
    pending: () => heap.filter(({ fn }) => fn !== null).length,
  }
}
