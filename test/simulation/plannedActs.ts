import type { ActOf, ActOutcome } from "../../src/domain/Act.ts"
import type { Dice } from "./effects.ts"

const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/**
 * Something that somebody does to the group.
 * `failed`: retry of all that failed; `rows`: retry of some, whatever they are at; `dear`: a retry above its own cap;
 * `plan`: a dry run of one.
 */
export interface PlannedAct {
  readonly kind: "inputs" | "failed" | "rows" | "dear" | "plan" | "stop" | "resume" | "delete"
  /** From the start while the group is at work, or from an end of it; milliseconds. */
  readonly at: number
  /** It brings another key of the account, and the one before is revoked once it is accepted. */
  readonly key: "same" | "another" | "replacing"
  /** Two requests of it at once, under one idempotency key. */
  readonly twice: boolean
  /** Rows to add, or to run again. */
  readonly rows: number
}

/** What is done while the group is at work, and at its ends, one after the other. */
export interface PlannedActs {
  readonly during: ReadonlyArray<PlannedAct>
  readonly after: ReadonlyArray<PlannedAct>
}

export const NO_ACTS: PlannedActs = { during: [], after: [] }

const KINDS = ["inputs", "failed", "rows", "stop", "stop", "resume"] as const
const EFFECTLESS = ["dear", "plan"] as const

export const drawActs = (dice: Dice, isLong: boolean): PlannedActs => {
  const draw = (at: number, kinds: ReadonlyArray<PlannedAct["kind"]>): PlannedAct => ({
    kind: dice.chance(0.07) ? dice.pick(EFFECTLESS) : dice.pick(kinds),
    at,
    key: dice.pick(["same", "same", "another", "replacing"]),
    twice: dice.chance(0.2),
    rows: dice.pick([1, 1, 2, 6, 15]),
  })
  // What was stopped is often gone on with.
  const drawSome = (count: number, when: (at: number) => number, isAtWork: boolean) =>
    Array.from({ length: count }, (_, at) => draw(when(at), KINDS)).flatMap((act) =>
      act.kind === "stop" && dice.chance(0.6)
        ? [act, draw((isAtWork ? act.at : 0) + dice.whole(0, 90_000), ["resume"])]
        : [act],
    )
  const anyTime = () =>
    dice.pick([dice.whole(0, 5_000), dice.whole(0, 20_000), dice.whole(0, 120_000), dice.whole(0, 600_000)])
  const during = drawSome(dice.pick([0, 1, 2, 3, 6]), anyTime, true)
  const waits = [0, 0, SECOND, 20 * SECOND, HOUR]
  // Once, so that what had nothing to do does not come too late for the next.
  const longWaits = isLong ? waits : [...waits, 2 * DAY, 29 * DAY]
  const after = drawSome(dice.pick([0, 0, 1, 2, 4]), (at) => dice.pick(at === 0 ? longWaits : waits), false)
  const removal = dice.chance(0.15)
  const deletes = (at: number) => [draw(at, ["delete"]), ...(dice.chance(0.5) ? [draw(SECOND, KINDS)] : [])]
  return removal && dice.chance(0.5)
    ? { during: [...during, ...deletes(dice.whole(0, 120_000))].toSorted((a, b) => a.at - b.at), after }
    : { during: during.toSorted((a, b) => a.at - b.at), after: removal ? [...after, ...deletes(0)] : after }
}

/** Rows to add that can be told from all others. */
export const rowsOf = (
  { kind, rows }: PlannedAct,
  number: number,
): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  kind !== "inputs"
    ? []
    : Array.from({ length: rows }, (_, at) => ({ company: `Added ${number}.${at}`, n: at, more: number }))

/** The message of it, to a group of so many inputs. */
export const actOf = (
  { kind, rows }: PlannedAct,
  { dice, pieces, numInputs }: { readonly dice: Dice; readonly pieces: string; readonly numInputs: number },
): ActOf => {
  const retry = { _tag: "retry", rows: null, processor: null, maxCostUsd: null, dryRun: false } as const
  switch (kind) {
    case "inputs":
      return { _tag: kind, pieces, numInputs: rows, inputColumns: ["company", "n", "more"], warnings: [] }
    case "failed":
      return { ...retry, processor: rows > 2 ? "base" : null }
    case "rows": {
      const some = Array.from({ length: rows }, () => dice.whole(0, numInputs - 1))
      return { ...retry, rows: [...new Set(some)] }
    }
    case "dear":
      return { ...retry, rows: [0], maxCostUsd: 0 }
    case "plan":
      return { ...retry, rows: [0], dryRun: true }
    default:
      return { _tag: kind }
  }
}

export const answerOf = (outcome: ActOutcome): string =>
  outcome._tag === "Done" ? outcome.answer : outcome._tag

/** Acts without effect leave nothing under their key. */
export const isKept = ({ kind }: PlannedAct, outcome: ActOutcome): boolean => {
  if (outcome._tag !== "Done" || kind === "plan") return false
  const answer = JSON.parse(outcome.answer) as Record<string, number>
  return ["added", "retried", "resumed", "not_sent"].some((name) => (answer[name] ?? 0) > 0)
}
