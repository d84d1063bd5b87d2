import type { SettingsShape } from "../../domain/Settings.ts"

/** Listings get at most 2 % of the time: after one that took t, the next waits 49 t. One that was stuck counts less. */
const REST_FACTOR = 49
/** Listings for queued and running alone: at first this far apart, then ever farther. */
const ACTIVE_SPACING_MS = 3_000
const ACTIVE_SPACING_MAX_MS = 60_000
/** What was in vain is tried again after this time, then ever more rarely. */
const FRUITLESS_MIN_MS = 2_500

export type Restraint = ReturnType<typeof makeRestraint>

/** When the runs may be listed, or a few of them asked for one by one: what it costs stays in proportion. */
export const makeRestraint = (settings: SettingsShape, started: number) => {
  const between = settings.RECONCILE_SECONDS * 1000
  const longest = between / 2
  let restUntil = 0
  let forcedAt = started + between
  let activeSpacing = ACTIVE_SPACING_MS
  let activeAfter = 0
  /** Counts that a listing did not explain: asking again for the same ones would not either. */
  let fruitless = ""
  /** … for a while: a listing may lag behind the counts. */
  let fruitlessUntil = 0
  let fruitlessFor = FRUITLESS_MIN_MS
  let askAfter = 0
  let askFor = FRUITLESS_MIN_MS

  const showedActive = (now: number) => {
    activeAfter = now + activeSpacing
    activeSpacing = Math.min(activeSpacing * 2, ACTIVE_SPACING_MAX_MS)
  }

  return {
    isResting: (now: number) => now < restUntil,
    /** When the next listing may be made. */
    listAfter: () => restUntil,
    /** When runs may be asked for one by one, or listed. */
    askAfter: () => Math.min(askAfter, restUntil),
    /** When it is worth a listing to show what is running. */
    activeAfter: () => activeAfter,
    isForced: (now: number) => now >= forcedAt,
    wasFruitless: (counts: string, now: number) => counts === fruitless && now < fruitlessUntil,
    showedActive,
    /** Somebody has begun to look, who has been shown nothing yet. */
    showActiveAnew: () => {
      activeSpacing = ACTIVE_SPACING_MS
      activeAfter = 0
    },
    /** A listing has ended. `left`: the counts that it did not explain; null when it brought news. */
    listed: (took: number, left: string | null, now: number) => {
      restUntil = now + Math.min(took * REST_FACTOR, longest)
      forcedAt = now + between
      // Every new difference is looked at anew, soon; only the same one comes up ever more rarely.
      const same = left !== null && left === fruitless
      fruitlessFor = same ? Math.min(fruitlessFor * 2, longest) : FRUITLESS_MIN_MS
      fruitless = left ?? ""
      fruitlessUntil = now + fruitlessFor
    },
    /** Runs have been asked for one by one. Counts that lie would have it done for ever. */
    asked: (news: boolean, now: number) => {
      askFor = news ? FRUITLESS_MIN_MS : Math.min(askFor * 2, longest)
      askAfter = now + (news ? 0 : askFor)
    },
  }
}
