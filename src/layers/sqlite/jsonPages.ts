import type { Piece } from "../../domain/Formats.ts"
import type { ChangeNumber } from "../../domain/Ids.ts"
import { escapeRaw } from "../../domain/JsonText.ts"
import type { GroupFacts, JsonPart } from "../../domain/RunJson.ts"
import { ACTIVE, isActive, TERMINAL } from "../../domain/RunStatus.ts"
import { firstRow, type SqliteStorage, type SqlValue } from "./SqliteStorage.ts"
import { indexOfRow, rowId } from "./tables.ts"

/**
 * Pages of rows that SQLite puts together itself: `results`, `runs` and lines as UTF-8, and as text what is read again:
 * rows for tables, and rows for pages.
 * Bringing each row's columns into JavaScript, and its text out again, takes longer than all else about an answer. What
 * they look like is RunJson's to say; a row that is not as most rows are is left to it.
 */
export type PagePart = JsonPart | "table" | "page"

/** Rows of one page at most, and bytes of their large columns each: a page is in memory as a whole. */
const LIMITS = {
  results: { rows: 2_048, bytes: 4_096 },
  lines: { rows: 2_048, bytes: 4_096 },
  runs: { rows: 384, bytes: 16_384 },
  // These are parsed, so that smaller pages leave less behind.
  table: { rows: 192, bytes: 4_096 },
  page: { rows: 384, bytes: 16_384 },
}
/** Pages come out at most about this long: each costs time on its way too, however short. */
const PAGE_BYTES = 960_000
/** The same while several read, each of whom has one in memory. */
const SHARED_PAGE_BYTES = 240_000
/** Few sizes, so that statements are found again. As a parameter, each size would have SQLite plan anew. */
const SIZES = [1, 4, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1_024, 2_048]
export const FIRST_ROWS = 64

/** The inside of an object's text, cut by bytes: by characters, SQLite would count all of them. */
export const inside = (column: string) => `substr(CAST(${column} AS BLOB), 2, octet_length(${column}) - 2)`
/** What stands before it when something else does. */
export const comma = (column: string) => `iif(${column} = '{}', '', ',')`

/** A status as JSON, and what follows from it. Comparing is cheaper than quoting, and most are known. */
const statusAnd = (more: (status: string) => string) =>
  `CASE status ${[...TERMINAL, ...ACTIVE].map((status) => `WHEN '${status}' THEN '"${status}"${more(status)}'`).join(" ")}
    ELSE concat(json_quote(status), '${more("")}') END`

const RESULT_HEAD = `?1, '{"$id":', json_quote(run_id), ',"$status":', ${statusAnd(() => "")}`

const IS_OBJECT = "content >= '{' AND content < '|'"
const RESULT = `CASE
  WHEN octet_length(input) + ifnull(octet_length(content), 0) > ${LIMITS.results.bytes} OR merged = '' THEN NULL
  WHEN merged IS NULL THEN concat(${RESULT_HEAD}, ${comma("input")}, ${inside("input")},
    iif(content IS NULL, '', iif(${IS_OBJECT}, ${comma("content")}, ',"content":')),
    iif(${IS_OBJECT}, ${inside("content")}, content), '}')
  ELSE concat(${RESULT_HEAD}, ${comma("merged")}, ${inside("merged")}, '}')
END`

/** A run's own fields, up to its times; its processor and place among the inputs stand in what a group's frame says. */
export const RUN_FIELDS = `'"run_id":', json_quote(run_id), ',"interaction_id":', json_quote(run_id), ',"status":',
    ${statusAnd((status) => `,"is_active":${isActive(status)}`)}, ',"warnings":', ifnull(warnings, 'null'),
    ',"error":', ifnull(error, 'null'), ?4, input_index`
export const RUN_TIMES = `json_quote(created_at), ',"modified_at":', json_quote(modified_at)`

// It begins with one brace, which goes: its members follow the content.
export const OUTPUT = `iif(content IS NULL, 'null', '{"content":'), content,
    iif(content IS NULL OR ifnull(output, '{}') = '{}', '', ','),
    iif(content IS NULL, '', ltrim(ifnull(output, '{}'), '{'))`

/** An output but for its content and its basis; nothing of one that is too long, which would take long to parse. */
export const REST = `iif(octet_length(output) > ${LIMITS.runs.bytes}, NULL,
    ifnull(json_remove(output, '$.basis', '$.confidence'), '{}'))`
/** Names that are given twice, or spelled otherwise, are not removed. */
export const IS_ODD_REST = ["\\", '"basis"', '"confidence"']
  .map((text) => `instr(rest, '${text}')`)
  .join(" OR ")

/** What RunJson is to write. */
export const IS_ODD_RUN = `octet_length(input) + ifnull(octet_length(content), 0) + ifnull(octet_length(output), 0) > ${LIMITS.runs.bytes}
    OR extra IS NOT NULL OR processor IS NOT NULL`

const RUN = `CASE
  WHEN ${IS_ODD_RUN} THEN NULL
  ELSE concat(?1, '{', ${RUN_FIELDS}, ?5, ${RUN_TIMES}, ',"input_index":', input_index, ',"input":', input,
    ',"output":', ${OUTPUT}, '}')
END`

