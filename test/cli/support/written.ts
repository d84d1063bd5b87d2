import { parse } from "csv-parse/sync"
import type { OutputFormat } from "../../../src/cli/results/outputFormat.ts"
import { writeResults } from "../../../src/cli/results/writeResults.ts"
import type { RunRow } from "../../../src/domain/TaskGroup.ts"
import { errorText, ID, resultsServer, textRow } from "./resultsServer.ts"
import { outputOf } from "./world.ts"

export const COMPANIES: ReadonlyArray<RunRow> = [
  textRow(0, '{"company":"Acme","7":"x"}', '{"ceo":"Ann","year":123456789012345678901234567890}'),
  textRow(1, '{"company":"=cmd()","7":"a\\nb"}', null, {
    status: "failed",
    error: errorText('No, "it" is down'),
  }),
  textRow(2, '{"company":"Bäcker","7":""}', '{"ceo":null,"sites":[{"u":"é"}],"7":"new"}'),
]

/** What goes to standard output. */
export const written = async (
  rows: ReadonlyArray<RunRow>,
  format: OutputFormat,
  columns: ReadonlyArray<string> | null = null,
): Promise<string> => {
  const stdout = outputOf()
  const { multitask } = resultsServer(rows)
  await writeResults({ world: { stdout }, multitask, id: ID, format, file: null, columns })
  return stdout.text
}

/** The table as a stranger's reader has it, as lists of cells. */
export const cellsOf = (csv: string): ReadonlyArray<ReadonlyArray<string>> =>
  parse(csv, { relaxColumnCount: false })
