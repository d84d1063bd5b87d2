import type { GroupDetails, GroupInit, SubmissionPlan } from "../../domain/TaskGroup.ts"
import type { Unsubmitted } from "../../services/SubmissionStore.ts"
import type { GroupTables } from "./GroupTables.ts"
import { PLAN } from "./keys.ts"
import { buriedUntil } from "./look.ts"
import { makePieces } from "./pieces.ts"
import { showResults } from "./resultsView.ts"
import { openTables, rowId } from "./tables.ts"

/** What a committed group may have more of by now: outputs bring columns, and somebody may have added rows. */
const GROWING: ReadonlySet<string> = new Set<keyof GroupInit>([
  "numInputs",
  "metadata",
  "inputColumns",
  "outputColumns",
])

const sameInit = (details: GroupDetails, init: GroupInit): boolean =>
  (Object.keys(init) as Array<keyof GroupInit>).every(
    (key) =>
      key === "warnings" ||
      (details.state !== "receiving" && GROWING.has(key)) ||
      JSON.stringify(details[key]) === JSON.stringify(init[key]),
  )

/** `ReceivingStore` on the tables. */
export const makeReceiving = (tables: GroupTables) => ({
  begin: (init: GroupInit) =>
    tables.write<"begun" | "same" | "different">("different", () => {
      // What was deleted does not come back.
      if (buriedUntil(tables.storage) !== null) return "different"
      openTables(tables.storage)
      const details = tables.details
      if (details !== null) {
        return details.state !== "removed" && sameInit(details, init) ? "same" : "different"
      }
      tables.insertDetails({ ...init, state: "receiving", statusMessage: "", endedAt: null, removalAt: null })
      showResults(tables.storage, init)
      return "begun"
    }),

  addInputs: (from: number, inputs: ReadonlyArray<string>, now: number) =>
    tables.write<"stored" | "same" | "different">("different", () => {
      const details = tables.details
      if (details === null || from + inputs.length > details.numInputs) return "different"
      // All is compared before anything is written: a piece is taken wholly or not at all.
      const missing = inputs.flatMap((input, offset) =>
        tables.state(from + offset) === null ? [{ inputIndex: from + offset, input }] : [],
      )
      if (missing.length < inputs.length && !sameInputs(tables, from, inputs)) return "different"
      if (missing.length > 0 && details.state !== "receiving") return "different"
      tables.insert(missing, now)
      return missing.length > 0 ? "stored" : "same"
    }),

  commit: (plan: SubmissionPlan) =>
    tables.write<"committed" | "same" | "incomplete">("incomplete", () => {
      const details = tables.group
      if (details.state === "removed") return "incomplete"
      if (details.state !== "receiving") return "same"
      if (tables.counts.rows !== details.numInputs) return "incomplete"
      tables.kept.put(PLAN, plan)
      tables.updateDetails({ state: "active" })
      return "committed"
    }),

  ...makePieces(tables),

  repeatRows: (rows: ReadonlyArray<Pick<Unsubmitted, "inputIndex" | "processor">>, now: number) =>
    tables.write(undefined, () => tables.repeat(rows, now)),
})

/** Whether those of these inputs that are stored are stored like this. */
const sameInputs = (tables: GroupTables, from: number, inputs: ReadonlyArray<string>): boolean => {
  const query = "SELECT input_index, input FROM runs WHERE id >= ? AND id < ? AND attempt = 1 ORDER BY id"
  const rows = tables.storage.sql.exec(query, rowId(from, 0), rowId(from + inputs.length, 0)).raw()
  for (const [inputIndex, input] of rows) if (inputs[(inputIndex as number) - from] !== input) return false
  return true
}