// A failed row as almost all are: one message, in an error of its own, and no column that would give way to it.
const MESSAGE = `'"message"'`
const LINE = `CASE
  WHEN error IS NULL THEN ${RESULT}
  WHEN content IS NOT NULL OR merged IS NOT NULL OR instr(input, '$error') OR instr(input, '\\')
    OR octet_length(input) + octet_length(error) > ${LIMITS.lines.bytes}
    OR instr(substr(error, instr(error, ${MESSAGE}) + 1), ${MESSAGE}) OR instr(error, ${MESSAGE}) = 0 THEN NULL
  ELSE concat(${RESULT_HEAD}, ${comma("input")}, ${inside("input")}, ',"$error":',
    iif(json_type(error, '$.message') = 'text', error -> '$.message', '"failed"'), '}')
END`

const CELLS = `json_quote(run_id), char(9), ${statusAnd(() => "")}, char(9), ifnull(error, 'null'), char(9),
    ifnull(confidence, 'null'), char(9), input, char(9), ifnull(content, 'null')`

const TABLE = `CASE
  WHEN octet_length(input) + ifnull(octet_length(content), 0) + ifnull(octet_length(error), 0) > ${LIMITS.table.bytes} THEN NULL
  ELSE concat(?1, ${CELLS}) END`

const PAGE = `CASE WHEN ${IS_ODD_RUN} OR ${IS_ODD_REST} OR merged = '' THEN NULL
  ELSE concat(?1, ${CELLS}, char(9), ifnull(merged, 'null'), char(9), rest, char(9), ifnull(warnings, 'null'), char(9),
    json_quote(created_at), char(9), json_quote(modified_at), char(9), input_index) END`

const ELEMENTS = { results: RESULT, lines: LINE, runs: RUN, table: TABLE, page: PAGE }
/** What is read again. */
const TEXTS: ReadonlySet<PagePart> = new Set(["table", "page"])

/** Of the last row too: the page may end between two attempts at an input. */
const NEWEST_ONLY = "max(attempt) = 1 AND max(id) + 1 NOT IN (SELECT id FROM runs)"

// A subquery has a limit, without which SQLite would put its expressions wherever their names stand.
const pageOf = (part: PagePart, rows: number) => `
  SELECT max(id), count(*), count(*) = count(element) AND max(change) <= ?3 AND ${NEWEST_ONLY},
    ${TEXTS.has(part) ? "group_concat(element, '')" : "CAST(group_concat(element, '') AS BLOB)"}
  FROM (SELECT id, change, attempt, ${ELEMENTS[part]} AS element
    FROM ${part === "page" ? `(SELECT runs.*, ${REST} AS rest FROM runs WHERE id >= ?2 ORDER BY id LIMIT ${rows})` : "runs WHERE id >= ?2"}
    ORDER BY id LIMIT ${rows})`

const bySize = (part: PagePart) => new Map(SIZES.map((rows) => [rows, pageOf(part, rows)]))
const QUERIES = {
  results: bySize("results"),
  lines: bySize("lines"),
  runs: bySize("runs"),
  table: bySize("table"),
  page: bySize("page"),
}

/** The largest size of a page that is no larger than this. */
export const sizeWithin = (rows: number): number => SIZES.findLast((size) => size <= rows) ?? 1

/** How many rows a page may have so that it is not too long, when so many are so long. */
const rowsFor = (part: PagePart, rows: number, bytes: number, isShared: boolean): number =>
  sizeWithin(Math.min(LIMITS[part].rows, ((isShared ? SHARED_PAGE_BYTES : PAGE_BYTES) * rows) / bytes))

export interface JsonPage {
  /** The last input on this page. */
  readonly last: number
  /** Its elements, the separator before each, or its columns; null when a row is not as most are, or newer than the moment. */
  readonly piece: Piece | null
  /** How many rows the next page should have. */
  readonly next: number
}

/** What a group's runs share: what stands before the place among its inputs, and what behind. */
export const frameOf = (group: GroupFacts): readonly [string, string] => [
  escapeRaw(`,"processor":${JSON.stringify(group.processor)},"metadata":{"input_index":"`),
  `"},"taskgroup_id":${JSON.stringify(group.taskgroupId)},"created_at":`,
]

/** Pages of a group as it was when `change` was the newest change. */
export const jsonPages = (
  storage: SqliteStorage,
  group: GroupFacts,
  change: ChangeNumber,
  separator: string,
) => {
  const frame = frameOf(group)
  /** The page of `rows` rows from an input on; null behind the last row. `isShared`: several read. */
  return (part: PagePart, from: number, rows: number, isShared: boolean): JsonPage | null => {
    const bindings = [separator, rowId(from, 0), change, ...(part === "runs" ? frame : [])]
    const row = pageAt(storage, QUERIES[part].get(rows)!, bindings)
    if (row === null) return { last: from, piece: null, next: rowsFor(part, rows, 4 * PAGE_BYTES, isShared) }
    const [last, count, plain, made] = row
    if (typeof last !== "number") return null
    const piece = plain !== 1 ? null : typeof made === "string" ? made : new Uint8Array(made as ArrayBuffer)
    return {
      last: indexOfRow(last),
      piece,
      next: piece === null ? rows : rowsFor(part, count as number, piece.length, isShared),
    }
  }
}

/** Null when SQLite refuses: a text of more than 2 MB, which columns that are small as a rule can add up to. */
export const pageAt = (storage: SqliteStorage, query: string, bindings: ReadonlyArray<SqlValue>) => {
  try {
    return firstRow(storage.sql.exec(query, ...bindings))
  } catch {
    // If there is more to it than that, reading the rows one by one fails as well.
    return null
  }
}
