import type { StreamEvent, StreamState } from "./events.ts"
import type { CallOptions, Sent } from "./Multitask.ts"
import type {
  AddInputs,
  Deleted,
  InputsAdded,
  Resumed,
  Retry,
  Row,
  RowsRetried,
  Stopped,
  TaskGroupResultOutput,
  TaskGroupStatus,
} from "./types.ts"

export interface ReadOptions {
  readonly status?: string | ReadonlyArray<string> | undefined
  readonly limit?: number | undefined
  readonly after?: number | undefined
  readonly basis?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Waiting {
  readonly signal?: AbortSignal | undefined
}

/** One task group of a deployment. */
export class TaskGroup {
  readonly id: string = ""
  /** Where anybody may read it, at the client's base URL. */
  readonly url: string = ""

  status(_options?: Waiting): Promise<TaskGroupStatus> {
    throw new Error("not built yet")
  }
  /** The status at the group's end. */
  wait(_options?: Waiting): Promise<TaskGroupStatus> {
    throw new Error("not built yet")
  }
  get(_options?: ReadOptions): Promise<TaskGroupResultOutput> {
    throw new Error("not built yet")
  }
  /** Rows as they end, each attempt once, to the end of the group. */
  rows(_options?: Waiting): AsyncGenerator<Row, void, undefined> {
    throw new Error("not built yet")
  }
  /** The output stream, each event as it came. */
  events(
    _options?: Waiting & {
      readonly basis?: string | undefined
      readonly lastEventId?: string | null
      readonly onState?: (state: StreamState) => void
    },
  ): AsyncGenerator<StreamEvent, void, undefined> {
    throw new Error("not built yet")
  }
  addInputs(_request: Sent<AddInputs>, _options?: CallOptions): Promise<InputsAdded> {
    throw new Error("not built yet")
  }
  retry(_request?: Retry, _options?: CallOptions): Promise<RowsRetried> {
    throw new Error("not built yet")
  }
  stop(_options?: CallOptions): Promise<Stopped> {
    throw new Error("not built yet")
  }
  resume(_options?: CallOptions): Promise<Resumed> {
    throw new Error("not built yet")
  }
  delete(_options?: CallOptions): Promise<Deleted> {
    throw new Error("not built yet")
  }
}
