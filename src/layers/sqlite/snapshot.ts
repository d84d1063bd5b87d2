import { type JsonPart, resultJson, runJsonOf } from "../../domain/RunJson.ts"
import type { ResultRow, TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Snapshot } from "../../services/TaskGroupStore.ts"
import type { GroupTables } from "./GroupTables.ts"
import { jsonPages } from "./jsonPages.ts"
import { pageOfResults, pageOfRuns, type ReadPage } from "./pages.ts"

/** The group as it is now, page by page, while newer changes are written. */
export const makeSnapshot = (tables: GroupTables, status: TaskGroupStatus): Snapshot => {
  const { storage, undo, shared, change, group: details } = tables
  const release = undo.register()

  const page = <R extends ResultRow>(read: ReadPage<R>, from: number) => {
    // Better a broken answer than one that looks whole.
    if (tables.isClosed) throw new Error("the task group was removed while it was read")
    return read(storage, from).map((row) => undo.asOf(row, change))
  }

  function* read<R extends ResultRow>(pageOf: ReadPage<R>, from: number) {
    for (let rows = page(pageOf, from); rows.length > 0; rows = page(pageOf, rows.at(-1)!.inputIndex + 1)) {
      yield* rows
    }
  }

  function* elements(part: JsonPart, separator: string): Generator<string> {
    const jsonPage = jsonPages(storage, details, change, separator)
    const runJson = runJsonOf(details)
    let cut = separator.length
    let rowsUntil = -1
    let count: number | undefined
    for (let next = 0; ;) {
      if (next > rowsUntil) {
        if (tables.isClosed) throw new Error("the task group was removed while it was read")
        const make = () => jsonPage(part, next, count)
        const name = [part, separator, change, next, count].join(" ")
        const ready = undo.readers > 1 ? shared.get(name, make) : make()
        if (ready === null) return
        count = ready.next
        if (ready.text === null) rowsUntil = ready.last
        else {
          yield ready.text.slice(cut)
          cut = 0
          next = ready.last + 1
          continue
        }
      }
      const rows = page(pageOfRuns, next)
      const encode = part === "results" ? resultJson : runJson
      yield rows
        .map((row) => separator + encode(row))
        .join("")
        .slice(cut)
      cut = 0
      next = rows.at(-1)!.inputIndex + 1
    }
  }

  return {
    details,
    status,
    change,
    rows: (from) => read(pageOfRuns, from),
    results: () => read(pageOfResults, 0),
    elements,
    close: () => {
      release()
      if (undo.readers < 2) shared.clear()
    },
  }
}
