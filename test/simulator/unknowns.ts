import type { BehaviourPatch } from "../../simulator/index.ts"
import { harness, rows, type Harness, type Loose } from "./harness.ts"

/** A group of runs that all end well, unless the behaviour says otherwise. */
export const start = async (behaviour: BehaviourPatch = {}, count = 6) => {
  const h = harness({ ...behaviour, runs: { failure_rate: 0, ...behaviour.runs } })
  const group = await h.group()
  const added = await h.add(group, rows(count))
  return { h, group, added, ids: added.run_ids as string[] }
}
export const runIds = (events: ReadonlyArray<{ data: Loose }>) =>
  events
    .filter((event) => event.data.type === "task_run.state")
    .map((event) => event.data.run.run_id as string)
export const types = (events: ReadonlyArray<{ data: Loose }>) =>
  events.map((event) => event.data.type as string)
export const follow = async (h: Harness, group: string, query = "", ms = 120_000) => {
  const reading = await h.open(group, query)
  await h.clock.advance(ms)
  return reading
}
export const END = 60_000
