import type { BehaviourPatch, Fault, RouteName } from "../../simulator/index.ts"
import { drawActs, NO_ACTS, type PlannedActs } from "./plannedActs.ts"
import type { Dice } from "./effects.ts"
import type { Neighbour } from "./neighbours.ts"
import { ADD, drawLongTrouble, drawNeighbours, type LongTrouble, READS } from "./trouble.ts"

/** What one seed has in store. */
export interface Weather {
  readonly kind: "calm" | "lagging" | "stormy" | "crashing" | "mixed" | "losing" | "broken"
  readonly rows: number
  readonly behaviour: BehaviourPatch
  /** Standing faults, until the weather clears. */
  readonly faults: ReadonlyArray<{
    readonly route: RouteName
    readonly probability: number
    readonly fault: Fault
  }>
  /** The one of a broken world: it ends when the weather clears. */
  readonly longTrouble: LongTrouble | null
  /** How likely the object dies at each await, until the weather clears. */
  readonly crashRate: number
  /** At most so many deaths: some faults must end for progress to be owed. */
  readonly maxCrashes: number
  /** When faults end, in milliseconds from the start. */
  readonly clearsAt: number
  readonly alarmLateMs: number
  readonly alarmTwice: number
  readonly viewers: ReadonlyArray<{
    readonly slowMs: number
    readonly hangUpRate: number
    readonly joinsAt: number
  }>
  readonly webhook: "none" | "fine" | "refusing" | "slow" | "redirecting" | "gone"
  readonly runIdsShuffled: boolean
  /** Credit for so many rows only, until the weather clears; null: enough. */
  readonly creditFor: number | null
  /** A row with which upstream finds fault, so that it refuses every batch that holds it. */
  readonly badRow: number | null
  /** It is not upstream that does, but an edge in front of it, with this status and a page of its own. */
  readonly edge: 403 | 413 | null
  readonly neighbours: ReadonlyArray<Neighbour>
  /** How likely the platform fails to empty the storage, until the weather clears. */
  readonly deleteFailRate: number
  readonly batchSize: number
  /** How likely a transaction fails, until the weather clears. */
  readonly hiccupRate: number
  /** Somebody reads the JSON now and then, which also wakes the object. */
  readonly polled: boolean
  readonly acts: PlannedActs
}

/** `atOnce`: counts do not lag, so that what a refusal created all the same is seen at once (docs/guarantees.md). */
const addFaults = (dice: Dice, atOnce: boolean): ReadonlyArray<Fault> => [
  { kind: "reset", when: "before", applied: "all" },
  { kind: "reset", when: "after", applied: dice.chance(0.5) ? "all" : "partial" },
  { kind: "reset", when: "after_headers", applied: "all" },
  { kind: "status", status: 500, body: "error", applied: dice.pick(["none", "all", "partial"]) } as Fault,
  { kind: "status", status: 502, body: "html", applied: dice.pick(["none", "all"]) } as Fault,
  { kind: "status", status: 429, body: "error", retry_after: dice.whole(0, 5), applied: "none" } as Fault,
  {
    kind: "body",
    body: dice.pick(["html", "malformed", "empty", "error"]),
    applied: dice.pick(["all", "none"]),
  },
  {
    kind: "status",
    status: 422,
    body: dice.pick(["error", "framework"]),
    applied: dice.pick(atOnce ? ["none", "partial"] : ["none"]),
  } as Fault,
  {
    kind: "status",
    status: 402,
    body: "error",
    applied: dice.pick(atOnce ? ["none", "partial"] : ["none"]),
  } as Fault,
  {
    kind: "hang",
    ms: dice.whole(1_000, 200_000),
    then: dice.pick(["answer", "reset"]),
    applied: dice.pick(["none", "all", "partial"]),
  },
]

const readFaults = (dice: Dice): ReadonlyArray<Fault> => [
  { kind: "reset", when: dice.pick(["before", "after_headers"]), applied: "all" },
  {
    kind: "status",
    status: dice.pick([408, 409, 500, 503, 504]),
    body: dice.pick(["error", "html", "empty"]),
  } as Fault,
  {
    kind: "status",
    status: 429,
    body: "error",
    retry_after: dice.whole(0, 10),
    retry_after_as_date: dice.chance(0.5),
  } as Fault,
  { kind: "body", body: dice.pick(["html", "malformed", "empty", "error"]) } as Fault,
  { kind: "hang", ms: dice.whole(1_000, 100_000), then: dice.pick(["answer", "reset"]) } as Fault,
]

