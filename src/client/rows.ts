import type { StreamEvent } from "./events.ts"
import type { Row } from "./types.ts"

/** The data of a `task_run.state`, as far as it is looked into. */
interface RunEvent {
  readonly input_index: number
  readonly input: { readonly input: Row["input"] }
  readonly run: Omit<Row, "input_index" | "input" | "output">
  readonly output: Row["output"]
}

/** Not `is_active`: Parallel also says false of a run that waits for somebody (`action_required`), which has yet to end. */
const ENDS: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"])

/** What ended, each attempt once: a stream that is opened again may tell an end again, and so may a late change of it. */
export const makeEnds = (): ((event: StreamEvent) => Row | null) => {
  const told = new Set<string>()
  return ({ event, data }) => {
    const row = event === "task_run.state" ? rowOf(data) : null
    if (row === null || !ENDS.has(row.status)) return null
    const attempt = attemptOf(row)
    if (told.has(attempt)) return null
    told.add(attempt)
    return row
  }
}

/** An element of the JSON format's `runs`; null for what is no event of a row: one bad event must not end the rows. */
const rowOf = (data: string): Row | null => {
  try {
    const { input_index, input, run, output } = JSON.parse(data) as RunEvent
    return { ...run, input_index, input: input.input, output }
  } catch {
    return null
  }
}

/** Each has a run of its own; one that was never sent is named by our own metadata, from the second on. */
const attemptOf = ({ run_id, input_index, metadata }: Row): string =>
  run_id ?? `${input_index}:${String((metadata as { attempt?: unknown } | null | undefined)?.attempt ?? 1)}`
