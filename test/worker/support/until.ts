/** Asks until the answer is neither null nor false; fails with what it waits for. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | null | false> | T | null | false,
  seconds = 30,
): Promise<T> => {
  const deadline = Date.now() + seconds * 1000
  let trouble: unknown = null
  do {
    try {
      const answer = await ask()
      if (answer !== null && answer !== false) return answer
      trouble = null
    } catch (error) {
      trouble = error
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  } while (Date.now() < deadline)
  throw new Error(`waited ${seconds} s for ${what}`, { cause: trouble })
}