const streamFaults = (dice: Dice): ReadonlyArray<Fault> => [
  {
    kind: "cut",
    after_events: dice.whole(0, 4),
    where: dice.pick(["between", "mid_event", "mid_line", "mid_character"]),
    clean: dice.chance(0.5),
  },
  { kind: "stall", after_events: dice.whole(0, 3), ms: dice.whole(1_000, 400_000) },
  { kind: "duplicate_events" },
  { kind: "reorder_events" },
  { kind: "malformed_event", after_events: dice.whole(0, 3) },
  { kind: "error_event", after_events: dice.whole(0, 3), then: dice.pick(["continue", "end"]) },
]

const maybe = <A>(dice: Dice, probability: number, value: () => A, otherwise: A): A =>
  dice.chance(probability) ? value() : otherwise

/** Either side of the unknowns (docs/parallel.md), drawn anew for each seed. `lagLimit` keeps to the stated assumption. */
const drawBehaviour = (dice: Dice, odd: number, settleMs: number): BehaviourPatch => ({
  runs: {
    queue_ms: [100, dice.whole(200, 5_000)],
    duration_ms: [dice.whole(100, 2_000), dice.whole(3_000, 60_000)],
    concurrency: maybe<number | null>(dice, odd, () => dice.whole(1, 5), null),
    failure_rate: maybe(dice, 0.5, () => dice.between(0, 0.4), 0),
    cancelled_rate: maybe(dice, odd, () => 0.1, 0),
    change_after_end: { rate: maybe(dice, odd / 2, () => 0.2, 0), after_ms: 10_000, to: "failed" },
  },
  cursors: {
    event_ids: dice.pick(["opaque", "numeric", "duplicate"]),
    unknown: dice.pick(["404", "422", "empty", "restart", "ignored"]),
    expire_after_ms: maybe<number | null>(dice, odd, () => dice.whole(0, 60_000), null),
    empty: dice.pick(["null", "blank", "value"]),
  },
  listing: {
    resumed: dice.pick(["position", "changes"]),
    order: dice.pick(["input", "reverse", "random"]),
    duplicate_rate: maybe(dice, odd, () => 0.3, 0),
    lag_ms: maybe(dice, odd, () => dice.whole(0, settleMs - 1_000), 0),
  },
  events: {
    on_connect: dice.pick(["replay", "status", "new", "silent", "stale_status"]),
    silent_ms: dice.whole(1_000, 300_000),
    missing_run_event_rate: maybe(dice, odd, () => dice.pick([0.3, 1]), 0),
    run_event_delay_ms: maybe(dice, odd, () => dice.whole(0, 5_000), 0),
    final_status_first: dice.chance(0.5),
    end: dice.pick(["when_inactive", "after_linger", "never", "on_connect"]),
    max_session_ms: maybe(dice, odd, () => dice.whole(1_000, 120_000), 3_600_000),
    keep_alive: dice.pick(["comment", "blank", "none"]),
    error_event_rate: maybe(dice, odd, () => 0.2, 0),
    error_event_then: dice.pick(["continue", "end"]),
    output: dice.chance(0.3),
    input: dice.pick(["none", "as_given", "expanded"]),
  },
  shapes: {
    unknown_type_rate: maybe(dice, odd, () => 0.2, 0),
    extra_fields: dice.chance(0.3),
    unknown_status_rate: maybe(dice, odd, () => 0.2, 0),
    echo_metadata: !dice.chance(odd / 2),
    json_content_as_text: dice.chance(0.3),
    errors: dice.pick(["upstream", "bare"]),
  },
  status: {
    lag_ms: maybe(dice, odd, () => dice.whole(0, 20_000), 0),
    active_false_early_ms: maybe(dice, odd, () => dice.whole(0, 20_000), 0),
    count_lag_ms: maybe(dice, odd, () => dice.whole(0, settleMs - 1_000), 0),
  },
  outputs: {
    delay_ms: maybe(dice, odd, () => dice.whole(0, 30_000), 0),
    never_rate: maybe(dice, odd / 5, () => 0.2, 0),
    pending_result: dice.pick(["408", "404", "null_output"]),
    missing_in: dice.pick(["both", "result", "listing"]),
  },
  framing: {
    line_ending: dice.pick(["lf", "crlf", "cr"]),
    id_lines: dice.chance(0.3),
    retry_ms: maybe<number | null>(dice, 0.3, () => 3_000, null),
    comments: dice.chance(0.3),
    multi_line_data: dice.chance(0.2),
    split: dice.pick(["batch", "event", "line", "bytes"]),
  },
  transport: { latency_ms: [0, dice.pick([0, 5, 200, 2_000])] },
})

