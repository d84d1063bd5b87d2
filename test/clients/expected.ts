import { expect } from "vitest"
import { compactText, elementsOf, fieldsOf, type Member } from "../../src/domain/JsonText.ts"

/** What a row must be in each format, from what was sent and what Parallel answered, both to the letter. */
export interface SentRow {
  readonly runId: string
  readonly status: string
  readonly failure: string | null
  readonly input: ReadonlyArray<Pick<Member, "name" | "value">>
  readonly inputText: string
  /** Without blanks between tokens; null where there is none. */
  readonly content: string | null
}

export type Fields = ReadonlyMap<string, string>

export const outputOf = ({ content }: SentRow): Fields =>
  content === null ? new Map() : content.startsWith("{") ? fieldsOf(content) : new Map([["content", content]])

/** The input's columns and the output's, which win. */
export const columnsOf = (row: SentRow): Fields =>
  new Map([...row.input.map(({ name, value }) => [name, value] as const), ...outputOf(row)])

/** Text that is cut or broken fails here; what takes texts apart relies on them. */
const checked = (json: string): string => {
  JSON.parse(json)
  return json
}

/** An element of `results`. */
export const resultOf = (row: SentRow): Fields => {
  const ours: Fields = new Map([
    ["$id", JSON.stringify(row.runId)],
    ["$status", JSON.stringify(row.status)],
  ])
  return new Map([...ours, ...columnsOf(row), ...ours])
}

/** A line of JSON Lines. */
export const lineOf = (row: SentRow): Fields => {
  const fields = new Map(resultOf(row))
  if (row.failure === null) return fields
  fields.delete("$error")
  return fields.set("$error", JSON.stringify(row.failure))
}

/** JSON text where line ends of some clients, and controls, are escaped. */
export const escaped = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (raw) => `\\u${raw.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

export const expectFields = (json: string, fields: Fields): void => {
  const told = [...fields].map(([name, value]) => [name, escaped(value)])
  expect([...fieldsOf(checked(json))]).toEqual(told)
}

/** An element of a top-level array's text. */
export const elementsAt = (json: string, name: string): ReadonlyArray<string> =>
  elementsOf(fieldsOf(checked(json)).get(name) ?? "[]")

export const inputIn = (run: string): string => fieldsOf(run).get("input") ?? ""

export const contentIn = (run: string): string | null => {
  const output = fieldsOf(run).get("output") ?? "null"
  return output === "null" ? null : (fieldsOf(output).get("content") ?? "")
}

export const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g

/** A value as tables show it: a text's own, nothing for null, JSON for everything else. */
export const shown = (json: string): string => {
  if (json === "null") return ""
  return json.startsWith('"')
    ? (JSON.parse(json) as string).toWellFormed().replace(CONTROLS, "\ufffd")
    : escaped(json)
}

/** A cell that a spreadsheet would run, whatever white space or control character is in front. */
const RUNS = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u
const NUMBER = /^-\d/

/** The text itself; where a spreadsheet would run it, with one apostrophe more. */
export const expectCsvCell = (cell: string | undefined, json: string): void => {
  const text = shown(json)
  if (cell !== text) {
    expect(json.startsWith('"')).toBe(true)
    expect(cell).toBe(`'${text}`)
  }
  if (json.startsWith('"') && !NUMBER.test(text)) expect(cell).not.toMatch(RUNS)
}

export const expectCsvName = (cell: string | undefined, name: string) =>
  expectCsvCell(cell, JSON.stringify(name))

/** White space as Markdown has it. */
export const inOneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

const MARK = /^(?:🟢|🟡|🔴) ?/u
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g

/** As any renderer shows it; in one line, lists of words without quotes, nothing that turns what comes after it. */
export const expectMarkdownText = (cell: string | undefined, json: string): void => {
  const texts = [shown(json)]
  if (json.startsWith("["))
    texts.push(
      elementsOf(json)
        .map((item) => (item === "null" ? item : shown(item)))
        .join(", "),
    )
  const told = inOneLine(cell ?? "no cell").replace(MARK, "")
  const lines = texts.flatMap((text) => [inOneLine(text), inOneLine(text.replace(BIDI, "\ufffd"))])
  if (!lines.includes(told)) expect(told).toBe(lines[0])
}

/** Line ends are all the same to HTML. */
export const expectHtmlText = (cell: string | undefined, json: string): void =>
  expect(cell).toBe(shown(json).replace(/\r\n?/g, "\n"))

/** The same on a page about one row, which may break JSON into lines. */
export const expectHtmlJson = (cell: string | undefined, json: string): void => {
  if (!/^[[{]/.test(json)) return expectHtmlText(cell, json)
  expect(compactText(cell ?? "")).toBe(compactText(escaped(json)))
}

const joinedHalves = (value: unknown) =>
  typeof value === "string" ? value.replace(/\ufffd+/g, "\ufffd") : value

/** What SQLite makes of a value: 64-bit integers with every digit, doubles, text. */
export const expectSqlValue = (name: string, value: unknown, json = "null"): void => {
  const told = [name, typeof value === "number" ? value + 0 : value]
  if (json === "null") expect(told).toEqual([name, null])
  else if (/^-?\d+$/.test(json)) expect([name, String(value)]).toEqual([name, BigInt(json).toString()])
  else if (/^[-\d]/.test(json)) expect(told).toEqual([name, Number(json) + 0])
  else if (json === "true" || json === "false") expect(told).toEqual([name, Number(json === "true")])
  else if (json.startsWith('"')) {
    // SQLite has half a character in three bytes that are none.
    const text = (JSON.parse(json) as string).toWellFormed()
    expect(told.map(joinedHalves)).toEqual([name, text].map(joinedHalves))
  } else expect([name, JSON.parse(String(value))]).toEqual([name, JSON.parse(json)])
}
