import type { RunId } from "../../domain/Ids.ts"
import { columnsJson } from "../../domain/RunJson.ts"
import type { JsonText, RunRow } from "../../domain/TaskGroup.ts"
import type { Snapshot } from "../../services/GroupReader.ts"

type Fields = Readonly<Record<string, unknown>>

/** A row as tables show it. */
export interface TableRow {
  readonly runId: RunId | null
  readonly status: string
  /** Why it has no result, in one line; null when it has one or may still get one. */
  readonly failure: string | null
  readonly confidence: Fields
  readonly input: Fields
  /** Null while there is none; text output is the field `content`. */
  readonly output: Fields | null
}

/** As `columnsJson` writes them. */
type Columns = readonly [
  runIds: ReadonlyArray<RunId | null>,
  statuses: ReadonlyArray<string>,
  errors: ReadonlyArray<unknown>,
  confidences: ReadonlyArray<unknown>,
  inputs: ReadonlyArray<unknown>,
  contents: ReadonlyArray<unknown>,
]

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : { content: value }

const failureOf = (error: unknown): string => {
  const message = fieldsOf(error)["message"]
  return typeof message === "string" ? message : "failed"
}

const rowsOf = (json: JsonText): ReadonlyArray<TableRow> => {
  const [runIds, statuses, errors, confidences, inputs, contents] = JSON.parse(json) as Columns
  return runIds.map((runId, at) => {
    const error = errors[at]
    const confidence = confidences[at]
    const content = contents[at]
    return {
      runId,
      status: statuses[at]!,
      failure: error === null ? null : failureOf(error),
      confidence: confidence === null ? {} : fieldsOf(confidence),
      input: fieldsOf(inputs[at]),
      output: content === null ? null : fieldsOf(content),
    }
  })
}

export const tableRow = (row: RunRow): TableRow => rowsOf(columnsJson([row]))[0]!

/** All rows, many at a time: parsed together they take less than one after the other. */
export function* tablePages(snapshot: Snapshot): Generator<ReadonlyArray<TableRow>> {
  for (const json of snapshot.columns()) yield rowsOf(json)
}

/** Columns of a group's table: an input column that the output has too is shown once, as the output's. */
export const tableColumns = ({
  details,
}: Snapshot): { readonly inputs: ReadonlyArray<string>; readonly outputs: ReadonlyArray<string> } => {
  const outputs = new Set(details.outputColumns)
  return { inputs: details.inputColumns.filter((name) => !outputs.has(name)), outputs: details.outputColumns }
}
