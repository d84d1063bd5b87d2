import { pause } from "./leash.ts"
import { MultitaskError } from "./MultitaskError.ts"
import type { TaskGroupStatus } from "./types.ts"

const SHORTEST_MS = 1_000
const LONGEST_MS = 5_000
/** What the server may ask to wait. */
const LONGEST_TOLD_SECONDS = 60

/** Asks ever more rarely until the group has ended, however long nobody answers. */
export const untilEnded = async (
  ask: () => Promise<TaskGroupStatus>,
  signal: AbortSignal | undefined,
): Promise<TaskGroupStatus> => {
  let hasAnswered = false
  for (let waitMs = SHORTEST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 1.25)) {
    let told = 0
    try {
      const status = await ask()
      if (!status.is_active) return status
      hasAnswered = true
    } catch (error) {
      if (!(error instanceof MultitaskError) || isFinal(error, hasAnswered)) throw error
      told = Math.min(error.retryAfter ?? 0, LONGEST_TOLD_SECONDS) * 1000
    }
    await pause(Math.max(told, waitMs), signal)
  }
}

/** A redirect, or a page, that is met at once is a wrong address; later it passes, as an outage does. */
const isFinal = ({ status }: MultitaskError, hasAnswered: boolean): boolean =>
  (status >= 400 && status < 500 && status !== 429) || (status >= 200 && status < 400 && !hasAnswered)
