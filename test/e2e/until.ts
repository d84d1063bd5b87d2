/** Waits for a condition, never for a time: asks until the answer is something, and says what was missing if it never is. */
export const until = async <T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  everyMs = 50,
): Promise<T> => {
  const deadline = Date.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== null && answer !== undefined && answer !== false) return answer
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) {
      throw new Error(`not within ${withinMs / 1000} s: ${what}`, { cause: last })
    }
    await new Promise((done) => setTimeout(done, everyMs))
  }
}

/** Whether nobody answers at this address: the connection itself is refused. */
export const isRefused = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return false
  } catch (error) {
    return (error as { cause?: { code?: string } }).cause?.code === "ECONNREFUSED"
  }
}
