import type { Behaviour } from "../behaviour/document.ts"
import { Heap } from "../core/heap.ts"
import { unit } from "../core/random.ts"
import { isActive, type RunStatus, type TaskGroupStatus } from "../core/wire.ts"
import { groupStatus, phasesOf, statusAt, statusOf, type Counts, type Phase } from "./status.ts"
import type { Run, TaskGroup } from "./types.ts"

export type LogEntry =
  | { readonly kind: "status"; readonly at: number; readonly status: TaskGroupStatus }
  | { readonly kind: "run"; readonly at: number; readonly run: Run }

interface Step extends Phase {
  readonly run: Run
  readonly from: RunStatus | null
}

interface Due {
  readonly at: number
  readonly run: Run
}

/**
 * What a group's `/events` tells, in order, grown as time passes. It depends on the schedule of the runs and not on who
 * asks when, so it comes out the same after a restart.
 */
export class EventLog {
  readonly entries: LogEntry[] = []
  readonly #group: TaskGroup
  readonly #seed: string
  readonly #behaviour: () => Behaviour
  #steps = new Heap<Step>(before)
  readonly #late = new Heap<Due>((a, b) => a.at < b.at)
  readonly #counts: Counts = {}
  #known = 0
  #active = 0
  #modified: number
  #statusAt: number | null = null
  /** How far the log is written. */
  #time = Number.NEGATIVE_INFINITY

  constructor(group: TaskGroup, seed: string, behaviour: () => Behaviour) {
    this.#group = group
    this.#seed = seed
    this.#behaviour = behaviour
    this.#modified = group.createdAt
  }

  /** Writes the log up to `time`. */
  advance(time: number): void {
    this.#takeNewRuns()
    for (;;) {
      const at = this.nextAt()
      if (at === null || at > time) break
      this.#stepAt(at)
    }
    this.#time = Math.max(this.#time, time)
  }

  /** When something may be written next; null: nothing is to come. */
  nextAt(): number | null {
    const times = [this.#steps.peek()?.at, this.#late.peek()?.at, this.#statusAt ?? undefined]
    const known = times.filter((at) => at !== undefined)
    return known.length === 0 ? null : Math.min(...known)
  }

  /** Is any run active, as far as the log is written? */
  get isActive(): boolean {
    return this.#active > 0
  }

  /** When the group last changed, as far as the log is written. */
  get modifiedAt(): number {
    return this.#modified
  }

  /** Changes the schedule of known runs: forgets the steps still to come and takes the new ones. */
  reschedule(change: () => void): void {
    const known = this.#group.runs.slice(0, this.#known)
    const told = known.map((run) => statusAt(run, this.#time))
    change()
    this.#steps = new Heap<Step>(before)
    for (const [i, run] of known.entries()) this.#pushChanged(run, told[i]!)
  }

  #pushChanged(run: Run, told: RunStatus): void {
    const time = this.#time
    const now = statusAt(run, time)
    if (now !== told) this.#steps.push({ at: time, status: now, run, from: told })
    this.#pushPhases(
      run,
      phasesOf(run).filter((phase) => phase.at > time),
      now,
    )
  }

  #takeNewRuns(): void {
    const { runs } = this.#group
    for (; this.#known < runs.length; this.#known++) {
      const run = runs[this.#known]!
      this.#pushPhases(run, phasesOf(run), null)
    }
  }

  #pushPhases(run: Run, phases: ReadonlyArray<Phase>, start: RunStatus | null): void {
    let from = start
    for (const phase of phases) {
      this.#steps.push({ ...phase, run, from })
      from = phase.status
    }
  }

  #stepAt(at: number): void {
    const step = this.#steps.peek()
    if (step !== undefined && step.at === at) {
      this.#steps.pop()
      return this.#transition(step)
    }
    const late = this.#late.peek()
    if (late !== undefined && late.at === at) {
      this.#late.pop()
      this.entries.push({ kind: "run", at, run: late.run })
      return
    }
    this.#pushStatus(at)
  }

  #transition(step: Step): void {
    const { run, from, status, at } = step
    const wasActive = from !== null && isActive(from)
    if (from !== null) this.#counts[from] = (this.#counts[from] ?? 0) - 1
    this.#counts[status] = (this.#counts[status] ?? 0) + 1
    this.#active += Number(isActive(status)) - Number(wasActive)
    this.#modified = at
    const { events } = this.#behaviour()
    // The first status follows the runs' arrival at once, later ones are gathered.
    this.#statusAt ??= from === null ? at : at + events.status_interval_ms
    const ended = !isActive(status)
    const final = ended && this.#active === 0
    if (final && events.final_status_first) this.#pushStatus(at)
    if (ended) this.#pushRun(run, at)
    if (final && !events.final_status_first) this.#statusAt = at
  }

  #pushRun(run: Run, at: number): void {
    const { events } = this.#behaviour()
    if (unit(this.#seed, run.id, "missing-event") < events.missing_run_event_rate) return
    if (events.run_event_delay_ms > 0) this.#late.push({ at: at + events.run_event_delay_ms, run })
    else this.entries.push({ kind: "run", at, run })
  }

  #pushStatus(at: number): void {
    this.#statusAt = null
    const { status } = this.#behaviour()
    const lagging = status.lag_ms + status.active_false_early_ms + status.count_lag_ms > 0
    const value = lagging ? groupStatus(this.#group, at, status) : statusOf(this.#counts, this.#modified)
    this.entries.push({ kind: "status", at, status: value })
    // A lagging aggregate is not final yet: say it again once it has caught up.
    if (lagging && this.nextAt() === null && value.is_active) {
      this.#statusAt = at + Math.max(status.lag_ms, status.count_lag_ms, 1)
    }
  }
}

/** By time, then by the run's place, then in the order a run goes through its statuses. */
const before = (a: Step, b: Step): boolean => {
  if (a.at !== b.at) return a.at < b.at
  return a.run === b.run ? rank(a) < rank(b) : a.run.ordinal < b.run.ordinal
}

const rank = (step: Step): number =>
  step.status === "queued" ? 0 : step.status === "running" ? 1 : step.status === "cancelling" ? 2 : 3
