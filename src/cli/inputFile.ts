import { CharsetReader } from "../domain/Charset.ts"
import type { Delimiter } from "../domain/DelimitedHeader.ts"
import { fieldsOf, kindOf } from "../domain/JsonText.ts"
import { rowsFormat } from "../domain/MediaType.ts"
import { RowCollector, type Rows } from "../domain/Rows.ts"
import { bytesFailure, problemsText, rowsFailure } from "./input/inputFailures.ts"
import { inputName, readBytes } from "./input/readBytes.ts"
import { type LinesRead, readLines } from "./input/readLines.ts"
import { Refused } from "./Refused.ts"
import type { World } from "./World.ts"

export interface InputFile {
  /** What messages call it. */
  readonly name: string
  /** What it is, whatever it is called. */
  readonly format: "json" | "jsonl" | "csv" | "tsv"
  /** What divides a table's cells. */
  readonly delimiter: Delimiter | null
  readonly count: number
  /** JSON array of the rows, each as it was written; `{}` for one that holds no value. Of more than a limit, those up to it. */
  readonly json: string
  /** The rows' columns in the order of the file. */
  readonly columns: ReadonlyArray<string>
  /** The line, from 1, in which the row of this index, from 0, begins. */
  readonly lineOfRow: (row: number) => number | undefined
}

/** What need be sent of the rows: the server takes no more of them, but of all of them it may be too much. */
export interface RowChoice {
  readonly limit: number | null
  readonly skipEmpty: boolean
}

/** Rows of a file, or of standard input for `-`: CSV, TSV, JSON or JSON Lines. Throws a `Refused` that says where it is wrong. */
export const readInputFile = async (
  file: string,
  world: Pick<World, "stdin">,
  choice: RowChoice = { limit: null, skipEmpty: false },
): Promise<InputFile> => {
  const name = inputName(file)
  const said = rowsFormat("", [file])
  const text = textOf(name, await readBytes(file, world))
  // Who pipes one line of JSON Lines means one row; a file that is called JSON is an array, or another thing.
  const isOneLine = file === "-" && !/\n\s*\S/.test(text.trim())
  const read = readLines(text, said ?? (isOneLine && text.trimStart().startsWith("{") ? "jsonl" : null))
  const collected = read.rows.end()
  if (!(collected instanceof RowCollector)) {
    const isBody = collected._tag === "OneObject" && collected.list === "inputs"
    throw new Refused(isBody ? wholeRequest(name) : rowsFailure(name, collected))
  }
  const rows = collected.finish(true)
  if (collected.seen > 0 && rows.empty === collected.seen)
    throw new Refused(`${name} holds no value in any row.`)
  if (read.problems.count > 0) throw new Refused(problemsText(name, read.problems, read))
  if (rows.texts.length === 1 && isRequest(rows.texts[0]!)) throw new Refused(wholeRequest(name))
  return {
    name,
    format: formatOf(text, read),
    delimiter: read.rows.table?.delimiter ?? null,
    count: collected.seen,
    json: `[${allRows(rows, collected.seen).slice(0, endOf(rows, choice)).join(",")}]`,
    columns: columnsOf(rows, read),
    lineOfRow: read.lineOfRow,
  }
}

const textOf = (name: string, bytes: Uint8Array): string => {
  const charset = new CharsetReader(null)
  const text = charset.push(bytes) + charset.end()
  if (charset.failure !== null) throw new Refused(bytesFailure(name, charset.failure, bytes))
  return text
}

const wholeRequest = (name: string): string =>
  `${name} is a whole request of the API. Put what is in its "inputs" into a file of its own, and say the rest by options (see --help).`

const isRequest = (row: string): boolean => {
  const fields = fieldsOf(row)
  const inputs = fields.get("inputs")
  return inputs !== undefined && (kindOf(inputs) === "array" || fields.has("output_type"))
}

const formatOf = (text: string, { rows }: LinesRead): InputFile["format"] => {
  if (rows.table !== null) return rows.table.delimiter === "\t" ? "tsv" : "csv"
  return text.trimStart().startsWith("[") ? "json" : "jsonl"
}

/** Each row at its place. Those without a value are none that anybody sends: the server refuses them, or leaves them out. */
const allRows = ({ texts, indexes }: Rows, count: number): ReadonlyArray<string> => {
  if (indexes === null) return texts
  const all = Array.from({ length: count }, () => "{}")
  for (const [at, index] of indexes.entries()) all[index] = texts[at]!
  return all
}

/** Behind which of the rows the limit is reached. */
const endOf = ({ indexes }: Rows, { limit, skipEmpty }: RowChoice): number => {
  if (limit === null) return Infinity
  return skipEmpty && indexes !== null ? (indexes[limit - 1] ?? Infinity) + 1 : limit
}

/** A column without a name that holds nothing is in no row. */
const columnsOf = ({ columns }: Rows, { rows }: LinesRead): ReadonlyArray<string> =>
  rows.table === null ? [...columns.keys()] : rows.table.columns.filter((name) => columns.has(name))
