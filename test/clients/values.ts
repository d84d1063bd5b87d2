import { describe, expect, it } from "vitest"
import { compactText, elementsOf, fieldsOf, membersOf } from "../../src/domain/JsonText.ts"
import type { Product } from "../e2e/product.ts"
import type { RecordingServer } from "../support/recording.ts"
import * as expected from "./expected.ts"
import * as read from "./readers.ts"
import { Dice, tableRow, type WildRow, wildRows, wildTable } from "./wildRows.ts"

type SentRow = expected.SentRow

/** A group of rows that were sent to the letter, ended. */
interface SentGroup {
  readonly id: string
  readonly rows: ReadonlyArray<SentRow>
  /** In the order of the tables. */
  readonly columns: { readonly inputs: ReadonlyArray<string>; readonly outputs: ReadonlyArray<string> }
}

const TEXT = `"output_type":"text","processor":"lite","output_description":"one line"`
const JSON_OUTPUT = `"output_type":"json","processor":"lite","output_schema":{"type":"object","properties":{"answer":{"type":"string","description":"It"}}}`

const FAILURE = "No | result:\nsee <b>https://a.example/?a=1&b=2</b> =1+1"

/** Rows through the real server to every format, and back by parsers that people use. */
export const valuesAsTheyWere = (product: Product, outside: () => RecordingServer): void => {
  const { control } = product.servers
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31))
  const dice = new Dice(seed)

  const bytes = async (path: string) =>
    Buffer.from(await (await fetch(`${product.servers.url}/${path}`)).arrayBuffer())
  const text = async (path: string) => (await bytes(path)).toString("utf8")

  const hosted = async (body: string, content_type: string) => {
    const path = `/${crypto.randomUUID()}`
    await outside().answer(path, { body, content_type })
    return `"inputs":"${outside().url}${path}"`
  }

  /** Submits rows as they are spelled in this body, and waits; what Parallel got is what was sent, byte by byte. */
  const send = async (
    rows: ReadonlyArray<WildRow>,
    inputs: string,
    { spec = TEXT, content = "echo", fails = -1 } = {},
  ): Promise<SentGroup> => {
    await control.behave({
      runs: {
        overrides: fails < 0 ? [] : [{ input_index: fails, outcome: "failed", error_message: FAILURE }],
      },
      outputs: { content },
    })
    await control.forgetRequests()
    const id = await product.submit(`{${inputs},${spec}}`)
    await product.ended(id, 30_000)
    const sent = (await control.requestsOf("group.runs.add")).map(({ body }) => body ?? "")
    const asked = sent.flatMap((body) => expected.elementsAt(body, "inputs").map(expected.inputIn))
    expect(asked).toEqual(rows.map((row) => row.text))
    const { runs } = await control.ledger(id)
    expect(runs.map((run) => run.input_text)).toEqual(asked)
    const columns = await product.sql(id, "select input_columns, output_columns from details")
    const [{ input_columns, output_columns }] = columns.result.rows
    const outputs = JSON.parse(output_columns) as Array<string>
    return {
      id,
      rows: runs.map((run, at) => ({
        runId: run.run_id,
        status: run.status,
        failure: at === fails ? FAILURE : null,
        input: rows[at]!.members,
        inputText: rows[at]!.text,
        content: run.content_text === null ? null : compactText(run.content_text),
      })),
      columns: {
        inputs: (JSON.parse(input_columns) as Array<string>).filter((name) => !outputs.includes(name)),
        outputs,
      },
    }
  }

  const bodies = (rows: ReadonlyArray<WildRow>) => ({
    array: `"inputs" : [${rows.map((row) => row.blanked).join(" ,\n")}]`,
    text: `"inputs":${JSON.stringify(` [${rows.map((row) => row.blanked).join(",")}] `)}`,
    lines: rows.map((row) => row.text).join("\n"),
  })

  const expectJson = ({ rows }: SentGroup, json: string) => {
    const [results, runs] = [expected.elementsAt(json, "results"), expected.elementsAt(json, "runs")]
    expect(runs.map(expected.inputIn)).toEqual(rows.map((row) => expected.escaped(row.inputText)))
    expect(runs.map(expected.contentIn)).toEqual(
      rows.map(({ content }) => (content === null ? null : expected.escaped(content))),
    )
    expect(results).toHaveLength(rows.length)
    for (const [at, row] of rows.entries()) expected.expectFields(results[at]!, expected.resultOf(row))
  }

  const nextOf = (link: string | null): string | null =>
    /<\/?([^>]+)>; rel="next"/.exec((link ?? "").replace(product.servers.url, ""))?.[1] ?? null

  /** All pages of a part. */
  const pages = async (first: string, most: number): Promise<ReadonlyArray<string>> => {
    const texts: Array<string> = []
    for (let path: string | null = first; path !== null;) {
      const answer = await product.get(path)
      texts.push(answer.text)
      expect(texts.length).toBeLessThanOrEqual(most)
      path = nextOf(answer.headers.get("link"))
    }
    return texts
  }

  const expectLines = ({ rows }: SentGroup, lines: ReadonlyArray<string>) => {
    expect(lines).toHaveLength(rows.length)
    for (const [at, row] of rows.entries()) expected.expectFields(lines[at]!, expected.lineOf(row))
  }

  const linesIn = (text: string) => text.split("\n").slice(0, -1)

  const expectJsonFormats = async (group: SentGroup) => {
    const json = await text(`${group.id}.json`)
    expectJson(group, json)
    expectLines(group, linesIn(await text(`${group.id}.jsonl`)))
    const data = read
      .readEvents(await text(`${group.id}.sse`))
      .filter(({ event }) => event === "task_run.state")
      .map((event) => event.data)
    const byIndex = new Map(data.map((run) => [Number(fieldsOf(run).get("input_index")), run]))
    expect([data.length, byIndex.size]).toEqual([group.rows.length, group.rows.length])
    for (const [at, { inputText, content }] of group.rows.entries()) {
      const run = byIndex.get(at) ?? "{}"
      expect(fieldsOf(expected.inputIn(run)).get("input")).toBe(expected.escaped(inputText))
      expect(expected.contentIn(run)).toBe(content === null ? null : expected.escaped(content))
    }
    return json
  }

  const expectParts = async (group: SentGroup) => {
    const count = Math.ceil(group.rows.length / 5)
    const parts = await pages(`${group.id}.json?limit=5`, count)
    const joined = (name: string) => parts.flatMap((part) => expected.elementsAt(part, name)).join(",")
    expectJson(group, `{"results":[${joined("results")}],"runs":[${joined("runs")}]}`)
    expectLines(group, (await pages(`${group.id}.jsonl?limit=5`, count)).flatMap(linesIn))
    const tables = (await pages(`${group.id}.csv?limit=5`, count)).map(read.readCsv)
    expectCsv(group, [tables[0]![0]!, ...tables.flatMap(([, ...rows]) => rows)])
  }

  const OWN = ["$id", "$status", "$error"]

  const expectCsv = ({ rows, columns }: SentGroup, [header = [], ...records]: read.Table) => {
    const names = ["$id", "$status"]
    names.push(...[...columns.inputs, ...columns.outputs].filter((name) => !OWN.includes(name)), "$error")
    expect(header).toHaveLength(names.length)
    expect(new Set(header).size).toBe(header.length)
    for (const [at, name] of names.entries()) expected.expectCsvName(header[at], name)
    expect(records).toHaveLength(rows.length)
    for (const [index, row] of rows.entries()) {
      const fields = new Map(expected.resultOf(row)).set("$error", JSON.stringify(row.failure))
      for (const [at, name] of names.entries())
        expected.expectCsvCell(records[index]?.[at], fields.get(name) ?? "null")
    }
  }

  const expectCsvFormat = async (group: SentGroup) => {
    const [marked, plain] = [await bytes(`${group.id}.csv`), await bytes(`${group.id}.csv?bom=0`)]
    expect(marked.toString("hex", 0, 3)).toBe("efbbbf")
    expect(marked.subarray(3).equals(plain)).toBe(true)
    expectCsv(group, read.readCsv(plain.toString("utf8")))
    expect(read.readCsv(marked.toString("utf8"))).toEqual(read.readCsv(plain.toString("utf8")))
  }

  /** The table of Markdown, and of the page for readers without scripts. */
  const expectTable = (
    { rows, columns }: SentGroup,
    [header = [], ...records]: read.Table,
    expectText: (cell: string | undefined, json: string) => void,
    valueOf: (row: SentRow, name: string) => string | undefined,
  ) => {
    const names = ["status", ...columns.inputs, ...columns.outputs, "run"]
    expect(header).toHaveLength(names.length)
    for (const [at, name] of names.entries()) expectText(header[at], JSON.stringify(name))
    expect(records).toHaveLength(rows.length)
    for (const [index, row] of rows.entries()) {
      const [cells, last] = [records[index]!, names.length - 1]
      expect(cells).toHaveLength(names.length)
      expect(cells[last]).toBe(row.runId)
      for (const [at, name] of names.entries())
        if (at > 0 && at < last) expectText(cells[at], valueOf(row, name) ?? "null")
    }
  }

  /** Failed rows say why in the first output's place. */
  const markdownValue = ({ columns }: SentGroup, row: SentRow, name: string) =>
    row.failure !== null && name === columns.outputs[0]
      ? JSON.stringify(`⚠️ ${row.failure}`)
      : expected.columnsOf(row).get(name)

  const expectMarkdown = async (group: SentGroup) => {
    const markdown = await text(`${group.id}.md`)
    expect(markdown).not.toMatch(expected.CONTROLS)
    for (const render of Object.values(read.MARKDOWN)) {
      const document = read.page(render(markdown))
      const table = read.tableIn(document)
      expectTable(group, table, expected.expectMarkdownText, (row, name) => markdownValue(group, row, name))
      expect(table.slice(1).map(([status]) => status)).toEqual(
        group.rows.map(({ failure }) => (failure === null ? "✅ completed" : "❌ failed")),
      )
      expect(read.markupIn(document)).toEqual([])
      for (const address of read.addressesIn(document)) expect(address).toMatch(/^(?:https?:|mailto:)/)
    }
  }

  const expectPage = async (group: SentGroup, json: string) => {
    const document = read.page(await text(`${group.id}.html`))
    const script = read.contentOf(read.byId(document, "taskgroup"))
    const told = (name: string) =>
      expected.elementsAt(json, name).map((one) => one.replaceAll("<", String.raw`\u003c`))
    expect(expected.elementsAt(script, "results")).toEqual(told("results"))
    const runs = expected.elementsAt(script, "runs")
    expect(runs.map(expected.inputIn)).toEqual(told("runs").map(expected.inputIn))
    expect(runs.map(expected.contentIn)).toEqual(told("runs").map(expected.contentIn))
    const { taskgroup_id, status } = JSON.parse(json)
    expect(JSON.parse(script)).toMatchObject({ taskgroup_id, status })
    const table = read.tableIn(read.byClass(document, "static-table")[0]!)
    expectTable(group, table, expected.expectHtmlText, (row, name) => expected.columnsOf(row).get(name))
    expect(table.slice(1).map(([status]) => status)).toEqual(
      group.rows.map(({ status, failure }) => (failure === null ? status : `${status}: ${failure}`)),
    )
  }

  const expectRow = async ({ id, rows }: SentGroup, json: string, index: number) => {
    const row = rows[index]!
    expect(await text(`${id}/${index}.json`)).toBe(expected.elementsAt(json, "runs")[index])
    const html = read.page(await text(`${id}/${index}.html`))
    const fields = read.byClass(html, "panel-field")
    const named = fields.map((field) => read.contentOf(read.byTag(field, "h3")[0]!.childNodes[0]!))
    const values = fields.map((field) => read.contentOf(read.byClass(field, "field-value")[0]!))
    const all = [...expected.outputOf(row), ...row.input.map(({ name, value }) => [name, value] as const)]
    expect(fields).toHaveLength(all.length)
    for (const [at, [name, value]] of all.entries()) {
      expected.expectHtmlText(named[at], JSON.stringify(name))
      if (!["", "null", '""'].includes(expected.shown(value))) expected.expectHtmlJson(values[at], value)
    }
    const markdown = await text(`${id}/${index}.md`)
    for (const render of Object.values(read.MARKDOWN)) {
      const document = read.page(render(markdown))
      const [header, ...cells] = read.tableIn(document)
      expect(header).toEqual(["column", "value"])
      expect(cells).toHaveLength(row.input.length)
      for (const [at, { name, value }] of row.input.entries()) {
        expected.expectMarkdownText(cells[at]?.[0], JSON.stringify(name))
        expected.expectMarkdownText(cells[at]?.[1], value)
      }
    }
  }

  const expectSql = async ({ id, rows, columns }: SentGroup) => {
    const inputs = await product.sql(id, "select input from runs order by input_index")
    expect(inputs.result.rows.map(({ input }: { input: string }) => input)).toEqual(
      rows.map((row) => row.inputText),
    )
    const { result } = await product.sql(id, "select * from results")
    const [, , ...headers] = result.headers.map(({ name }: { name: string }) => name) as Array<string>
    const names = await product.sql(id, "select input_columns, output_columns from details")
    const all = [names.result.rows[0].input_columns, names.result.rows[0].output_columns].flatMap(
      (list) => JSON.parse(list) as Array<string>,
    )
    const shown = [...new Set(all)].filter((name) => name !== "$id" && name !== "$status")
    expect(headers).toHaveLength(shown.length)
    expect(new Set(headers.map((name) => name.toLowerCase())).size).toBe(headers.length)
    expect(shown.length).toBeGreaterThanOrEqual(columns.inputs.length)
    for (const [index, row] of rows.entries()) {
      const told = result.rows[index]
      expect([told.$id, told.$status]).toEqual([row.runId, row.status])
      for (const [at, name] of shown.entries())
        expected.expectSqlValue(told[headers[at]!], expected.columnsOf(row).get(name))
    }
  }

  const expectEveryFormat = async (group: SentGroup) => {
    const json = await expectJsonFormats(group)
    await expectCsvFormat(group)
    await expectParts(group)
    await expectMarkdown(group)
    await expectPage(group, json)
    for (const index of [0, 1, group.rows.length - 1]) await expectRow(group, json, index)
    await expectSql(group)
  }

  // What a seed finds is not tried again until it passes.
  describe(`rows as they were sent (SEED=${seed})`, { retry: 0 }, () => {
    it("from an array, with text that echoes them and a row that failed", async () => {
      const rows = wildRows(dice, 14)
      await expectEveryFormat(await send(rows, bodies(rows).array, { fails: 2 }))
    })

    it("from an array as text, with objects that echo them", async () => {
      const rows = wildRows(dice, 12)
      await expectEveryFormat(await send(rows, bodies(rows).text, { spec: JSON_OUTPUT }))
    })

    it("from JSON Lines by URL, with the hardest outputs", async () => {
      const rows = wildRows(dice, 8)
      const inputs = await hosted(bodies(rows).lines, "application/jsonl")
      await expectEveryFormat(await send(rows, inputs, { spec: JSON_OUTPUT, content: "hard" }))
    })

    it("from CSV by URL; and our own CSV of them, sent back, is the same rows", async () => {
      const rows = wildTable(dice, 10)
      const inputs = await hosted(csvOf(rows), "text/csv")
      const group = await send(rows, inputs)
      await expectEveryFormat(group)
      const back = await hosted(await text(`${group.id}.csv`), "text/csv")
      const names = [...group.columns.inputs, ...group.columns.outputs]
      const again = group.rows.map((row) => {
        const cells = names.map((name) => [name, expected.columnsOf(row).get(name) ?? '""'] as const)
        return tableRow(
          cells.map(([name, value]) => [expected.shown(JSON.stringify(name)), expected.shown(value)]),
        )
      })
      await send(again, back)
    })

    it("a body that differs in digits no double holds is another body", async () => {
      const body = (digits: string) => `{"inputs":[{"id":${digits}}],${TEXT}}`
      const key = { "idempotency-key": crypto.randomUUID(), accept: "application/json" }
      const first = await product.post(body("738529527931269425"), key)
      const again = await product.post(body("738529527931269425"), key)
      const other = await product.post(body("738529527931269424"), key)
      expect([first.status, again.status, other.status]).toEqual([200, 200, 409])
      expect(again.text).toBe(first.text)
    })
  })
}

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`

/** As a careful program writes it. */
const csvOf = (rows: ReadonlyArray<WildRow>): string =>
  [rows[0]!.members.map(({ name }) => name), ...rows.map((row) => row.members.map(cellOf))]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("")
const cellOf = ({ value }: WildRow["members"][number]) => JSON.parse(value) as string
