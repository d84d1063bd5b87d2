import { makeSpelling } from "../../domain/Columns.ts"
import type { Table, View } from "../../domain/sql/catalog.ts"
import type { GroupDetails } from "../../domain/TaskGroup.ts"
import { firstRow, run, type SqliteStorage } from "./SqliteStorage.ts"

/**
 * The view `results`: the users' own columns, so that one can ask for them by name. Its columns are taken out of the
 * rows' JSON when they are read: nothing is stored twice, and a question about one column looks at no other.
 */

/** As many columns as the platform allows. */
const MAX_COLUMNS = 100
/** A statement may have 100,000 bytes; some are for what is around the columns. */
const MAX_COLUMNS_BYTES = 95_000
/** A name that is longer is looked up in `details`, because its column says it several times. */
const MAX_NAME_BYTES = 100

const OWN = ["$id", "$status"]
/** SQLite calls columns of these names otherwise, whatever is asked. */
const UNUSABLE = ["true", "false"]

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** As SQLite compares names: only these letters have two cases. */
const folded = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** SQL ends at a NUL. */
const writable = (name: string): string => name.replaceAll("\0", "\ufffd").toWellFormed()

type Columns = Pick<GroupDetails, "inputColumns" | "outputColumns">

/** Where a name's value lies: an output's hides an input's. `isThere`: whether a document has it. */
const documentOf = (name: string, columns: Columns, isThere: (document: string) => string): string => {
  if (!columns.inputColumns.includes(name)) return "outputs"
  if (!columns.outputColumns.includes(name)) return "inputs"
  return `iif(${isThere("outputs")}, outputs, inputs)`
}

/** JSON's spelling of a name between two texts, as an SQL expression. */
const spelledBetween = (
  before: string,
  name: string,
  after: string,
  { inputColumns, outputColumns }: Columns,
): string => {
  const text = literal(`${before}${JSON.stringify(name)}${after}`)
  if (bytesOf(text) <= MAX_NAME_BYTES) return text
  const at = inputColumns.indexOf(name)
  const place = at < 0 ? `output_columns -> ${outputColumns.indexOf(name)}` : `input_columns -> ${at}`
  return `(SELECT concat('${before}', ${place}, '${after}') FROM details)`
}

/** SQLite's own value, but for integers beyond 64 bits: their digits instead of the nearest double. */
const valueAt = (document: string, path: string): string =>
  `iif(typeof(${document} ->> ${path}) = 'real' AND json_type(${document}, ${path}) = 'integer', ${document} -> ${path}, ${document} ->> ${path})`

/**
 * The same of the last value that a name has, where an output may name it twice: a path finds the first. Patching keeps
 * the last, but what it makes of two objects is neither.
 */
const lastValueAt = (document: string, path: string): string => {
  const patched = `json_patch('{}', ${document})`
  const last = `SELECT value FROM json_each(${document}) WHERE concat('$.', json_quote(key)) = ${path} ORDER BY id DESC LIMIT 1`
  return `iif(json_type(${patched}, ${path}) = 'object', (${last}), ${valueAt(patched, path)})`
}

const valueOf = (name: string, columns: Columns, mayRepeat: boolean): string => {
  // A path cannot say NUL, and takes it for the end of a name.
  const beginning = `${name}\0`
  const hasNul =
    name.includes("\0") ||
    [...columns.inputColumns, ...columns.outputColumns].some((other) => other.startsWith(beginning))
  // Otherwise JSON's spelling is one of a path's as well.
  const path = hasNul ? `'$."$nul"'` : spelledBetween("$.", name, "", columns)
  // An output that is no object is the column `content` as a whole.
  const pathIn = (document: string) =>
    name === "content" && columns.outputColumns.includes(name)
      ? `iif(${document} >= '{' AND ${document} < '|', ${path}, '$')`
      : path
  const readable = (document: string) =>
    hasNul ? `replace(${document}, ${spelledBetween("", name, ":", columns)}, '"$nul":')` : document
  const document = documentOf(
    name,
    columns,
    (one) => `json_type(${readable(one)}, ${pathIn(one)}) IS NOT NULL`,
  )
  return (mayRepeat && document !== "inputs" ? lastValueAt : valueAt)(
    readable(document),
    pathIn(readable(document)),
  )
}

/**
 * `merged` has what stands in both, and is empty where it found no room. Of each input the newest attempt is shown: the
 * one that no other follows.
 */
