import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readInputFile } from "../../src/cli/inputFile.ts"
import { writeResults } from "../../src/cli/results/writeResults.ts"
import { inert } from "../../src/domain/Csv.ts"
import { elementsOf } from "../../src/domain/JsonText.ts"
import { withoutControls } from "../../src/domain/PlainText.ts"
import { ID, resultsServer, textRow } from "./support/resultsServer.ts"
import { outputOf, stdinOf } from "./support/world.ts"

const PIECES = [
  '"',
  ",",
  ";",
  "\t",
  "\r",
  "\n",
  " ",
  "=",
  "+",
  "-",
  "@",
  "'",
  "\u0000",
  "\ufeff",
  "\u2028",
  "7",
  "a",
  "é",
  "😀",
]
const TEXT = Schema.Array(Schema.Literals(PIECES))
const TABLE = Schema.NonEmptyArray(Schema.Array(TEXT))

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
const record = (cells: ReadonlyArray<string>, separator: string) => `${cells.map(quoted).join(separator)}\r\n`
/** What a table can carry of a text. */
const carried = (text: string) => inert(withoutControls(text))

describe("a table through the command line", () => {
  it.effect.prop(
    "comes back with the values that it had, in their columns and order, beside what was found",
    [TABLE, Schema.Literals([",", ";", "\t"])],
    ([[given, ...lines], separator]) =>
      Effect.promise(async () => {
        const names = given.map((pieces) => withoutControls(pieces.join("")))
        // Numbers as names, too; each its own.
        const header = [
          "2024",
          ...new Set(names.filter((name) => name !== "" && name !== "2024")),
          "1",
          "key",
        ]
        const rows = lines.map((line, at) => [
          ...header.slice(1).map((_, column) => line[column]?.join("") ?? ""),
          // No row is empty.
          `r${at}`,
        ])
        if (rows.length === 0) return
        const folder = mkdtempSync(join(tmpdir(), "round-trip-"))
        try {
          const file = join(folder, "in.csv")
          writeFileSync(file, [header, ...rows].map((cells) => record(cells, separator)).join(""))
          const read = await readInputFile(file, { stdin: stdinOf() })
          expect(read.columns).toEqual(header)
          const server = resultsServer(
            elementsOf(read.json).map((row, at) => textRow(at, row, `{"3":${at},"found":"é"}`)),
          )
          const stdout = outputOf()
          await writeResults({
            world: { stdout },
            multitask: server.multitask,
            id: ID,
            format: "csv",
            file: null,
            columns: read.columns,
          })
          const cells: ReadonlyArray<ReadonlyArray<string>> = parse(stdout.text, { recordDelimiter: "\r\n" })
          expect(cells).toEqual([
            [...header.map(carried), "3", "found", "$status", "$error", "$id"],
            ...rows.map((row, at) => [...row.map(carried), String(at), "é", "completed", "", `trun_${at}`]),
          ])
        } finally {
          rmSync(folder, { recursive: true })
        }
      }),
  )
})
