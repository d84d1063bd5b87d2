import { fieldsOf, kindOf, shownText, TextReader } from "../../domain/JsonText.ts"
import { columnsJson } from "../../domain/RunJson.ts"
import type { JsonText, RunRow } from "../../domain/TaskGroup.ts"
import type { Snapshot } from "../../services/GroupReader.ts"

/** Values by name, each as it is written. */
type Fields = ReadonlyMap<string, JsonText>

/** A row as tables show it. */
export interface TableRow {
  /** Empty while there is none. */
  readonly runId: string
  readonly status: string
  /** Why it has no result; null when it has one or may still get one. */
  readonly failure: string | null
  readonly confidence: Fields
  readonly input: Fields
  /** Null while there is none; text output is the field `content`. */
  readonly output: Fields | null
}

const NO_FIELDS: Fields = new Map()

const failureOf = (error: JsonText): string => {
  const message = kindOf(error) === "object" ? fieldsOf(error).get("message") : undefined
  return message?.startsWith('"') === true ? shownText(message) : "failed"
}

/** Of columns as `columnsJson` writes them, which are read once: this takes most of a table's time. */
const rowsOf = (columns: JsonText): ReadonlyArray<TableRow> => {
  const reader = new TextReader(columns)
  const next = <A>(read: () => A): ReadonlyArray<A> => {
    reader.skip()
    return reader.elements(read)
  }
  const value = () => reader.value()
  const fields = () => (reader.isAtObject() ? reader.fields() : reader.value())
  const [runIds, statuses, errors] = [next(value), next(value), next(value)]
  const [confidences, inputs, contents] = [next(fields), next(fields), next(fields)]
  return runIds.map((runId, at) => ({
    runId: shownText(runId),
    status: shownText(statuses[at]!),
    failure: errors[at] === "null" ? null : failureOf(errors[at]!),
    confidence: asFields(confidences[at]!) ?? NO_FIELDS,
    input: asFields(inputs[at]!) ?? NO_FIELDS,
    output: asFields(contents[at]!),
  }))
}

const asFields = (value: Fields | JsonText): Fields | null => {
  if (typeof value !== "string") return value
  return value === "null" ? null : new Map([["content", value]])
}

export const tableRow = (row: RunRow): TableRow => rowsOf(columnsJson([row]))[0]!

/** All rows, many at a time. */
export function* tablePages(snapshot: Snapshot): Generator<ReadonlyArray<TableRow>> {
  for (const columns of snapshot.columns()) yield rowsOf(columns)
}

/** Where a row has no such field: an empty cell. */
const NOTHING: JsonText = "null"

/** The value of a column in `results`: the output's, where it has that field. */
export const valueIn = ({ input, output }: TableRow, name: string): JsonText =>
  output?.get(name) ?? input.get(name) ?? NOTHING

/** Columns of a group's table: an input column that the output has too is shown once, as the output's. */
export const tableColumns = ({
  details,
}: Pick<Snapshot, "details">): {
  readonly inputs: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
} => {
  const outputs = details.outputColumns
  const shown = new Set(outputs)
  return { inputs: details.inputColumns.filter((name) => !shown.has(name)), outputs }
}
