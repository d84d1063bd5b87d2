import type { Piece } from "../../domain/Formats.ts"
import { escapeRaw } from "../../domain/JsonText.ts"
import { lineJson } from "../../domain/LineJson.ts"
import {
  type JsonPart,
  type PageRow,
  pageRowIn,
  pageRowOf,
  resultJson,
  runJsonOf,
  tableText,
} from "../../domain/RunJson.ts"
import type { Range, TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Choice, Snapshot } from "../../services/GroupReader.ts"
import type { GroupTables } from "./GroupTables.ts"
import { FIRST_ROWS, type JsonPage, jsonPages, type PagePart, sizeWithin } from "./jsonPages.ts"
import { readPage } from "./pages.ts"
import type { StoredRow } from "./tables.ts"

const REMOVED = "the task group was removed while it was read"
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true })

/** The group as it is now, page by page, while newer changes are written. */
export const makeSnapshot = (tables: GroupTables, status: TaskGroupStatus, choice: Choice): Snapshot => {
  const { storage, undo, shared, passing, change, group: details } = tables
  const release = undo.register()

  const { statuses } = choice
  const page = (from: number, to: number): RowPage | null => {
    // Better a broken answer than one that looks whole.
    if (tables.isClosed) throw new Error(REMOVED)
    // Rows that were added since are none of this moment's.
    const read = readPage(storage, from, Math.min(to, details.numInputs))
    if (read.length === 0) return null
    const rows = read.map((row) => undo.asOf(passing.current(row), change))
    return {
      rows: statuses === null ? rows : rows.filter((row) => statuses.has(row.status)),
      next: read.at(-1)!.inputIndex + 1,
    }
  }

  function* rows(from: number): Generator<StoredRow> {
    for (const range of choice.ranges) {
      const start = Math.max(from, range.from)
      if (start >= range.to) continue
      for (let read = page(start, range.to); read !== null; read = page(read.next, range.to)) yield* read.rows
    }
  }

  /** All rows, page by page: as SQLite puts them together where it can, else as `write` does. */
  function* pieces<A>(part: PagePart, separator: string, write: WriteRows<A>): Generator<Piece | A> {
    // A row that changed after it was chosen may be one no more, which SQLite would not see.
    const moment = statuses === null ? change : choice.change
    const jsonPage = jsonPages(storage, details, moment, separator)
    const make = (from: number, rows: number, isShared: boolean) => {
      if (tables.isClosed) throw new Error(REMOVED)
      const name = [part, separator, moment, from, rows].join(" ")
      return isShared
        ? shared.get(name, () => jsonPage(part, from, rows, isShared))
        : jsonPage(part, from, rows, isShared)
    }
    for (const range of choice.ranges) yield* piecesOf(range, make, write)
  }

  function* piecesOf<A>(range: Range, make: MakePage, write: WriteRows<A>): Generator<Piece | A> {
    let rowsUntil = -1
    let count = FIRST_ROWS
    for (let next = range.from; next < range.to;) {
      const left = range.to - next
      const size = sizeWithin(Math.min(count, left))
      // What is not in the table, SQLite cannot put together.
      if (next > rowsUntil && passing.isAmong(next, size)) rowsUntil = next + FIRST_ROWS - 1
      if (next > rowsUntil && left >= FIRST_ROWS) {
        const isShared = undo.readers > 1
        const ready = make(next, size, isShared)
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
      const read = page(next, range.to)
      if (read === null) return
      if (read.rows.length > 0) yield write(read.rows)
      next = read.next
    }
  }

  function* elements(part: JsonPart, separator: string): Generator<Piece> {
    const encode = {
      results: resultJson,
      runs: runJsonOf(details),
      lines: (row: StoredRow) => lineJson(row),
    }[part]
    const write: WriteRows<string> = (read) => read.map((row) => separator + encode(row)).join("")
    let cut = separator.length
    for (const piece of pieces(part, separator, write)) {
      const sendable = tables.plain.isAll ? piece : escapeRaw(textOf(piece))
      yield typeof sendable === "string" ? sendable.slice(cut) : sendable.subarray(cut)
      cut = 0
    }
  }

  // Text in either case, because it is read again.
  const table = () =>
    pieces("table", "\n", (read) => read.map((row) => `\n${tableText(row)}`).join("")) as Generator<string>

  function* pageRows(): Generator<PageRow> {
    const sendable = (text: string) => (tables.plain.isAll ? text : escapeRaw(text))
    const [read, write] = [pageRowIn(details), pageRowOf(details)]
    const one = (row: StoredRow): PageRow => {
      const { result, run, table } = write(row)
      return { result: sendable(result), run: sendable(run), table: sendable(table) }
    }
    for (const piece of pieces("page", "\n", (rows) => rows.map(one))) {
      if (typeof piece === "string") for (const line of sendable(piece).slice(1).split("\n")) yield read(line)
      else yield* piece as ReadonlyArray<PageRow>
    }
  }

  return {
    details,
    status,
    change,
    rows,
    elements,
    table,
    pageRows,
    close: () => {
      release()
      if (undo.readers < 2) shared.clear()
    },
  }
}

interface RowPage {
  readonly rows: ReadonlyArray<StoredRow>
  /** Where the next page begins. */
  readonly next: number
}

type MakePage = (from: number, rows: number, isShared: boolean) => JsonPage | null
type WriteRows<A> = (rows: ReadonlyArray<StoredRow>) => A

const textOf = (piece: Piece): string => (typeof piece === "string" ? piece : decoder.decode(piece))
