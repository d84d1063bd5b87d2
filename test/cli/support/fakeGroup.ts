import type { StreamEvent, StreamState, TaskGroup } from "../../../src/client/index.ts"
import type { TaskGroupStatus } from "../../../src/client/types.ts"

type State = TaskGroupStatus["state"]

const ENDS: ReadonlyArray<State> = ["done", "stopped", "given_up"]

export const statusOf = (
  counts: Record<string, number>,
  { state = "running", message = "" }: { readonly state?: State; readonly message?: string } = {},
): TaskGroupStatus => ({
  num_task_runs: Object.values(counts).reduce((sum, count) => sum + count, 0),
  task_run_status_counts: counts,
  is_active: !ENDS.includes(state),
  status_message: message,
  modified_at: "2026-01-01T00:00:00Z",
  state,
  estimated_cost_usd: null,
})

/** A group whose stream says what a test says. */
export class FakeGroup implements Pick<TaskGroup, "events" | "status"> {
  asked = 0
  last: TaskGroupStatus = statusOf({})
  tellState: (state: StreamState) => void = () => {}
  private readonly waiting: Array<StreamEvent | null> = []
  private wake = () => {}

  says(counts: Record<string, number>, options: Parameters<typeof statusOf>[1] = {}): void {
    this.last = statusOf(counts, options)
    this.push("task_group_status", { type: "task_group_status", status: this.last })
  }

  row(
    index: number,
    status: string,
    { error, input = { n: index } }: { readonly error?: string; readonly input?: object } = {},
  ): void {
    this.push("task_run.state", {
      type: "task_run.state",
      input_index: index,
      input: { input },
      run: { status, error: error === undefined ? null : { message: error } },
      output: null,
    })
  }

  ends(counts?: Record<string, number>, state: State = "done", message = ""): void {
    if (counts !== undefined) this.says(counts, { state, message })
    this.push("done", { type: "done" })
    this.waiting.push(null)
  }

  status(): Promise<TaskGroupStatus> {
    this.asked++
    return Promise.resolve(this.last)
  }

  async *events(
    options: Parameters<TaskGroup["events"]>[0] = {},
  ): AsyncGenerator<StreamEvent, void, undefined> {
    const { signal, onState } = options
    this.tellState = onState ?? this.tellState
    signal?.addEventListener("abort", () => this.wake())
    for (;;) {
      signal?.throwIfAborted()
      const next = this.waiting.shift()
      if (next === null) return
      if (next !== undefined) yield next
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
    }
  }

  private push(event: string, data: object): void {
    this.emit(event, JSON.stringify(data))
  }

  /** Whatever its data are. */
  emit(event: string, data: string): void {
    this.waiting.push({ event, id: null, data })
    this.wake()
  }
}
