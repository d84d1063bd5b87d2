import { attemptOf, inputIndexOf } from "../../simulator/index.ts"
import { ourRuns, type Run } from "./neighbours.ts"
import type { World } from "./world.ts"

/** An attempt at an input as the table `runs` has it, which keeps them all. */
export interface Attempt {
  readonly index: number
  readonly attempt: number
  readonly runId: string | null
  readonly status: string
}

export const attemptsOf = ({ host }: World): ReadonlyArray<Attempt> =>
  host.disk
    .exec("SELECT input_index, attempt, run_id, status FROM runs ORDER BY input_index, attempt", [])
    .map(([index, attempt, runId, status]) => ({ index, attempt, runId, status }) as Attempt)

/** It was never sent, and ended so. */
export const isLeftOut = ({ status, runId }: Attempt): boolean => status === "cancelled" && runId === null

export const newestAttempts = (attempts: ReadonlyArray<Attempt>): ReadonlyMap<number, Attempt> =>
  new Map(attempts.map((one) => [one.index, one]))

const keyOf = (index: number, attempt: number): string => `attempt ${attempt} at input ${index}`

/** The runs that upstream has of each attempt: one at most, or money was spent twice. */
export const runsByAttempt = (world: World): ReadonlyMap<string, ReadonlyArray<Run>> =>
  Map.groupBy(ourRuns(world), (run) => keyOf(inputIndexOf(run), attemptOf(run)))

/** Holds every attempt of the table against upstream's ledger, and gives the newest of each input. */
export const checkAttempts = (world: World): ReadonlyMap<number, Attempt> => {
  const { violations } = world
  const left = new Map(runsByAttempt(world))
  const attempts = attemptsOf(world)
  for (const one of attempts) {
    const key = keyOf(one.index, one.attempt)
    const runs = left.get(key) ?? []
    left.delete(key)
    if (runs.length > 1) violations.push(`${key} has ${runs.length} upstream runs`)
    else if (one.runId !== (runs[0]?.id ?? null))
      violations.push(`${key} is run ${one.runId} here, ${runs[0]?.id} upstream`)
  }
  for (const [key, runs] of left)
    violations.push(`${key} has ${runs.length} upstream runs, but there is none`)
  return newestAttempts(attempts)
}
