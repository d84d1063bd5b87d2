import { entriesIn } from "./Basis.ts"
import { fieldsOf, kindOf, mayHaveMember, membersWithout } from "./JsonText.ts"
import type { Basis } from "./ResultQuery.ts"
import { resultJson } from "./RunJson.ts"
import type { JsonText, RunRow } from "./TaskGroup.ts"

/** Why a row has no result, as a JSON string. */
export const failureJson = (error: JsonText): JsonText => {
  const message = kindOf(error) === "object" ? fieldsOf(error).get("message") : undefined
  return message !== undefined && kindOf(message) === "string" ? message : '"failed"'
}

/** A line of JSON Lines: an element of `results` with `$error` where there is one, and `$basis` where it is asked for. */
export const lineJson = (row: RunRow, basis: Basis = "none"): JsonText => {
  const ours = new Map<string, JsonText>()
  if (row.error !== null) ours.set("$error", failureJson(row.error))
  if (basis !== "none") ours.set("$basis", `[${entriesIn(row.output, basis).join(",")}]`)
  const result = resultJson(row)
  if (ours.size === 0) return result
  // Columns of these names give way.
  const names = [...ours.keys()]
  const rest = mayHaveMember(result, names)
    ? membersWithout(result, new Set(names)).slice(1)
    : result.slice(1, -1)
  return `{${rest}${Array.from(ours, ([name, value]) => `,"${name}":${value}`).join("")}}`
}
