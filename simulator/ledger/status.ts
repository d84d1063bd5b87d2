import { timestamp } from "../core/clock.ts"
import { isActive, type RunStatus, type TaskGroupStatus } from "../core/wire.ts"
import type { Behaviour } from "../behaviour/document.ts"
import type { Run, TaskGroup } from "./types.ts"

/** A cancelled run says `cancelling` for its last moments. */
const CANCELLING_MS = 500

export interface Phase {
  readonly at: number
  readonly status: RunStatus
}

/** Every status a run takes, in order of time. */
export const phasesOf = (run: Run): Phase[] => {
  const phases: Phase[] = [{ at: run.createdAt, status: "queued" }]
  if (run.startAt <= run.endAt) phases.push({ at: run.startAt, status: "running" })
  const cancellingAt = run.endAt - CANCELLING_MS
  if (run.outcome === "cancelled" && cancellingAt > run.startAt) {
    phases.push({ at: cancellingAt, status: "cancelling" })
  }
  phases.push({ at: run.endAt, status: run.outcome })
  if (run.changeAt !== null && run.changeTo !== null) phases.push({ at: run.changeAt, status: run.changeTo })
  return phases
}

export const statusAt = (run: Run, time: number): RunStatus => {
  if (run.changeAt !== null && run.changeTo !== null && time >= run.changeAt) return run.changeTo
  if (time >= run.endAt) return run.outcome
  if (time < run.startAt) return "queued"
  const cancelling = run.outcome === "cancelled" && time >= run.endAt - CANCELLING_MS
  return cancelling && run.endAt - CANCELLING_MS > run.startAt ? "cancelling" : "running"
}

/** When the run last changed, as of `time`. */
export const modifiedAt = (run: Run, time: number): number => {
  if (run.changeAt !== null && time >= run.changeAt) return run.changeAt
  if (time >= run.endAt) return run.endAt
  return time >= run.startAt ? run.startAt : run.createdAt
}

/** Is a completed run's output there yet (U15)? */
export const outputReady = (run: Run, time: number): boolean =>
  run.outputDelay !== null && time >= run.endAt + run.outputDelay

export type Counts = Partial<Record<RunStatus, number>>

export const statusOf = (counts: Counts, modified: number): TaskGroupStatus => {
  const present = Object.entries(counts).filter(([, n]) => n > 0) as Array<[RunStatus, number]>
  return {
    num_task_runs: present.reduce((sum, [, n]) => sum + n, 0),
    task_run_status_counts: Object.fromEntries(present),
    is_active: present.some(([status]) => isActive(status)),
    status_message: null,
    modified_at: timestamp(modified),
  }
}

/** The aggregate as upstream tells it at `now`, with the lags the behaviour asks for (U11, U20). */
export const groupStatus = (
  group: TaskGroup,
  now: number,
  behaviour: Behaviour["status"],
  cacheLag = 0,
): TaskGroupStatus => {
  const time = now - behaviour.lag_ms - cacheLag
  const counts: Counts = {}
  let modified = group.createdAt
  let active = false
  for (const run of group.runs) {
    if (run.createdAt > time || run.createdAt + behaviour.count_lag_ms > now) continue
    const status = statusAt(run, time)
    counts[status] = (counts[status] ?? 0) + 1
    modified = Math.max(modified, modifiedAt(run, time))
    active ||= isActive(statusAt(run, time + behaviour.active_false_early_ms))
  }
  return { ...statusOf(counts, modified), is_active: active }
}
