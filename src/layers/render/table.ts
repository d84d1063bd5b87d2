import { fieldsOf, kindOf, type Member, membersOf, shownText } from "../../domain/JsonText.ts"
import { tableText } from "../../domain/RunJson.ts"
import type { JsonText, RunRow } from "../../domain/TaskGroup.ts"
import type { Snapshot } from "../../services/GroupReader.ts"

/** Columns of a table. */
export interface TableColumns {
  /** What a row was given. */
  readonly inputs: ReadonlyArray<string>
  /** What was found, and where nothing of that name was, what was given. */
  readonly outputs: ReadonlyArray<string>
}

/** A row as tables show it. Its values are as they are written, one for each column: `null` where it has none. */
export interface TableRow {
  /** Empty while there is none. */
  readonly runId: string
  readonly status: string
  /** Why it has no result; null when it has one or may still get one. */
  readonly failure: string | null
  readonly hasOutput: boolean
  readonly inputs: ReadonlyArray<JsonText>
  readonly outputs: ReadonlyArray<JsonText>
  /** How sure the outputs are. */
  readonly levels: ReadonlyArray<string>
}

/** Where a row has no such field: an empty cell. */
const NOTHING: JsonText = "null"

type Fields = ReadonlyMap<string, JsonText>

const failureOf = (error: JsonText): string => {
  const message = kindOf(error) === "object" ? fieldsOf(error).get("message") : undefined
  return message?.startsWith('"') === true ? shownText(message) : "failed"
}

/** Text output is the field `content`. */
const asFields = (value: JsonText): Fields | null => {
  if (value.startsWith("{")) return fieldsOf(value)
  return value === NOTHING ? null : new Map([["content", value]])
}

