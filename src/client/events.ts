/** One event of a group's output stream. */
export interface StreamEvent {
  /** `task_group_status`, `task_run.state` or `done`. */
  readonly event: string
  /** The group's change number; null for the status that opens a connection. */
  readonly id: string | null
  /** JSON, as it came. */
  readonly data: string
}

export type StreamState =
  | { readonly kind: "connecting" | "live" }
  /** Broken off, or told to wait (`busy`): `attempt` failed in a row, the next comes after `waitMs`. */
  | { readonly kind: "interrupted" | "busy"; readonly attempt: number; readonly waitMs: number }

export interface StreamOptions {
  /** The stream's URL. */
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  /** Only what changed since; null: the full state. */
  readonly lastEventId?: string | null
  readonly signal?: AbortSignal | undefined
  readonly onState?: (state: StreamState) => void
  /** Called with what ends the wait for the next connection early: for who comes back to a tab, or to the network. */
  readonly onWait?: (hurry: () => void) => void
}

/**
 * A group's events, across connections that break, fall silent for 45 s or are refused for a time: each is opened behind
 * the last id. Ends behind `done`, or at once where the server says that nothing came after the last id (204). Throws a
 * `MultitaskError` on 4xx other than 429, and the signal's reason. Reads as fast as it is asked; when it is left, the
 * connection is closed.
 */
export async function* streamEvents(_options: StreamOptions): AsyncGenerator<StreamEvent, void, undefined> {
  throw new Error("not built yet")
}
