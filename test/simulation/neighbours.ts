import type { Simulator } from "../../simulator/index.ts"
import type { World } from "./world.ts"

/**
 * A run that the key's owner adds to our group without us.
 * `plain`: no metadata; `out_of_range`: metadata like ours, of a row that there is not; `equal`: an input of ours, no
 * metadata; `lookalike`: metadata of a row of ours, with another input.
 */
export interface Neighbour {
  readonly kind: "plain" | "out_of_range" | "equal" | "lookalike"
  /** From the start, in milliseconds; 0: before the first of ours. */
  readonly at: number
  /** How long it runs. */
  readonly lastsMs: number
}

export type Run = NonNullable<ReturnType<Simulator["ledger"]["runs"]["get"]>>

/** Marks what is not ours, for those who check: upstream echoes it nowhere. */
const MARK = "somebody-else"
export const isOurs = (run: Run): boolean => !run.extraText.includes(MARK)

/** The runs of the group that we made. */
export const ourRuns = ({ simulator, groupId }: World): ReadonlyArray<Run> =>
  (simulator.ledger.groups.get(groupId)?.runs ?? []).filter(isOurs)

const runInput = ({ inputs, dice }: World, kind: Neighbour["kind"]): object => {
  switch (kind) {
    case "plain":
      return { input: { company: "Somebody else's" } }
    case "out_of_range":
      return { input: { company: "Somebody else's" }, metadata: { input_index: "49999", attempt: "1" } }
    case "equal":
      return { input: dice.pick(inputs) }
    case "lookalike":
      return {
        input: { company: "Somebody else's" },
        metadata: { input_index: String(dice.whole(0, inputs.length - 1)) },
      }
  }
}

/** Adds such a run under the key of our group. Under the older path, so that our own requests are counted by theirs. */
export const addNeighbour = async (
  world: World,
  key: string,
  { kind, lastsMs }: Pick<Neighbour, "kind" | "lastsMs">,
): Promise<void> => {
  const { simulator, clock, log } = world
  const [group] = simulator.ledger.groups.values()
  if (group === undefined) return
  const input = { ...runInput(world, kind), processor: "core", memory_scope_key: MARK }
  log(`somebody else adds a run (${kind}, ${lastsMs / 1000} s)`)
  const response = await simulator
    .handle(
      new Request(`http://parallel.test/v1beta/tasks/groups/${group.id}/runs`, {
        method: "POST",
        headers: { "x-api-key": key, "content-type": "application/json" },
        body: JSON.stringify({ inputs: [input] }),
      }),
    )
    .catch(() => null)
  await response?.body?.cancel().catch(() => {})
  const now = clock.now()
  simulator.context.logs.reschedule(group, now, () => {
    for (const run of group.runs) {
      if (isOurs(run) || run.createdAt !== now) continue
      run.startAt = now
      run.endAt = now + lastsMs
    }
  })
  // Streams that are open wait for what was to come next before.
  simulator.override(group.id, { input_index: -1 })
}

/** Whether every row is known by its run for good, so that a run like it can only be another. */
export const areOursKnown = ({ host }: World): boolean => {
  if (!host.disk.isDurable || host.state() === null) return false
  const [[unknown, rows] = [1, 0]] = host.disk.exec(
    "SELECT count(*) FILTER (WHERE run_id IS NULL), count(*) FROM runs",
    [],
  )
  return unknown === 0 && rows !== 0
}