const rowsOf = (runs: string): string => `FROM (
  SELECT id, run_id, status, iif(merged <> '', merged, input) AS inputs,
    iif(merged <> '', merged, content) AS outputs
  FROM ${runs}
) AS latest
WHERE NOT EXISTS (SELECT 1 FROM runs AS newer WHERE newer.id = latest.id + 1)`

const BEGINNING = "CREATE VIEW results AS SELECT"
/** So begins the view of a group in which an output has named something twice. */
const BEGINNING_WITH_LAST = `${BEGINNING} -- the last value of each name`

interface ResultColumn {
  readonly name: string
  readonly sql: string
  /** The group's column, null for one that every group has. */
  readonly of: string | null
}

/** The view's columns, each with what it is made of: as many as there is room for. */
const resultColumns = (columns: Columns, mayRepeat: boolean): ReadonlyArray<ResultColumn> => {
  const names = [...new Set([...columns.inputColumns, ...columns.outputColumns])]
  const spell = makeSpelling(names.map(writable), [...OWN, ...UNUSABLE], folded)
  const selected: Array<ResultColumn> = [
    { name: "$id", sql: "run_id", of: null },
    { name: "$status", sql: "status", of: null },
  ]
  let bytes = 0
  for (const of of names) {
    if (selected.length >= MAX_COLUMNS) break
    if (OWN.includes(of)) continue
    const column = { name: spell(writable(of)), sql: valueOf(of, columns, mayRepeat), of }
    const size = bytesOf(selectedAs(column)) + 4
    if (bytes + size > MAX_COLUMNS_BYTES) continue
    bytes += size
    selected.push(column)
  }
  return selected
}

const selectedAs = ({ name, sql }: ResultColumn): string => `${sql} AS ${identifier(name)}`

const statementFor = (columns: Columns, mayRepeat: boolean): string => {
  const selected = resultColumns(columns, mayRepeat).map(selectedAs)
  return `${mayRepeat ? BEGINNING_WITH_LAST : BEGINNING}\n  ${selected.join(",\n  ")}\n${rowsOf("runs")}`
}

const mayRepeatIn = (view: unknown): boolean =>
  typeof view === "string" && view.startsWith(BEGINNING_WITH_LAST)

/** So often a column of the view looks into JSON; where a name may stand twice, all of it is put together anew. */
const LOOKS = 3
const LOOKS_FOR_LAST = 24

/** Which of the two holds it is looked up each time. */
const isInBoth = (name: string | null, { inputColumns, outputColumns }: Columns): boolean =>
  name !== null && inputColumns.includes(name) && outputColumns.includes(name)

/** The view, as strangers' SQL asks it: column by column, put in its place. */
export const resultsView = (
  columns: Columns,
  view: unknown,
  table: Table,
): Omit<View, "sizes" | "measure"> => {
  const mayRepeat = mayRepeatIn(view)
  const made = resultColumns(columns, mayRepeat)
  return {
    name: "results",
    table,
    columns: made.map(({ name, of, sql }) => ({
      name,
      chars: sql.length,
      looks: (mayRepeat ? LOOKS_FOR_LAST : LOOKS) * (isInBoth(of, columns) ? 2 : 1),
      unique: of === null && sql === "run_id" ? "run" : null,
      reads: [
        ...(of === null ? [] : ["merged"]),
        ...(of !== null && columns.inputColumns.includes(of) ? ["input"] : []),
        ...(of !== null && columns.outputColumns.includes(of) ? ["content"] : []),
      ],
    })),
    select: (names, alias) => {
      const selected = made.filter(({ name }) => names.includes(name)).map(selectedAs)
      return `SELECT ${selected.join(", ") || "NULL"} ${rowsOf(`runs AS \`${alias}\``)}`
    },
  }
}

/**
 * Inside a transaction: makes the view, or makes it anew where it has other columns. `repeats`: an output names something
 * twice; from then on any may.
 */
export const showResults = (storage: SqliteStorage, columns: Columns, repeats = false): void => {
  const [present] = firstRow(storage.sql.exec("SELECT sql FROM sqlite_schema WHERE name = 'results'")) ?? []
  const statement = statementFor(columns, repeats || mayRepeatIn(present))
  if (present === statement) return
  if (present !== undefined) run(storage, "DROP VIEW results")
  run(storage, statement)
}
