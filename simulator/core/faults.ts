import {
  queuedFault,
  type Fault,
  type FaultRule,
  type QueuedFault,
  type RouteName,
} from "../behaviour/faultSpec.ts"
import { parse, type DeepPartial } from "../behaviour/spec.ts"
import { unit } from "./random.ts"

interface Waiting {
  readonly rule: QueuedFault
  skip: number
  left: number
}

/** One-shot faults, taken in the order they were queued, and lasting ones by chance. */
export class Faults {
  #waiting: Waiting[] = []
  readonly #seed: () => string
  constructor(seed: () => string) {
    this.#seed = seed
  }

  /** Queues a fault; the document is checked, so it may come from outside. */
  push(document: DeepPartial<QueuedFault>): QueuedFault {
    const rule = parse(queuedFault, document)
    this.#waiting.push({ rule, skip: rule.skip, left: rule.times })
    return rule
  }

  clear(): void {
    this.#waiting = []
  }

  get waiting(): ReadonlyArray<QueuedFault & { left: number }> {
    return this.#waiting.map(({ rule, left }) => ({ ...rule, left }))
  }

  /** The fault for this request, if any. */
  take(
    route: RouteName,
    group: string | null,
    ordinal: number,
    lasting: ReadonlyArray<FaultRule>,
  ): Fault | null {
    for (const waiting of this.#waiting) {
      if (!matches(waiting.rule, route, group)) continue
      if (waiting.skip > 0) {
        waiting.skip--
        continue
      }
      waiting.left--
      if (waiting.left === 0) this.#waiting = this.#waiting.filter((other) => other !== waiting)
      return waiting.rule.fault
    }
    const rule = lasting.find(
      (one, i) => matches(one, route, group) && unit(this.#seed(), "fault", ordinal, i) < one.probability,
    )
    return rule?.fault ?? null
  }
}

const matches = (
  rule: { readonly route: RouteName | "*"; readonly group: string | null },
  route: RouteName,
  group: string | null,
): boolean => (rule.route === "*" || rule.route === route) && (rule.group === null || rule.group === group)
