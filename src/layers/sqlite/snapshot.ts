import type { Piece } from "../../domain/Formats.ts"
import { columnsJson, type JsonPart, resultJson, runJsonOf } from "../../domain/RunJson.ts"
import type { JsonText, TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import type { GroupTables } from "./GroupTables.ts"
import { FIRST_ROWS, jsonPages, type PagePart } from "./jsonPages.ts"
import { readPage } from "./pages.ts"
import type { StoredRow } from "./tables.ts"

/** The group as it is now, page by page, while newer changes are written. */
export const makeSnapshot = (tables: GroupTables, status: TaskGroupStatus): Snapshot => {
  const { storage, undo, shared, passing, change, group: details } = tables
  const release = undo.register()

  const page = (from: number) => {
    // Better a broken answer than one that looks whole.
    if (tables.isClosed) throw new Error("the task group was removed while it was read")
    return readPage(storage, from).map((row) => undo.asOf(passing.current(row), change))
  }

  function* rows(from: number): Generator<StoredRow> {
    for (let read = page(from); read.length > 0; read = page(read.at(-1)!.inputIndex + 1)) yield* read
  }

  /** All rows, page by page: as SQLite puts them together where it can, else as `write` does. */
  function* pieces(
    part: PagePart,
    separator: string,
    write: (rows: ReadonlyArray<StoredRow>) => string,
  ): Generator<Piece> {
    const jsonPage = jsonPages(storage, details, change, separator)
    let rowsUntil = -1
    let count = FIRST_ROWS
    for (let next = 0; ;) {
      // What is not in the table, SQLite cannot put together.
      if (next > rowsUntil && passing.isAmong(next, count)) rowsUntil = next + FIRST_ROWS - 1
      if (next > rowsUntil) {
        if (tables.isClosed) throw new Error("the task group was removed while it was read")
        const make = () => jsonPage(part, next, count)
        const name = [part, separator, change, next, count].join(" ")
        const isShared = undo.readers > 1
        const ready = isShared ? shared.get(name, make) : make()
        if (ready === null) return
        count = ready.next
        const { piece } = ready
        if (piece === null) rowsUntil = ready.last
        else {
          // Whoever is given bytes may do with their memory what it likes.
          yield isShared ? piece.slice() : piece
          next = ready.last + 1
          continue
        }
      }
      const read = page(next)
      if (read.length === 0) return
      yield write(read)
      next = read.at(-1)!.inputIndex + 1
    }
  }

  function* elements(part: JsonPart, separator: string): Generator<Piece> {
    const encode = { results: resultJson, runs: runJsonOf(details) }[part]
    const write = (read: ReadonlyArray<StoredRow>) => read.map((row) => separator + encode(row)).join("")
    let cut = separator.length
    for (const piece of pieces(part, separator, write)) {
      yield typeof piece === "string" ? piece.slice(cut) : piece.subarray(cut)
      cut = 0
    }
  }

  return {
    details,
    status,
    change,
    rows,
    elements,
    // Text in either case, because it is parsed.
    columns: () => pieces("columns", "", columnsJson) as Generator<JsonText>,
    close: () => {
      release()
      if (undo.readers < 2) shared.clear()
    },
  }
}
