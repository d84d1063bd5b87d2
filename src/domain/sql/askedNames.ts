import { folded } from "./Scope.ts"
import type { Select } from "./syntax.ts"

/**
 * Every name that a statement asks for, anywhere in it; null where its own columns are all that there are. Of a `*` inside
 * of it no other columns are needed.
 */
export const askedNames = (select: Select): ReadonlySet<string> | null => {
  const asksForAll = select.cores.some(
    (core) => core.kind === "select" && core.results.some(({ kind }) => kind === "star"),
  )
  if (asksForAll) return null
  const names = new Set<string>()
  collect(select, names)
  return names
}

const collect = (node: unknown, names: Set<string>): void => {
  if (typeof node !== "object" || node === null) return
  if ("kind" in node && node.kind === "column" && "name" in node) names.add(folded(String(node.name)))
  if ("using" in node && Array.isArray(node.using))
    for (const name of node.using) names.add(folded(String(name)))
  for (const part of Object.values(node)) collect(part, names)
}

/** Whether columns may be left out of a subquery's `*`: nothing goes by their places, or by all of them. */
export const isTrimmable = ({ cores, orderBy }: Select): boolean => {
  const [core] = cores
  const byName = orderBy.every(({ expr }) => expr.kind !== "literal")
  return (
    cores.length === 1 && byName && core?.kind === "select" && !core.distinct && core.groupBy.length === 0
  )
}

/** The columns that are asked for, and one at least. */
export const trimmed = <A extends { readonly name: string }>(
  columns: ReadonlyArray<A>,
  names: ReadonlySet<string>,
): ReadonlyArray<A> => {
  const asked = columns.filter(({ name }) => {
    const own = folded(name)
    // The second of two that are called the same is called `name:1` from outside.
    return names.has(own) || [...names].some((one) => one.startsWith(`${own}:`))
  })
  return asked.length > 0 ? asked : columns.slice(0, 1)
}
