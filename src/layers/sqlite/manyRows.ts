import type { ChangeNumber } from "../../domain/Ids.ts"
import type { JsonText } from "../../domain/TaskGroup.ts"
import { run, type SqliteStorage } from "./SqliteStorage.ts"
import { ATTEMPTS_PER_INPUT, rowId } from "./tables.ts"

/**
 * Many rows with one statement, because a statement costs more than the small row it writes. Their texts go in as one
 * JSON array, which SQLite takes apart; each row counts as written once, as it does alone.
 */

/** Of one statement: what is bound may have 2 MB, and a character three bytes. */
const MAX_ROWS = 1_000
const MAX_CHARS = 256 * 1024
/** A longer text costs more as part of an array, which is written and taken apart, than a statement of its own. */
const MAX_SHARED_CHARS = 2_000

/** A text for the row of an input. Change numbers are given in the order of the items. */
interface Item {
  readonly inputIndex: number
  /** Absent: the first. */
  readonly attempt?: number
  readonly change: ChangeNumber
  readonly text: string
  /** It needs a statement of its own. */
  readonly alone?: boolean
}

/** Items of consecutive inputs, as many as one statement takes. */
function* pieces<A extends Item>(items: ReadonlyArray<A>): Generator<readonly [A, ...Array<A>]> {
  let piece: [A, ...Array<A>] | null = null
  let chars = 0
  for (const item of items) {
    const last: A | undefined = piece?.at(-1)
    const joins =
      last?.inputIndex === item.inputIndex - 1 &&
      last.attempt === item.attempt &&
      last.alone !== true &&
      item.alone !== true &&
      chars + item.text.length <= MAX_CHARS &&
      piece!.length < MAX_ROWS
    if (joins) piece!.push(item)
    else {
      if (piece !== null) yield piece
      piece = [item]
      chars = 0
    }
    chars += item.text.length
  }
  if (piece !== null) yield piece
}

/** Stored as if they were bound one by one. */
const arrayOf = (items: ReadonlyArray<Item>): JsonText =>
  JSON.stringify(items.map(({ text }) => text.toWellFormed()))

const INSERT_ONE = `INSERT INTO runs (id, input_index, attempt, change, updated_at, status, input, merged) VALUES (?, ?, 1, ?, ?, 'queued', ?, ?)`

const INSERT = `INSERT INTO runs (id, input_index, attempt, change, updated_at, status, input)
  SELECT (?1 + key) * ${ATTEMPTS_PER_INPUT} + 1, ?1 + key, 1, ?2 + key, ?3, 'queued', value FROM json_each(?4)`

/** An input, as `text`, whose row is new. */
export interface NewRow extends Item {
  readonly merged: JsonText | null
}

/** Inserts rows with these inputs and numbers. */
export const insertRows = (storage: SqliteStorage, rows: ReadonlyArray<NewRow>, now: number): void => {
  const isAlone = ({ merged, text }: NewRow) => merged !== null || text.length > MAX_SHARED_CHARS
  for (const piece of pieces(rows.map((row) => ({ ...row, alone: isAlone(row) })))) {
    const [{ inputIndex, change, text, merged }] = piece
    if (piece.length > 1) run(storage, INSERT, inputIndex, change, now, arrayOf(piece))
    else run(storage, INSERT_ONE, rowId(inputIndex, 1), inputIndex, change, now, text, merged)
  }
}

const ACCEPT = `UPDATE runs SET change = ?2 + j.key, updated_at = ?3, run_id = j.value, status = 'queued', error = NULL
  FROM json_each(?4) AS j WHERE runs.id = (?1 + j.key) * ${ATTEMPTS_PER_INPUT} + ?5`

/** Gives rows their runs, whose ids are the texts: they are queued upstream. */
export const acceptRows = (storage: SqliteStorage, runs: ReadonlyArray<Item>, now: number): void => {
  for (const piece of pieces(runs)) {
    const [{ inputIndex, attempt = 1, change }] = piece
    run(storage, ACCEPT, inputIndex, change, now, arrayOf(piece), attempt)
  }
}

const REPEAT = `INSERT INTO runs (id, input_index, attempt, change, updated_at, processor, status, input, merged)
  SELECT former.id + 1, former.input_index, former.attempt + 1, one.value ->> 1, ?1, one.value ->> 2, 'queued', former.input,
    iif(instr(former.input, '"$id"') OR instr(former.input, '"$status"') OR instr(former.input, '\\'), '', NULL)
  FROM json_each(?2) AS one CROSS JOIN runs AS former ON former.id = one.value ->> 0`

/** Inserts the attempt that comes after each of these rows. What may hide `$id` or `$status` is put together when it is read. */
export const repeatRows = (
  storage: SqliteStorage,
  rows: ReadonlyArray<{
    readonly id: number
    readonly change: ChangeNumber
    readonly processor: string | null
  }>,
  now: number,
): void => {
  for (let at = 0; at < rows.length; at += MAX_ROWS) {
    const some = rows.slice(at, at + MAX_ROWS).map(({ id, change, processor }) => [id, change, processor])
    run(storage, REPEAT, now, JSON.stringify(some))
  }
}