const STRING = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`
/** A value that nothing is nested in but in one list. */
const VALUE = `(${STRING}|[^"{}[\\],]+|\\[(?:[^"{}[\\]]|${STRING})*\\])`

/** Rows with the same fields in the same order, as most rows of a group have: their values are found at once. */
interface Shape {
  readonly line: RegExp
  /** Where each column's value is among what was found; 0: nowhere. */
  readonly inputs: ReadonlyArray<number>
  readonly outputs: ReadonlyArray<readonly [own: number, given: number]>
}

/** What is kept of the levels that rows have. */
const MAX_LEVELS = 200
const MAX_LEVELS_CHARS = 2_000
/** How many rows are seen before their shape is taken for another: a new one costs about as much as ten rows. */
const RESHAPE_AFTER = 100
/** Regular expressions of more groups take longer than they save. */
const MAX_SHAPE = 200
/** A regular expression keeps, for each character, where it could have gone on otherwise. */
const MAX_LINE = 16_384
/** Values in a line. */
const COLUMNS = 6
/** A line's own groups: run, status, confidence. */
const OWN_GROUPS = 3

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")

/** Of a name that is there twice, the last counts. */
const placesOf = (members: ReadonlyArray<Pick<Member, "name">>, from: number) =>
  new Map(members.map(({ name }, at) => [name, from + at]))

const objectLine = (members: ReadonlyArray<Member>): string =>
  `\\{${members.map(({ key }) => `${literal(key)}:${VALUE}`).join(",")}\\}`

const shapeOf = (input: JsonText, content: JsonText, { inputs, outputs }: TableColumns): Shape | null => {
  if (!input.startsWith("{")) return null
  const isText = content.startsWith('"')
  const given = membersOf(input)
  const found = content.startsWith("{") ? membersOf(content) : []
  const givenAt = placesOf(given, OWN_GROUPS + 1)
  const foundAt = placesOf(isText ? [{ name: "content" }] : found, OWN_GROUPS + 1 + given.length)
  if (given.length + found.length > MAX_SHAPE) return null
  const some = isText ? `|(${STRING})` : content.startsWith("{") ? `|${objectLine(found)}` : ""
  return {
    line: new RegExp(
      `(${STRING})\t(${STRING})\tnull\t(null|\\{[^{}]*\\})\t${objectLine(given)}\t(?:null${some})(?=[\t\n]|$)`,
      "y",
    ),
    inputs: inputs.map((name) => givenAt.get(name) ?? 0),
    outputs: outputs.map((name) => [foundAt.get(name) ?? 0, givenAt.get(name) ?? 0]),
  }
}

/** Reads lines as `tableText` writes them. */
export class TableReader {
  private readonly columns: TableColumns
  private shape: Shape | null = null
  /** Rows since there is that shape, and those of another. */
  private seen = RESHAPE_AFTER
  private others = RESHAPE_AFTER
  /** Levels by what says them: few differ. */
  private readonly levels = new Map<JsonText, ReadonlyArray<string>>()
  /** Where the last line that was read ends. */
  end = 0

  constructor(columns: TableColumns) {
    this.columns = columns
  }

  /** The row of the line that begins there. */
  read(lines: string, at: number): TableRow {
    this.seen++
    const next = lines.indexOf("\n", at)
    this.end = next < 0 ? lines.length : next
    const found = this.end - at > MAX_LINE ? null : this.atOnce(lines, at)
    if (found !== null) return this.shaped(found)
    const values = lines.slice(at, this.end).split("\t", COLUMNS)
    this.others++
    if (this.seen > RESHAPE_AFTER && this.others > this.seen / 2) {
      this.shape = shapeOf(values[4]!, values[5]!, this.columns)
      this.seen = this.others = 0
    }
    return this.row(values)
  }

  /** Those of lines with a line end before each. */
  *rows(lines: string): Generator<TableRow> {
    for (let at = 1; at < lines.length; at = this.end + 1) yield this.read(lines, at)
  }

  private atOnce(lines: string, at: number): RegExpExecArray | null {
    if (this.shape === null) return null
    this.shape.line.lastIndex = at
    return this.shape.line.exec(lines)
  }

  private shaped(found: RegExpExecArray): TableRow {
    const { inputs, outputs } = this.shape!
    return {
      runId: shownText(found[1]!),
      status: shownText(found[2]!),
      failure: null,
      hasOutput: true,
      inputs: inputs.map((at) => (at === 0 ? NOTHING : found[at]!)),
      outputs: outputs.map(
        ([own, given]) => (own === 0 ? undefined : found[own]) ?? (given === 0 ? NOTHING : found[given]!),
      ),
      levels: this.levelsOf(found[3]!),
    }
  }

  private row([runId, status, error, confidence, input, content]: ReadonlyArray<JsonText>): TableRow {
    const [given, found] = [asFields(input!), asFields(content!)]
    return {
      runId: shownText(runId!),
      status: shownText(status!),
      failure: error === NOTHING ? null : failureOf(error!),
      hasOutput: found !== null,
      inputs: this.columns.inputs.map((name) => given?.get(name) ?? NOTHING),
      outputs: this.columns.outputs.map((name) => found?.get(name) ?? given?.get(name) ?? NOTHING),
      levels: this.levelsOf(confidence!),
    }
  }

  private levelsOf(confidence: JsonText): ReadonlyArray<string> {
    const known = this.levels.get(confidence)
    if (known !== undefined) return known
    const fields = asFields(confidence)
    const levels = this.columns.outputs.map((name) =>
      shownText(fields?.get(name) ?? (name === "content" ? fields?.get("output") : undefined) ?? NOTHING),
    )
    if (confidence.length > MAX_LEVELS_CHARS) return levels
    if (this.levels.size >= MAX_LEVELS) this.levels.clear()
    // A part of a text would hold on to all of it.
    this.levels.set(` ${confidence}`.slice(1), levels)
    return levels
  }
}

export const tableRow = (row: RunRow, columns: TableColumns): TableRow =>
  new TableReader(columns).read(tableText(row), 0)

/** All rows, many at a time, each read when it is asked for. */
export function* tablePages(snapshot: Snapshot, columns: TableColumns): Generator<Iterable<TableRow>> {
  const reader = new TableReader(columns)
  for (const lines of snapshot.table()) yield reader.rows(lines)
}

/** Columns of a group's table: an input column that the output has too is shown once, as the output's. */
export const tableColumns = ({ details }: Pick<Snapshot, "details">): TableColumns => {
  const outputs = details.outputColumns
  const shown = new Set(outputs)
  return { inputs: details.inputColumns.filter((name) => !shown.has(name)), outputs }
}
