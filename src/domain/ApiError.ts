import type { GroupId } from "./Ids.ts"

/** An error as any answer of the API carries it: Parallel's own shape, so that its clients parse ours unchanged. */
export interface ApiError {
  readonly status: number
  readonly message: string
  readonly detail?: Readonly<Record<string, unknown>> | null | undefined
  /** Parallel's reference, when the error is Parallel's. */
  readonly refId?: string | null | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The group that exists already at Parallel, and its URL where something may be behind it. */
  readonly group?: { readonly taskgroupId: GroupId; readonly url?: string | null } | undefined
}
