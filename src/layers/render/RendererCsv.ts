import * as Layer from "effect/Layer"
import { csvCell, csvColumns, csvRecord, csvText } from "../../domain/Csv.ts"
import { Renderer, type RenderOptions } from "../../services/Renderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { type TableRow, tableColumns, tablePages } from "./table.ts"

/** Without it, Excel takes UTF-8 for the code page of the machine. Some readers take it for a part of the first name. */
const BYTE_ORDER_MARK = "\uFEFF"

/**
 * The CSV format, for spreadsheets: `$id`, `$status`, the inputs' columns, the outputs' columns, `$error`. Values are
 * those of `results`; nothing in it can be a formula.
 */
export function* renderCsv(snapshot: Snapshot, { bom = true }: RenderOptions): Generator<string> {
  const { inputs, outputs } = tableColumns(snapshot)
  const { fields, header } = csvColumns([...inputs, ...outputs])
  yield (bom ? BYTE_ORDER_MARK : "") + csvRecord(header.map(csvText))
  for (const rows of tablePages(snapshot, { inputs: [], outputs: fields }))
    yield Array.from(rows, (row) => csvRecord(cellsOf(row))).join("")
}

const cellsOf = (row: TableRow): ReadonlyArray<string> => [
  csvText(row.runId),
  csvText(row.status),
  ...row.outputs.map(csvCell),
  csvText(row.failure ?? ""),
]

export const RendererCsv = Layer.succeed(Renderer("csv"), { render: renderCsv })
