import { errorJson } from "../../domain/ErrorJson.ts"
import { elementsOf, type Member, membersOf, objectText } from "../../domain/JsonText.ts"
import type { StoredRow } from "./tables.ts"

/** The platform's limit for a row is 2 MB; the rest is left for the small columns and SQLite's own bookkeeping. */
const MAX_ROW_BYTES = 1_950_000
/** What an error message, the longest text that stays whole when everything else goes, may take. */
const MAX_MESSAGE_CHARS = 20_000

const encoder = new TextEncoder()

const texts = (row: StoredRow): ReadonlyArray<string> =>
  [row.input, row.content, row.output, row.merged, row.confidence, row.error, row.warnings, row.extra].filter(
    (text) => text !== null,
  )

const rowBytes = (row: StoredRow): number => {
  // At most three bytes for a UTF-16 unit: nearly every row is settled without encoding anything.
  const atMost = texts(row).reduce((sum, text) => sum + text.length, 0) * 3
  return atMost <= MAX_ROW_BYTES
    ? atMost
    : texts(row).reduce((sum, text) => sum + encoder.encode(text).length, 0)
}

const fits = (row: StoredRow): boolean => rowBytes(row) <= MAX_ROW_BYTES

const withWarning = (row: StoredRow, message: string): StoredRow => {
  const before = row.warnings?.startsWith("[") === true ? elementsOf(row.warnings) : []
  const warning = JSON.stringify({ type: "warning", message, detail: null })
  return { ...row, warnings: `[${[...before, warning].join(",")}]` }
}

/**
 * A row within the platform's limit: the content first, then as much of the basis as fits, and the row says what is
 * missing. `merged` can be put together again when it is read (`""` says so); details of errors go before content does.
 */
export const fitRow = (row: StoredRow): StoredRow => {
  if (fits(row)) return row
  const bare = shortenReports({ ...row, merged: row.merged === null ? null : "" })
  if (fits(bare)) return bare
  const trimmed = trimBasis(bare)
  if (trimmed !== null) return trimmed
  const message = `The output (${row.content?.length ?? 0} characters) is larger than the 2 MB a row can hold. Parallel has it under this run's id.`
  return {
    ...bare,
    // What has no output to show has not completed for anybody here.
    status: "failed",
    content: null,
    output: null,
    confidence: null,
    merged: bare.merged,
    error: errorJson({ message }),
  }
}

/** Errors and warnings of a size that no reader wants. */
const shortenReports = (row: StoredRow): StoredRow => {
  const reports = [row.error, row.warnings, row.extra].reduce((sum, text) => sum + (text?.length ?? 0), 0)
  if (reports <= 3 * MAX_MESSAGE_CHARS) return row
  const error = row.error === null ? null : (JSON.parse(row.error) as { message?: unknown; ref_id?: unknown })
  return {
    ...row,
    error:
      error === null
        ? null
        : errorJson({
            message: String(error.message ?? "").slice(0, MAX_MESSAGE_CHARS),
            refId: String(error.ref_id ?? "").slice(0, 200),
          }),
    warnings: JSON.stringify([
      {
        type: "warning",
        message: "Parallel's warnings about this run are too large to be stored.",
        detail: null,
      },
    ]),
    extra: null,
  }
}

const trimBasis = (row: StoredRow): StoredRow | null => {
  if (row.output === null) return null
  const members = membersOf(row.output)
  const basis = members.findLast(({ name }) => name === "basis")?.value
  const entries = basis?.startsWith("[") === true ? elementsOf(basis) : []
  const rest = members.filter(({ name }) => name !== "basis")
  const small = rest.filter(({ name }) => name === "type" || name === "output_schema")
  const outputWith = (frame: ReadonlyArray<Member>, kept: ReadonlyArray<string>) =>
    objectText([...frame, { key: '"basis"', value: `[${kept.join(",")}]` }])
  for (const frame of [rest, small]) {
    let room = MAX_ROW_BYTES - rowBytes({ ...row, output: outputWith(frame, []) }) - 1_000
    if (room < 0) continue
    const kept: Array<string> = []
    for (const entry of entries) {
      room -= encoder.encode(entry).length + 1
      if (room < 0) break
      kept.push(entry)
    }
    const missing = entries.length - kept.length
    return withWarning(
      { ...row, output: outputWith(frame, kept) },
      `The output is larger than a row can be: its content is complete, ${missing} of ${entries.length} basis entries are left out. Parallel has them under this run's id.`,
    )
  }
  return null
}
