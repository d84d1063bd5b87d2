import type { StreamEvent } from "../../client/events.ts"
import type { TaskGroupStatus } from "../../client/types.ts"
import { totalEnded } from "../../domain/Counts.ts"
import { isTerminal } from "../../domain/RunStatus.ts"
import { terminalText } from "../terminalText.ts"

/** A row that has no result: what a person knows it by, and why. `index` counts from 0. */
export interface Unfinished {
  readonly index: number
  readonly label: string
  readonly status: string
  readonly message: string
}

type Counts = Readonly<Record<string, number>>

/** Data of a `task_run.state` event, as far as it matters here. */
interface RowEvent {
  readonly input_index: number
  readonly input: { readonly input: Readonly<Record<string, unknown>> }
  readonly run: { readonly status: string; readonly error: { readonly message?: unknown } | null }
}

/** How far a group is, by the events of its stream: each row's newest state, and the newest status. */
export class Tally {
  status: TaskGroupStatus | null = null
  /** Rows that have no result, by index. */
  readonly unfinished = new Map<number, Unfinished>()
  private readonly statuses = new Map<number, string>()
  private readonly ofRows: Record<string, number> = {}
  /** Rows that began anew since the newest status. */
  private begunAnew = 0
  private readonly asked: number | null

  /** `asked`: how many rows there are, until the group says it. */
  constructor(asked: number | null) {
    this.asked = asked
  }

  take({ event, data }: StreamEvent): void {
    try {
      if (event === "task_group_status") {
        const { status } = JSON.parse(data) as { readonly status: TaskGroupStatus }
        // Throws where it counts nothing.
        totalEnded(status.task_run_status_counts)
        this.status = status
        this.begunAnew = 0
      } else if (event === "task_run.state") this.row(JSON.parse(data) as RowEvent)
    } catch {
      // One event that says nothing must not end what all others say.
    }
  }

  get total(): number | null {
    return this.status?.num_task_runs ?? this.asked
  }

  /** Rows that have ended. Less than before only where a row was begun anew. */
  get ended(): number {
    return Math.max(totalEnded(this.ofRows), this.endedByStatus)
  }

  get counts(): Counts {
    const isBehind = totalEnded(this.ofRows) < this.endedByStatus
    return isBehind && this.status !== null ? this.status.task_run_status_counts : this.ofRows
  }

  private get endedByStatus(): number {
    return this.status === null ? 0 : totalEnded(this.status.task_run_status_counts) - this.begunAnew
  }

  private row({ input_index: index, input, run }: RowEvent): void {
    const before = this.statuses.get(index)
    this.statuses.set(index, run.status)
    if (before !== undefined) {
      this.ofRows[before] = this.ofRows[before]! - 1
      if (isTerminal(before) && !isTerminal(run.status)) this.begunAnew++
    }
    this.ofRows[run.status] = (this.ofRows[run.status] ?? 0) + 1
    if (run.status === "completed") this.unfinished.delete(index)
    else {
      const message = typeof run.error?.message === "string" ? run.error.message : ""
      const label = labelOf(input.input)
      this.unfinished.set(index, {
        index,
        label,
        status: terminalText(run.status, 40),
        message: terminalText(message, 200),
      })
    }
  }
}

const MAX_LABEL = 40

/** What a person knows the row by: the first short value that has letters, else the first short one. */
const labelOf = (input: Readonly<Record<string, unknown>>): string => {
  const short = Object.values(input).filter(
    (value) =>
      (typeof value === "string" && value.trim() !== "" && value.length <= 80) || typeof value === "number",
  )
  const telling = short.find((value) => typeof value === "string" && /\p{L}/u.test(value)) ?? short[0]
  return telling === undefined ? "" : terminalText(String(telling), MAX_LABEL)
}
