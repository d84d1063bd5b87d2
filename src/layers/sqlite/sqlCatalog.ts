import type { Catalog, Table, TableColumn } from "../../domain/sql/catalog.ts"
import { type Measure, reading, type Size, sized, workOf } from "../../domain/sql/measure.ts"
import { resultsView } from "./resultsView.ts"
import { firstRow, type SqliteStorage } from "./SqliteStorage.ts"

/** What strangers' SQL may ask of a group, measured in the tables themselves: what bounds a statement must be so. */

/** Columns of `runs` of any length, those that hold JSON first. */
const JSON_COLUMNS = ["confidence", "error", "warnings", "extra", "input", "content", "merged", "output"]
const TEXTS = [...JSON_COLUMNS, "processor", "run_id", "status", "created_at", "modified_at"]
// In the tables' order, which is that of a `*`.
const RUNS =
  "id input_index attempt change updated_at confirmed run_id status created_at modified_at confidence error warnings extra input content merged output processor"
const DETAILS =
  "id schema_version taskgroup_id url created_at metadata processor task_spec input_columns output_columns warnings num_inputs state status_message ended_at removal_at end_change change run_options"
const DETAILS_TEXTS = DETAILS.split(" ").filter(
  (name) => !/^(?:id|num_inputs|.*_at|.*change|schema_version)$/.test(name),
)

/** A text is gone through for its commas up to this size; beyond, every second byte is taken for one. */
const MAX_SEARCHED_BYTES = 128_000_000

type Queries = Pick<SqliteStorage, "sql">

const numbers = (storage: Queries, query: string): ReadonlyArray<number> =>
  (firstRow(storage.sql.exec(query)) ?? []).map(Number)

const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``

const sizesOf = (storage: Queries, table: string, names: ReadonlyArray<string>) => {
  const asked = names
    .map(quoted)
    .map((name) => `total(octet_length(${name})), ifnull(max(octet_length(${name})), 0)`)
  const [rows = 0, ...sizes] = numbers(storage, `SELECT count(*), ${asked.join(", ")} FROM ${table}`)
  const size = (at: number): Size => {
    const mean = (sizes[at * 2] ?? 0) / Math.max(1, rows)
    return { mean, max: sizes[at * 2 + 1] ?? 0, marks: mean }
  }
  return { rows, sizes: new Map(names.map((name, at) => [name, size(at)])) }
}

const tableOf = (
  name: string,
  columns: ReadonlyArray<string>,
  { rows, sizes }: ReturnType<typeof sizesOf>,
): Table => {
  const described = columns.map((column): TableColumn => ({
    name: column,
    size: sizes.get(column) ?? sized(8),
    unique: column === "id" ? "row" : column === "run_id" ? "run" : null,
    numeric: !sizes.has(column),
    json: JSON_COLUMNS.includes(column),
  }))
  return { name, rows, columns: described, bytes: described.reduce((sum, { size }) => sum + size.mean, 0) }
}

/** SQLite's own table of tables; the view's text alone may have 100,000 bytes. */
const schemaTable = (name: string): Table => ({
  name,
  rows: 8,
  bytes: 20_000,
  columns: ["type", "name", "tbl_name", "rootpage", "sql"].map((column) => ({
    name: column,
    size: column === "sql" ? sized(100_000) : sized(40),
    unique: null,
    numeric: true,
    json: false,
  })),
})

/** Nanoseconds to measure a row of a table, and to look for commas and brackets in a byte. */
const MEASURING_ROW = 1_000
const MEASURING_BYTE = 6
/** A result has at most 100 columns, and each that is measured makes two. */
const MEASURED_AT_ONCE = 49

/** Tables that the platform has beside ours and hides from nobody, as when it runs on a developer's machine. */
const otherTables = (storage: Queries): ReadonlyArray<Table> => {
  const names = storage.sql.exec(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('runs', 'details') AND name NOT GLOB '_cf_*' LIMIT 5",
  )
  return [...names.raw()].map(([name]) => {
    const columns = storage.sql.exec("SELECT name FROM pragma_table_info(?)", name!)
    const [rows = 0] = numbers(storage, `SELECT count(*) FROM "${String(name).replaceAll('"', '""')}"`)
    const described = [...columns.raw()].map(([column]): TableColumn => ({
      name: String(column),
      size: sized(10_000),
      unique: null,
      numeric: true,
      json: false,
    }))
    return { name: String(name), rows, columns: described, bytes: 10_000 }
  })
}

