import {
  queuedFault,
  type Fault,
  type FaultRule,
  type Matcher,
  type QueuedFault,
  type RouteName,
} from "../behaviour/faultSpec.ts"
import { parse, type DeepPartial } from "../behaviour/spec.ts"
import type { Clock } from "./clock.ts"
import { unit } from "./random.ts"

interface Waiting {
  readonly rule: QueuedFault
  skip: number
  left: number
  /** When it is over, however many are left; null: when none are. */
  readonly until: number | null
}

/** A request, as far as faults look at it. */
export interface Faced {
  readonly route: RouteName
  readonly group: string | null
  readonly ordinal: number
  readonly body: string
}

/** One-shot faults, taken in the order they were queued, and lasting ones by chance. */
export class Faults {
  #waiting: Waiting[] = []
  readonly #seed: () => string
  readonly #clock: Clock
  constructor(seed: () => string, clock: Clock) {
    this.#seed = seed
    this.#clock = clock
  }

  /** Queues a fault; the document is checked, so it may come from outside. */
  push(document: DeepPartial<QueuedFault>): QueuedFault {
    const rule = parse(queuedFault, document)
    const { skip, times, lasts_ms: lasts } = rule
    this.#waiting.push({ rule, skip, left: times, until: lasts === null ? null : this.#clock.now() + lasts })
    return rule
  }

  clear(): void {
    this.#waiting = []
  }

  get waiting(): ReadonlyArray<QueuedFault & { left: number }> {
    this.#dropOver()
    return this.#waiting.map(({ rule, left }) => ({ ...rule, left }))
  }

  #dropOver(): void {
    const now = this.#clock.now()
    this.#waiting = this.#waiting.filter(({ until }) => until === null || now < until)
  }

  /** The fault for this request, if any. */
  take(request: Faced, lasting: ReadonlyArray<FaultRule>): Fault | null {
    this.#dropOver()
    for (const waiting of this.#waiting) {
      if (!matches(waiting.rule, request)) continue
      if (waiting.skip > 0) {
        waiting.skip--
        continue
      }
      if (waiting.until !== null) return waiting.rule.fault
      waiting.left--
      if (waiting.left === 0) this.#waiting = this.#waiting.filter((other) => other !== waiting)
      return waiting.rule.fault
    }
    const rule = lasting.find(
      (one, i) => matches(one, request) && unit(this.#seed(), "fault", request.ordinal, i) < one.probability,
    )
    return rule?.fault ?? null
  }
}

const matches = ({ route, group, when }: Matcher, request: Omit<Faced, "ordinal">): boolean =>
  (route === "*" || route === request.route) &&
  (group === null || group === request.group) &&
  (when.body_contains === null || request.body.includes(when.body_contains)) &&
  (when.body_over_chars === null || request.body.length > when.body_over_chars)