export const drawWeather = (dice: Dice, settleMs: number): Weather => {
  // Days take their time, in virtual time too.
  const kind = dice.chance(0.04)
    ? "broken"
    : dice.pick(["calm", "lagging", "stormy", "crashing", "mixed", "losing"] as const)
  const odd = { calm: 0.1, lagging: 0.6, stormy: 0.3, crashing: 0.1, mixed: 0.4, losing: 0.5, broken: 0.1 }[
    kind
  ]
  const stormy = kind === "stormy" || kind === "mixed"
  const crashing = kind === "crashing" || kind === "mixed"
  const behaviour = drawBehaviour(dice, odd, settleMs)
  const runIdsShuffled = dice.chance(odd)
  const pickFaults = (route: RouteName, faults: ReadonlyArray<Fault>, count: number, probability: number) =>
    Array.from({ length: count }, () => ({ route, probability, fault: dice.pick(faults) }))
  const atOnce = behaviour.status?.count_lag_ms === 0 && behaviour.status.lag_ms === 0
  const losing = Array.from({ length: dice.whole(1, 3) }, () => ({
    route: ADD,
    // Certain ones too: else hardly ever does a whole wave fare the same.
    probability: dice.chance(0.2) ? 1 : dice.between(0.3, 0.9),
    fault: dice.pick(addFaults(dice, atOnce)),
  }))
  const faults =
    kind === "losing"
      ? losing
      : stormy
        ? [
            ...pickFaults(ADD, addFaults(dice, atOnce), dice.whole(0, 2), dice.between(0.1, 0.6)),
            ...READS.flatMap((route) =>
              pickFaults(route, readFaults(dice), dice.whole(0, 1), dice.between(0.05, 0.5)),
            ),
            ...(["group.events", "group.runs.list"] as const).flatMap((route) =>
              pickFaults(route, streamFaults(dice), dice.whole(0, 1), dice.between(0.1, 0.8)),
            ),
          ]
        : []
  // So many small batches at a leisurely upstream leave time for somebody to come in between.
  const acting = dice.chance(0.5)
  const isLeisurely = acting && dice.chance(0.5)
  const rows = isLeisurely ? dice.pick([12, 25]) : dice.pick([1, 2, 3, 7, 12, 25])
  const batchSize = dice.pick(isLeisurely ? [1, 3] : [1, 3, 5, 1_000])
  const longTrouble = kind === "broken" ? drawLongTrouble(dice) : null
  const clearsAt = longTrouble === null ? dice.whole(20_000, 600_000) : longTrouble.startsAt + longTrouble.ms
  // An edge is not asked whether it takes all of a batch; of upstream's own refusal of a group of one batch there would
  // be nothing to see but the refusal of the POST.
  const edge = longTrouble === null && dice.chance(0.06) ? dice.pick([403, 413] as const) : null
  const isSpoilt = edge !== null || (rows > batchSize && dice.chance(0.4))
  return {
    kind,
    rows,
    behaviour: {
      ...behaviour,
      ...(isLeisurely ? { transport: { latency_ms: [200, dice.pick([1_000, 5_000])] } } : {}),
      add_runs: {
        run_ids: runIdsShuffled ? "shuffled" : "in_order",
        partial_on_refusal: atOnce && dice.chance(0.7),
      },
    },
    faults,
    longTrouble,
    crashRate: crashing ? dice.pick([0.005, 0.02, 0.1, 0.5]) : 0,
    maxCrashes: dice.pick([1, 2, 5, 30]),
    clearsAt,
    alarmLateMs: dice.pick([0, 0, 500, 30_000]),
    alarmTwice: dice.pick([0, 0, 0.3]),
    viewers: Array.from({ length: dice.whole(0, 2) }, () => ({
      slowMs: dice.pick([0, 0, 1, 400]),
      hangUpRate: dice.pick([0, 0.05, 0.3]),
      // Whoever watches through days of silence gets a keep-alive every 15 s of them.
      joinsAt: longTrouble === null ? dice.whole(0, 60_000) : Math.max(0, clearsAt - dice.whole(0, 60_000)),
    })),
    webhook: dice.pick(["none", "fine", "refusing", "slow", "redirecting", "gone"]),
    runIdsShuffled,
    creditFor: longTrouble === null && dice.chance(0.1) ? dice.whole(0, rows) : null,
    badRow: isSpoilt ? dice.whole(0, rows - 1) : null,
    edge,
    neighbours: dice.chance(0.15) ? drawNeighbours(dice, behaviour, runIdsShuffled || crashing) : [],
    deleteFailRate: longTrouble === null ? dice.pick([0, 0, 0.5, 1]) : 0,
    batchSize,
    hiccupRate: kind === "mixed" ? dice.pick([0, 0.01, 0.1]) : 0,
    polled: dice.chance(0.5),
    acts: acting ? drawActs(dice, kind === "broken") : NO_ACTS,
  }
}
