import type { Audience } from "../../services/Audience.ts"

/** Who looked once may look again: for so long they count as looking. */
const LOOKS_ON_MS = 60_000

export type AudienceWatch = ReturnType<typeof makeAudienceWatch>

/** Whether somebody looks at the group. */
export const makeAudienceWatch = (audience: Audience["Service"]) => {
  let counted = 0
  let lookedAt = Number.NEGATIVE_INFINITY

  return {
    isWatched: (now: number): boolean => now - lookedAt < LOOKS_ON_MS,
    /** Takes note of who looks. Has somebody begun since the last call, when nobody did? */
    begins: (now: number): boolean => {
      const looks = audience.looks()
      const isNew = looks !== counted
      const alone = now - lookedAt >= LOOKS_ON_MS
      counted = looks
      if (isNew || audience.watching() > 0) lookedAt = now
      return isNew && alone
    },
  }
}