/**
 * The catalog of this moment; what takes long to count is counted when it is asked for, once. `spend` is told
 * beforehand, in nanoseconds, and says whether there is time for it: what is not counted has the bound that needs none.
 */
export const readSqlCatalog = (storage: Queries, spend: (work: number) => boolean): Catalog => {
  spend(numbers(storage, "SELECT count(*) FROM runs")[0]! * MEASURING_ROW)
  const runs = tableOf("runs", RUNS.split(" "), sizesOf(storage, "runs", TEXTS))
  const details = tableOf("details", DETAILS.split(" "), sizesOf(storage, "details", DETAILS_TEXTS))
  const [columns, view] =
    firstRow(
      storage.sql.exec(
        "SELECT json_array(json(input_columns), json(output_columns)), (SELECT sql FROM sqlite_schema WHERE name = 'results') FROM details",
      ),
    ) ?? []
  const [inputColumns = [], outputColumns = []] = JSON.parse(String(columns ?? "[]")) as Array<Array<string>>
  const counted = new Map<string, number>()
  const elements = new Map<string, number>()
  const measured = new Map<string, Size>()
  return {
    tables: new Map(
      [
        ...otherTables(storage),
        runs,
        details,
        schemaTable("sqlite_schema"),
        schemaTable("sqlite_master"),
      ].map((table) => [table.name.toLowerCase(), table]),
    ),
    view: {
      ...resultsView({ inputColumns, outputColumns }, view, runs),
      sizes: measured,
      measure: (columns) => {
        const missing = [...columns.keys()].filter((name) => !measured.has(name))
        for (let at = 0; at < missing.length; at += MEASURED_AT_ONCE) {
          const names = missing.slice(at, at + MEASURED_AT_ONCE)
          if (!spend(runs.rows * measuring(names.map((name) => columns.get(name)!)))) return
          // So that each value is made once, not for each of what is asked of it.
          const { sizes } = sizesOf(
            storage,
            `(SELECT ${names.map(quoted).join(", ")} FROM results LIMIT -1)`,
            names,
          )
          for (const [name, size] of sizes) measured.set(name, size)
        }
      },
    },
    elements,
    countElements: (lists) => {
      for (const { key, column, path } of lists) {
        if (elements.has(key) || !JSON_COLUMNS.includes(column)) continue
        const { size } = runs.columns.find(({ name }) => name === column)!
        const marks = counted.get(column) ?? size.marks
        if (!spend(runs.rows * (MEASURING_ROW + reading({ ...size, marks })))) return
        const at = path === null ? "" : `, '${path.replaceAll("'", "''")}'`
        const [total = 0] = numbers(storage, `SELECT count(*) FROM runs, json_each(runs.${column}${at})`)
        elements.set(key, total / Math.max(1, runs.rows))
      }
    },
    marks: (table, column) => {
      const size = runs.columns.find(({ name }) => name === column)?.size
      if (table !== "runs" || size === undefined) return MAX_SEARCHED_BYTES
      const known = counted.get(column)
      if (known !== undefined) return known
      if (!spend(runs.rows * size.mean * MEASURING_BYTE)) return size.mean
      const marks = marksOf(storage, column, size.mean, runs.rows)
      counted.set(column, marks)
      return marks
    },
  }
}

/**
 * Nanoseconds for the view's values of one row. JSON that several look into is read once; looking is
 * bounded for each statement on its own, and takes less than half of that where all columns are asked for together.
 */
const measuring = (columns: ReadonlyArray<Measure>): number => {
  const documents = new Map(
    columns.flatMap((column) =>
      [...column.documents].map(([key, work]) => [key.slice(key.lastIndexOf(".")), work] as const),
    ),
  )
  return [...documents.values()].reduce((total, work) => total + work, MEASURING_ROW) + workOf(columns) * 0.4
}

const marksOf = (storage: Queries, column: string, mean: number, rows: number): number => {
  if (mean * rows > MAX_SEARCHED_BYTES) return mean
  const without = (mark: string) => `octet_length(replace(${column}, '${mark}', ''))`
  const [total = 0] = numbers(
    storage,
    `SELECT total(2 * octet_length(${column}) - ${without(",")} - ${without("[")}) FROM runs WHERE ${column} IS NOT NULL`,
  )
  return total / Math.max(1, rows)
}
