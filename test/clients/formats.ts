import { expect } from "vitest"
import { fieldsOf } from "../../src/domain/JsonText.ts"
import { attributeOf, elementsNamed, type Node, textOf } from "../layers/render/html.ts"
import { READERS } from "../layers/render/markdownReaders.ts"
import * as expected from "./expected.ts"
import * as read from "./readers.ts"
import { bodyOf, bytesOf, type SentGroup } from "./sentGroups.ts"

type SentRow = expected.SentRow

const expectJson = ({ rows }: SentGroup, json: string) => {
  const [results, runs] = [expected.elementsAt(json, "results"), expected.elementsAt(json, "runs")]
  expect(runs.map(expected.inputIn)).toEqual(rows.map((row) => expected.escaped(row.inputText)))
  expect(runs.map(expected.contentIn)).toEqual(
    rows.map(({ content }) => (content === null ? null : expected.escaped(content))),
  )
  expect(results).toHaveLength(rows.length)
  for (const [at, row] of rows.entries()) expected.expectFields(results[at]!, expected.resultOf(row))
}

/** All pages of a part. */
const pages = async ({ product, id }: SentGroup, first: string, most: number) => {
  const texts: Array<string> = []
  for (let path: string | undefined = `${id}${first}`; path !== undefined;) {
    const { text, headers } = await product.get(path)
    texts.push(text)
    expect(texts.length).toBeLessThanOrEqual(most)
    path = /<(?:https?:\/\/[^/]+)?\/([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1]
  }
  return texts
}

const expectLines = ({ rows }: SentGroup, lines: ReadonlyArray<string>) => {
  expect(lines).toHaveLength(rows.length)
  for (const [at, row] of rows.entries()) expected.expectFields(lines[at]!, expected.lineOf(row))
}

const linesIn = (text: string) => text.split("\n").slice(0, -1)

const expectJsonFormats = async (group: SentGroup) => {
  const json = await bodyOf(group, ".json")
  expectJson(group, json)
  expectLines(group, linesIn(await bodyOf(group, ".jsonl")))
  const data = read
    .readEvents(await bodyOf(group, ".sse"))
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
  const parts = await pages(group, ".json?limit=5", count)
  const joined = (name: string) => parts.flatMap((part) => expected.elementsAt(part, name)).join(",")
  expectJson(group, `{"results":[${joined("results")}],"runs":[${joined("runs")}]}`)
  expectLines(group, (await pages(group, ".jsonl?limit=5", count)).flatMap(linesIn))
  const tables = (await pages(group, ".csv?limit=5", count)).map(read.readCsv)
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
  const [marked, plain] = [await bytesOf(group, ".csv"), await bytesOf(group, ".csv?bom=0")]
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
  const markdown = await bodyOf(group, ".md")
  expect(markdown).not.toMatch(expected.CONTROLS)
  for (const render of Object.values(READERS)) {
    const document = read.page(render(markdown))
    const table = read.cellsIn(document)
    expectTable(group, table, expected.expectMarkdownText, (row, name) => markdownValue(group, row, name))
    expect(table.slice(1).map(([status]) => status)).toEqual(
      group.rows.map(({ failure }) => (failure === null ? "✅ completed" : "❌ failed")),
    )
    expect(read.markupIn(document)).toEqual([])
    for (const address of read.addressesIn(document)) expect(address).toMatch(/^(?:https?:|mailto:|\/tgrp_)/)
  }
}

const scriptIn = (document: Node): string =>
  elementsNamed(document, ["script"])
    .filter((script) => attributeOf(script, "id") === "taskgroup")
    .map(textOf)
    .join("")

const expectPage = async (group: SentGroup, json: string) => {
  const document = read.page(await bodyOf(group, ".html"))
  const script = scriptIn(document)
  const told = (name: string) =>
    expected.elementsAt(json, name).map((one) => one.replaceAll("<", String.raw`\u003c`))
  expect(expected.elementsAt(script, "results")).toEqual(told("results"))
  const runs = expected.elementsAt(script, "runs")
  expect(runs.map(expected.inputIn)).toEqual(told("runs").map(expected.inputIn))
  expect(runs.map(expected.contentIn)).toEqual(told("runs").map(expected.contentIn))
  const { taskgroup_id, status } = JSON.parse(json)
  expect(JSON.parse(script)).toMatchObject({ taskgroup_id, status })
  const table = read.cellsIn(read.ofClass(document, "static-table")[0]!)
  expectTable(group, table, expected.expectHtmlText, (row, name) => expected.columnsOf(row).get(name))
  expect(table.slice(1).map(([status]) => status)).toEqual(
    group.rows.map(({ status, failure }) => (failure === null ? status : `${status}: ${failure}`)),
  )
}

const expectRow = async (group: SentGroup, json: string, index: number) => {
  const row = group.rows[index]!
  expect(await bodyOf(group, `/${index}.json`)).toBe(expected.elementsAt(json, "runs")[index])
  const html = read.page(await bodyOf(group, `/${index}.html`))
  const fields = read.ofClass(html, "panel-field")
  const named = fields.map((field) => textOf(elementsNamed(field, ["span"])[0]!))
  const values = fields.map((field) => textOf(read.ofClass(field, "field-value")[0]!))
  const all = [...expected.outputOf(row), ...row.input.map(({ name, value }) => [name, value] as const)]
  expect(fields).toHaveLength(all.length)
  for (const [at, [name, value]] of all.entries()) {
    expected.expectHtmlText(named[at], JSON.stringify(name))
    if (!["", "null", '""'].includes(expected.shown(value))) expected.expectHtmlJson(values[at], value)
  }
  const markdown = await bodyOf(group, `/${index}.md`)
  for (const render of Object.values(READERS)) {
    const document = read.page(render(markdown))
    const [header, ...cells] = read.cellsIn(document)
    expect(header).toEqual(["column", "value"])
    expect(cells).toHaveLength(row.input.length)
    for (const [at, { name, value }] of row.input.entries()) {
      expected.expectMarkdownText(cells[at]?.[0], JSON.stringify(name))
      expected.expectMarkdownText(cells[at]?.[1], value)
    }
  }
}

const expectSql = async ({ product, id, rows, columns }: SentGroup) => {
  const inputs = await product.sql(id, "select input from runs order by input_index")
  expect(inputs.result.rows.map(({ input }: { input: string }) => input)).toEqual(
    rows.map((row) => row.inputText),
  )
  const { result } = await product.sql(id, "select * from results")
  const [, , ...headers] = result.headers.map(({ name }: { name: string }) => name) as Array<string>
  const shown = columns.all.filter((name) => name !== "$id" && name !== "$status")
  expect(headers).toHaveLength(shown.length)
  expect(new Set(headers.map((name) => name.toLowerCase())).size).toBe(headers.length)
  for (const [index, row] of rows.entries()) {
    const told = result.rows[index]
    expect([told.$id, told.$status]).toEqual([row.runId, row.status])
    for (const [at, name] of shown.entries())
      // SQLite has no path to a name with a NUL.
      if (!name.includes("\0"))
        expected.expectSqlValue(name, told[headers[at]!], expected.columnsOf(row).get(name))
  }
}

/** Every format says what was sent and answered, by the parsers of others. */
export const expectEveryFormat = async (group: SentGroup) => {
  const json = await expectJsonFormats(group)
  await expectCsvFormat(group)
  await expectParts(group)
  await expectMarkdown(group)
  await expectPage(group, json)
  for (const index of [0, 1, group.rows.length - 1]) await expectRow(group, json, index)
  await expectSql(group)
}
