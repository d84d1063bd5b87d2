import { cellsJson } from "../RunJson.ts"
import type { RunRow } from "../TaskGroup.ts"
import type { View } from "./View.ts"

export type Fields = Readonly<Record<string, unknown>>

/** A row as tables show it. */
export interface TableRow {
  readonly runId: string | null
  readonly status: string
  /** Why it has no result, in one line; null when it has one or may still get one. */
  readonly failure: string | null
  readonly confidence: Fields
  readonly input: Fields
  /** Null while there is none; text output is the field `content`. */
  readonly output: Fields | null
}

/** As `cellsJson` writes them. */
type Cells = readonly [
  runId: string | null,
  status: string,
  error: unknown,
  confidence: unknown,
  input: unknown,
  content: unknown,
]

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : { content: value }

const failureOf = (error: unknown): string => {
  const message = fieldsOf(error)["message"]
  return typeof message === "string" ? message : "failed"
}

const rowOf = ([runId, status, error, confidence, input, content]: Cells): TableRow => ({
  runId,
  status,
  failure: error === null ? null : failureOf(error),
  confidence: confidence === null ? {} : fieldsOf(confidence),
  input: fieldsOf(input),
  output: content === null ? null : fieldsOf(content),
})

export const tableRow = (row: RunRow): TableRow => rowOf(JSON.parse(cellsJson(row)) as Cells)

/** All rows, many at a time: parsed together they take less than one after the other. */
export function* tablePages(view: View): Generator<ReadonlyArray<TableRow>> {
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true })
  for (const piece of view.elements("cells", ",")) {
    const text = typeof piece === "string" ? piece : decoder.decode(piece)
    const list = JSON.parse(`[${text.startsWith(",") ? text.slice(1) : text}]`) as ReadonlyArray<Cells>
    yield list.map(rowOf)
  }
}

/** Columns of a group's table: an input column that the output has too is shown once, as the output's. */
export const tableColumns = ({
  details,
}: View): { readonly inputs: ReadonlyArray<string>; readonly outputs: ReadonlyArray<string> } => {
  const outputs = new Set(details.outputColumns)
  return { inputs: details.inputColumns.filter((name) => !outputs.has(name)), outputs: details.outputColumns }
}
