import type { ActName } from "../domain/ActRequest.ts"

/** What the address of a result names. */
export interface Address {
  readonly id: string
  /** One row of the group: the index of its input, or its run's id. */
  readonly row: string | null
  /** In lower case; null without one. */
  readonly extension: string | null
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * `/{taskgroup_id}[.format]` and `/{taskgroup_id}/{row}[.format]`, as people type them: a slash at the end says nothing.
 * Null for any other path.
 */
export const readAddress = (pathname: string): Address | null => {
  const [name = "", row, ...others] = pathname
    .slice(1)
    .replace(/(?<=.)\/$/, "")
    .split("/")
  if (others.length > 0) return null
  const last = row ?? name
  // A group's id has no dots.
  const dot = row === undefined ? last.indexOf(".") : last.lastIndexOf(".")
  const stem = dot < 0 ? last : last.slice(0, dot)
  if (stem === "" && row !== undefined) return null
  const extension = dot < 0 ? null : last.slice(dot + 1).toLowerCase()
  return row === undefined ? { id: stem, row: null, extension } : { id: name, row: decoded(stem), extension }
}

const BY_POST: ReadonlySet<string> = new Set<ActName>(["inputs", "retry", "stop", "resume"])

/** The act that a POST to this address is; its path can do nothing else. */
export const actByPost = ({ row, extension }: Address): ActName | null =>
  row !== null && extension === null && BY_POST.has(row) ? (row as ActName) : null

/** Whether a DELETE to this address deletes the group. */
export const isWholeGroup = ({ row, extension }: Address): boolean => row === null && extension === null
