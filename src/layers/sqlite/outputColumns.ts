import { fitColumns, outputColumnsIn, outputColumnsWarning } from "../../domain/Columns.ts"
import { membersOf } from "../../domain/JsonText.ts"
import type { JsonText } from "../../domain/TaskGroup.ts"
import type { GroupTables } from "./GroupTables.ts"
import { showResults } from "./resultsView.ts"

/** Names that are left out are counted up to here: more of them are no columns but data. */
const MAX_COUNTED = 10_000

/**
 * Notes the properties that outputs have: some may be none that the schema announced, and tables need a column for each.
 * Those beyond what a table holds are counted in one warning. The names it counted are in memory only, so that after a
 * restart it counts anew and speaks up when there are more than it has said: what it says is true, if not the whole.
 */
export const makeOutputColumns = (tables: GroupTables) => {
  let known: { readonly of: ReadonlyArray<string>; readonly names: ReadonlySet<string> } = {
    of: [],
    names: new Set(),
  }
  const leftOut = new Set<string>()

  /** The warnings with the number of columns that are left out, where it is to be told. */
  const warningsNow = (warnings: ReadonlyArray<string>): ReadonlyArray<string> | null => {
    const at = warnings.findIndex((warning) => outputColumnsIn(warning) > 0)
    const told = outputColumnsIn(warnings[at] ?? "")
    // In growing steps: each is a write of all that is known of the group.
    if (leftOut.size < told * 1.1) return null
    const warning = outputColumnsWarning(leftOut.size)
    return at < 0 ? [...warnings, warning] : warnings.with(at, warning)
  }

  return (content: JsonText): void => {
    const { outputColumns, warnings } = tables.group
    if (known.of !== outputColumns) known = { of: outputColumns, names: new Set(outputColumns) }
    const named = content.startsWith("{") ? membersOf(content).map(({ name }) => name) : ["content"]
    const names = new Set(named)
    const repeats = names.size < named.length
    const unknown = [...names].filter((name) => !known.names.has(name))
    if (unknown.length === 0 && !repeats) return
    const { taken, left } = fitColumns(known.names, unknown)
    for (const name of left) if (leftOut.size < MAX_COUNTED) leftOut.add(name)
    const said = left.length === 0 ? null : warningsNow(warnings)
    if (taken.length > 0 || said !== null)
      tables.updateDetails({ outputColumns: [...outputColumns, ...taken], warnings: said ?? warnings })
    if (taken.length > 0 || repeats) showResults(tables.storage, tables.group, repeats)
  }
}
