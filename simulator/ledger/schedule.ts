import type { Behaviour } from "../behaviour/document.ts"
import { Heap } from "../core/heap.ts"
import { paceOf } from "../core/processors.ts"
import { createRandom, type Random } from "../core/random.ts"
import { applyOverride, isMeant } from "./ledger.ts"
import type { Outcome, Run, TaskGroup } from "./types.ts"

export type Draft = Omit<
  Run,
  | "startAt"
  | "endAt"
  | "outcome"
  | "changeAt"
  | "changeTo"
  | "outputDelay"
  | "outputBytes"
  | "outputContent"
  | "outputText"
>

/** Even on a logarithmic scale: many short waits, a few long ones. */
const logBetween = (random: Random, [low, high]: readonly [number, number]): number => {
  const from = Math.max(low, 1)
  return high <= from ? high : from * (high / from) ** random.next()
}

const drawOutcome = (random: Random, runs: Behaviour["runs"]): Outcome => {
  const draw = random.next()
  if (draw < runs.failure_rate) return "failed"
  if (draw < runs.failure_rate + runs.cancelled_rate) return "cancelled"
  if (draw < runs.failure_rate + runs.cancelled_rate + runs.action_required_rate) return "action_required"
  return "completed"
}

/** When the places of a group with limited concurrency become free. */
const createSlots = (existing: ReadonlyArray<Run>, concurrency: number, now: number): Heap<number> => {
  const slots = new Heap<number>((a, b) => a < b)
  const waiting = existing.filter((run) => run.endAt > now).sort((a, b) => a.startAt - b.startAt)
  for (const run of waiting) {
    if (slots.size >= concurrency) slots.pop()
    slots.push(run.endAt)
  }
  while (slots.size < concurrency) slots.push(now)
  return slots
}

const drawDelay = (random: Random, outputs: Behaviour["outputs"]): number | null => {
  if (random.chance(outputs.never_rate)) return null
  return random.chance(outputs.delay_rate) ? outputs.delay_ms : 0
}

const drawRun = (draft: Draft, seed: string, behaviour: Behaviour, slots: Heap<number> | null): Run => {
  const random = createRandom(seed, draft.id, draft.inputText)
  const { runs } = behaviour
  const pace = (runs.scale_by_processor ? paceOf(draft.processor) : 1) / runs.speed
  const ready = draft.createdAt + logBetween(random, runs.queue_ms) / runs.speed
  const startAt = Math.round(slots === null ? ready : Math.max(ready, slots.pop() ?? ready))
  const endAt = startAt + Math.round(logBetween(random, runs.duration_ms) * pace)
  slots?.push(endAt)
  const changes = random.chance(runs.change_after_end.rate)
  return {
    ...draft,
    startAt,
    endAt,
    outcome: drawOutcome(random, runs),
    changeAt: changes ? endAt + runs.change_after_end.after_ms : null,
    changeTo: changes ? runs.change_after_end.to : null,
    outputDelay: drawDelay(random, behaviour.outputs),
    outputBytes: 0,
    outputContent: behaviour.outputs.content,
    outputText: null,
  }
}

/** Gives every draft its future; the draws depend on the seed, the run's id and its input only. */
export const scheduleRuns = (
  drafts: ReadonlyArray<Draft>,
  group: TaskGroup | null,
  seed: string,
  behaviour: Behaviour,
): Run[] => {
  const { concurrency } = behaviour.runs
  const now = drafts[0]?.createdAt ?? 0
  const slots = concurrency === null ? null : createSlots(group?.runs ?? [], concurrency, now)
  const overrides = [
    ...behaviour.runs.overrides.filter((o) => o.group === null || o.group === group?.id),
    ...(group?.overrides ?? []),
  ]
  return drafts.map((draft) => {
    const run = drawRun(draft, seed, behaviour, slots)
    for (const override of overrides) {
      if (isMeant(run, override)) applyOverride(run, override, draft.createdAt - 1)
    }
    return run
  })
}
