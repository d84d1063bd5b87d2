import { csvCell, csvColumns, csvRecord, csvText } from "../../domain/Csv.ts"
import { fieldsOf } from "../../domain/JsonText.ts"
import { failureJson } from "../../domain/LineJson.ts"
import type { Write } from "./Sink.ts"
import { Spool } from "./Spool.ts"
import { jsonPages, type Page, type Source } from "./readPages.ts"

export interface TableOptions {
  readonly separator: "," | ";" | "\t"
  /** Tells spreadsheets that the file is UTF-8. */
  readonly hasMark: boolean
  /** The inputs' columns in their order; null: in the order in which rows have them. */
  readonly columns: ReadonlyArray<string> | null
}

/** Rows whose records are written at once. */
const CHUNK_CHARS = 64 * 1024

/**
 * The inputs' columns, the answers', and what became of the row. Names and their order are known once all rows are:
 * these wait in a file when there are many, so that they are read once and the columns are those of the same moment.
 */
export const writeTable = async (source: Source, options: TableOptions, write: Write): Promise<void> => {
  const { separator, hasMark } = options
  const spool = new Spool()
  try {
    const names = new Names(options.columns ?? [])
    for await (const page of jsonPages(source)) await spool.add(linesOf(page, names))
    const { fields, header } = csvColumns(names.all())
    // The first two and the last are what the server's tables lead and end with.
    const record = csvRecord([...header.slice(2, -1).map(csvText), "$status", "$error", "$id"], separator)
    let text = (hasMark ? "\uFEFF" : "") + record
    for await (const line of spool.lines()) {
      text += csvRecord(cellsOf(line, fields), separator)
      if (text.length < CHUNK_CHARS) continue
      await write(text)
      text = ""
    }
    if (text !== "") await write(text)
  } finally {
    await spool.close()
  }
}

/** Columns as rows show them: each once, the inputs' first. */
class Names {
  private readonly inputs: Set<string>
  private readonly others = new Set<string>()

  constructor(columns: ReadonlyArray<string>) {
    this.inputs = new Set(columns)
  }

  add(input: Iterable<string>, result: Iterable<string>): void {
    for (const name of input) this.inputs.add(name)
    for (const name of result) this.others.add(name)
  }

  all(): ReadonlyArray<string> {
    return [...this.inputs, ...[...this.others].filter((name) => !this.inputs.has(name))]
  }
}

/** A row's error and its result, each as JSON without a tab or a line end. */
const linesOf = ({ results, runs }: Page, names: Names): ReadonlyArray<string> =>
  results.map((result, at) => {
    const run = fieldsOf(runs[at]!)
    names.add(fieldsOf(run.get("input")!).keys(), fieldsOf(result).keys())
    const error = run.get("error") ?? "null"
    return `${error === "null" ? "null" : failureJson(error)}\t${result}`
  })

const cellsOf = (line: string, fields: ReadonlyArray<string>): ReadonlyArray<string> => {
  const tab = line.indexOf("\t")
  const values = fieldsOf(line.slice(tab + 1))
  const cell = (name: string) => csvCell(values.get(name) ?? "null")
  return [...fields.map(cell), cell("$status"), csvCell(line.slice(0, tab)), cell("$id")]
}
