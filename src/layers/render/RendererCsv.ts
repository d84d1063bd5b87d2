import * as Layer from "effect/Layer"
import { csvRecord } from "../../domain/Csv.ts"
import { own } from "../../domain/Json.ts"
import { Renderer } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { type TableRow, tableColumns, tablePages } from "./table.ts"

/** Without it, Excel takes UTF-8 for the code page of the machine. Programs skip it (`utf-8-sig` in Python). */
const BYTE_ORDER_MARK = "\uFEFF"

/** Columns that say what the row is; an input or output of the same name gives way, as in `results`. */
const RUN_COLUMNS: ReadonlyArray<string> = ["$id", "$status"]

/**
 * The CSV format, for spreadsheets: `$id`, `$status`, the inputs' columns, the outputs' columns, `$error`. Values are
 * those of `results`; nothing in it can be a formula.
 */
export function* renderCsv(snapshot: Snapshot): Generator<string> {
  const { inputs, outputs } = tableColumns(snapshot)
  const fields = [...inputs, ...outputs].filter((name) => !RUN_COLUMNS.includes(name))
  yield BYTE_ORDER_MARK + csvRecord([...RUN_COLUMNS, ...fields, "$error"])
  for (const rows of tablePages(snapshot)) yield rows.map((row) => csvRecord(valuesOf(row, fields))).join("")
}

const valuesOf = (
  { runId, status, failure, input, output }: TableRow,
  fields: ReadonlyArray<string>,
): ReadonlyArray<unknown> => [
  runId,
  status,
  ...fields.map((name) => own(output !== null && Object.hasOwn(output, name) ? output : input, name)),
  failure,
]

export const RendererCsv = Layer.succeed(Renderer("csv"), { render: renderCsv })
