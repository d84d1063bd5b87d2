import * as Effect from "effect/Effect"
import { activeListings, fruitless as fruitlessSchedule, stepsOf } from "../../domain/Schedules.ts"
import type { SettingsShape } from "../../domain/Settings.ts"

/** Listings get at most 2 % of the time: after one that took t, the next waits 49 t. One that was stuck counts less. */
const REST_FACTOR = 49

export type Restraint = ReturnType<typeof makeRestraint>

/** When the runs may be listed, or a few of them asked for one by one: what it costs stays in proportion. */
export const makeRestraint = (settings: SettingsShape, started: number) => {
  const between = settings.RECONCILE_SECONDS * 1000
  const longest = between / 2
  let restUntil = 0
  let forcedAt = started + between
  const activeSteps = stepsOf(activeListings)
  let activeAfter = 0
  /** Counts that a listing did not explain: asking again for the same ones would not either. */
  let fruitless = ""
  /** … for a while: a listing may lag behind the counts. */
  let fruitlessUntil = 0
  const fruitlessSteps = stepsOf(fruitlessSchedule(settings))
  let askAfter = 0
  const askSteps = stepsOf(fruitlessSchedule(settings))

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
    showedActive: Effect.fnUntraced(function* (now: number) {
      activeAfter = now + (yield* activeSteps.next(undefined))
    }),
    /** Somebody has begun to look, who has been shown nothing yet. */
    showActiveAnew: () => {
      activeSteps.reset()
      activeAfter = 0
    },
    /** A listing has ended. `left`: the counts that it did not explain; null when it brought news. */
    listed: Effect.fnUntraced(function* (took: number, left: string | null, now: number) {
      restUntil = now + Math.min(took * REST_FACTOR, longest)
      forcedAt = now + between
      // Every new difference is looked at anew, soon; only the same one comes up ever more rarely.
      if (left === null || left !== fruitless) fruitlessSteps.reset()
      fruitless = left ?? ""
      fruitlessUntil = now + (yield* fruitlessSteps.next(undefined))
    }),
    /** Runs have been asked for one by one. Counts that lie would have it done for ever. */
    asked: Effect.fnUntraced(function* (news: boolean, now: number) {
      if (news) askSteps.reset()
      askAfter = news ? now : now + (yield* askSteps.next(undefined))
    }),
  }
}
