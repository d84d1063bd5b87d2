import type { BehaviourPatch, Fault, RouteName } from "../../simulator/index.ts"
import type { Dice } from "./effects.ts"
import type { Neighbour } from "./neighbours.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const ADD: RouteName = "group.runs.add"
export const READS: ReadonlyArray<RouteName> = [
  "group.get",
  "group.runs.list",
  "group.events",
  "run.result",
  "run.get",
]
/** All that a group needs once it exists. */
export const ROUTES: ReadonlyArray<RouteName> = [ADD, ...READS]

/** Trouble of hours or days, from `startsAt` until the weather clears. */
export interface LongTrouble {
  /** From the start, in milliseconds. */
  readonly startsAt: number
  readonly ms: number
  readonly routes: ReadonlyArray<RouteName>
  readonly fault: Fault
}

const outageFaults = (dice: Dice): ReadonlyArray<Fault> => [
  { kind: "reset", when: "before", applied: "all" },
  { kind: "status", status: dice.pick([500, 502, 503]), body: dice.pick(["html", "error"]) } as Fault,
  // oxlint-disable-next-line unicorn/no-thenable
  { kind: "hang", ms: dice.whole(5_000, 200_000), then: "reset", applied: "none" },
]

const refusal = (status: number) => ({ kind: "status", status, body: "error" }) as Fault

/** Even on a logarithmic scale: days are dear, in virtual time too. */
const logWhole = (dice: Dice, low: number, high: number) =>
  Math.round(low * (high / low) ** dice.between(0, 1))

const drawOutage = (dice: Dice): LongTrouble => ({
  startsAt: dice.whole(2_000, 40_000),
  ms: logWhole(dice, 10 * MINUTE, 3 * DAY),
  routes: dice.chance(0.6) ? ROUTES : ROUTES.filter(() => dice.chance(0.4)),
  fault: dice.pick(outageFaults(dice)),
})

/** Shorter than what ends a group. Of adding runs only a refused key passes: 403 says something about the rows. */
const drawRefusal = (dice: Dice): LongTrouble => ({
  startsAt: dice.whole(2_000, 40_000),
  ms: logWhole(dice, 5 * MINUTE, 5 * HOUR),
  ...dice.pick([
    { routes: ROUTES, fault: refusal(401) },
    { routes: [ADD], fault: refusal(401) },
    { routes: READS, fault: refusal(dice.pick([403, 404])) },
    { routes: [dice.pick(READS)], fault: refusal(dice.pick([401, 403, 404])) },
  ]),
})

export const drawLongTrouble = (dice: Dice): LongTrouble =>
  dice.chance(0.6) ? drawOutage(dice) : drawRefusal(dice)

/** Runs that the key's owner adds to the group: some before ours, some that go on for long. */
export const drawNeighbours = (
  dice: Dice,
  behaviour: BehaviourPatch,
  /** Run ids say nothing: their order does not, or an object that dies forgets them. */
  idsUnsure: boolean,
): ReadonlyArray<Neighbour> => {
  const echoed = behaviour.shapes?.echo_metadata !== false
  const kinds: ReadonlyArray<Neighbour["kind"]> = [
    "plain",
    "out_of_range",
    // Whose run it is cannot be told without metadata, nor, by it alone, where run ids say nothing.
    ...(echoed ? (["equal"] as const) : []),
    ...(idsUnsure ? [] : (["lookalike"] as const)),
  ]
  return Array.from({ length: dice.whole(1, 3) }, () => ({
    kind: dice.pick(kinds),
    at: dice.pick([0, dice.whole(1, 5_000), dice.whole(1, 120_000), dice.whole(1, 600_000)]),
    lastsMs: dice.pick([0, dice.whole(1_000, 60_000), 12 * HOUR]),
  }))
}
