import type { Multitask } from "../../client/Multitask.ts"
import type { World } from "../World.ts"
import type { OutputFormat } from "./outputFormat.ts"
import { jsonPages, linePages, markdownOf, type Source } from "./readPages.ts"
import { withSink, type Write } from "./Sink.ts"
import { writeTable } from "./writeTable.ts"

export interface ResultsOptions {
  readonly world: Pick<World, "stdout">
  readonly multitask: Multitask
  readonly id: string
  readonly format: OutputFormat
  /** null: standard output. */
  readonly file: string | null
  /** The inputs' columns in their order, for tables; null: as the rows have them. */
  readonly columns: ReadonlyArray<string> | null
  /** What divides the cells of CSV; absent: a comma. */
  readonly separator?: "," | ";"
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes a group's results. A file is replaced once they are whole; standard output gets a page of rows at a time. Rejects
 * with a `MultitaskError` or a `Refused`, with the signal's reason, or, when nobody reads standard output any more, with
 * an error of code `EPIPE`.
 */
export const writeResults = (options: ResultsOptions): Promise<void> => {
  const { world, multitask, id, signal, file } = options
  return withSink({ file, stdout: world.stdout, signal }, (write) =>
    writers(options)[options.format]({ multitask, id, signal }, write),
  )
}

type Writer = (source: Source, write: Write) => Promise<void>

const writers = ({
  columns,
  separator = ",",
  file,
}: ResultsOptions): Readonly<Record<OutputFormat, Writer>> => {
  const table =
    (separator: "," | ";" | "\t"): Writer =>
    (source, write) =>
      writeTable(source, { separator, hasMark: file !== null, columns }, write)
  return {
    json: writeArray,
    jsonl: async (source, write) => {
      for await (const lines of linePages(source)) await write(lines)
    },
    csv: table(separator),
    tsv: table("\t"),
    md: async (source, write) => write(await markdownOf(source)),
  }
}

/** An element a line: what stands in each is as it came. */
const writeArray: Writer = async (source, write) => {
  let lead = "[\n"
  for await (const { results } of jsonPages(source)) {
    if (results.length === 0) continue
    await write(lead + results.join(",\n"))
    lead = ",\n"
  }
  await write(lead === "[\n" ? "[]\n" : "\n]\n")
}
