import { vi } from "vitest"

/** Does it with no wait for anything but the machine: what waits is told that its time is over. */
export const inNoTime = async <A>(act: () => Promise<A>): Promise<A> => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] })
  try {
    let isOver = false
    const ended = act().finally(() => (isOver = true))
    ended.catch(() => {})
    for (let turn = 0; turn < 10_000 && !isOver; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      await vi.advanceTimersByTimeAsync(100)
    }
    return await ended
  } finally {
    vi.useRealTimers()
  }
}
