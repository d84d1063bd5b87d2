import { describe, expect, it } from "vitest"
import { expectEveryFormat } from "./formats.ts"
import * as expected from "./expected.ts"
import { bodyOf, JSON_OUTPUT, type SentGroups, TEXT } from "./sentGroups.ts"
import { Dice, tableRow, type WildRow, wildRows, wildTable } from "./wildRows.ts"

/** Rows through the real server to every format, and back by parsers that people use. */
export const valuesAsTheyWere = (groups: SentGroups): void => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31))
  const dice = new Dice(seed)

  // What a seed finds is not tried again until it passes.
  describe(`rows as they were sent (SEED=${seed})`, { retry: 0 }, () => {
    it("from an array, with text that echoes them and a row that failed", async () => {
      const rows = wildRows(dice, 14)
      await expectEveryFormat(await groups.send(rows, bodies(rows).array, { fails: 2 }))
    })

    it("from an array as text, with objects that echo them", async () => {
      const rows = wildRows(dice, 12)
      await expectEveryFormat(await groups.send(rows, bodies(rows).text, { spec: JSON_OUTPUT }))
    })

    it("from JSON Lines by URL, with the hardest outputs", async () => {
      const rows = wildRows(dice, 8)
      const inputs = await groups.hosted(bodies(rows).lines, "application/jsonl")
      await expectEveryFormat(await groups.send(rows, inputs, { spec: JSON_OUTPUT, content: "hard" }))
    })

    it("from CSV by URL; and our own CSV of them, sent back, is the same rows", async () => {
      const rows = wildTable(dice, 10)
      const inputs = await groups.hosted(csvOf(rows), "text/csv")
      const group = await groups.send(rows, inputs)
      await expectEveryFormat(group)
      const back = await groups.hosted(await bodyOf(group, ".csv"), "text/csv")
      const names = [...group.columns.inputs, ...group.columns.outputs]
      const again = group.rows.map((row) => {
        const cells = names.map((name) => [name, expected.columnsOf(row).get(name) ?? '""'] as const)
        return tableRow(
          cells.map(([name, value]) => [expected.shown(JSON.stringify(name)), expected.shown(value)]),
        )
      })
      await groups.send(again, back)
    })

    it("a body that differs in digits no double holds is another body", async () => {
      const body = (digits: string) => `{"inputs":[{"id":${digits}}],${TEXT}}`
      const key = { "idempotency-key": crypto.randomUUID(), accept: "application/json" }
      const first = await groups.product.post(body("738529527931269425"), key)
      const again = await groups.product.post(body("738529527931269425"), key)
      const other = await groups.product.post(body("738529527931269424"), key)
      expect([first.status, again.status, other.status]).toEqual([200, 200, 409])
      expect(again.text).toBe(first.text)
    })
  })
}

const bodies = (rows: ReadonlyArray<WildRow>) => ({
  array: `"inputs" : [${rows.map((row) => row.blanked).join(" ,\n")}]`,
  text: `"inputs":${JSON.stringify(` [${rows.map((row) => row.blanked).join(",")}] `)}`,
  lines: rows.map((row) => row.text).join("\n"),
})

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`

/** As a careful program writes it. */
const csvOf = (rows: ReadonlyArray<WildRow>): string =>
  [rows[0]!.members.map(({ name }) => name), ...rows.map((row) => row.members.map(cellOf))]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("")
const cellOf = ({ value }: WildRow["members"][number]) => JSON.parse(value) as string
