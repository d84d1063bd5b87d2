import type { JsonText } from "./TaskGroup.ts"

/** An error of a row, in Parallel's own shape. */
export const errorJson = (error: {
  readonly message: string
  readonly refId?: string | null
  readonly detail?: unknown
}): JsonText =>
  JSON.stringify({ ref_id: error.refId ?? "", message: error.message, detail: error.detail ?? null })
