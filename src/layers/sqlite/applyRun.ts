import { isTerminal } from "../../domain/RunStatus.ts"
import { confidenceOf, extraOf, type GroupFacts, mergedOf } from "../../domain/RunJson.ts"
import type { WireOutput, WireRun } from "../../domain/Wire.ts"
import type { Applied, RunUpdate } from "../../services/TaskGroupStore.ts"
import type { StoredRow } from "./tables.ts"

/** The platform's limit for a row is 2 MB; the rest is left for the small columns and SQLite's own bookkeeping. */
const MAX_ROW_BYTES = 1_950_000

const encoder = new TextEncoder()
const bytesOf = (text: string | null): number =>
  text === null ? 0 : text.length * 3 < 1_000_000 ? text.length * 3 : encoder.encode(text).length

const json = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value)
const timeOf = (value: unknown): string | null => (typeof value === "string" ? value : null)

/** What a row becomes when upstream tells this about its run; null when nothing changes. */
export const applyRun = (
  row: StoredRow,
  update: RunUpdate,
  group: GroupFacts,
): { readonly row: StoredRow | null; readonly outcome: Applied } => {
  const { run, output } = update
  const named = run.inputIndex === row.inputIndex
  if (row.runId !== null && row.runId !== run.runId) {
    // An assignment by position gives way to metadata (CONTRACT U13); one that metadata confirmed does not.
    if (row.confirmed || isTerminal(row.status)) return { row: null, outcome: "duplicate" }
    return changed(advance({ ...row, runId: run.runId, confirmed: true }, run, output, group))
  }
  if (row.runId === null) {
    return changed(advance({ ...row, runId: run.runId, confirmed: named, error: null }, run, output, group))
  }
  if (isTerminal(row.status)) {
    if (isTerminal(run.status) && run.status !== row.status) return { row: null, outcome: "contradiction" }
    const wanted = row.status === "completed" && run.status === "completed" && row.content === null && output !== null
    if (!wanted) return { row: null, outcome: "unchanged" }
    const next = advance({ ...row, error: null }, run, output, group)
    // Too large to store, as was found before.
    return next.content === null && next.error === row.error ? { row: null, outcome: "unchanged" } : changed(next)
  }
  // A listing may be older than what an event told: a run that left the queue never returns to it.
  if (run.status === row.status || run.status === "queued") return { row: null, outcome: "unchanged" }
  return changed(advance({ ...row, confirmed: row.confirmed || named }, run, output, group))
}

const changed = (row: StoredRow) => ({ row, outcome: "changed" as const })

const advance = (row: StoredRow, run: WireRun, output: WireOutput | null, group: GroupFacts): StoredRow => {
  const next: StoredRow = {
    ...row,
    status: run.status,
    createdAt: timeOf(run.raw["created_at"]) ?? row.createdAt,
    modifiedAt: timeOf(run.raw["modified_at"]) ?? row.modifiedAt,
    error: json(run.raw["error"]) ?? row.error,
    warnings: json(run.raw["warnings"]) ?? row.warnings,
    extra: extraOf(run, row.inputIndex, group),
  }
  return run.status === "completed" && output !== null ? withOutput(next, output) : next
}

/**
 * Stores an output within the row limit: the content first, then as much of the basis as fits, and the row's warnings
 * say what is missing.
 */
const withOutput = (row: StoredRow, output: WireOutput): StoredRow => {
  const input = JSON.parse(row.input) as Record<string, unknown>
  const content = JSON.stringify(output.content)
  const full: StoredRow = {
    ...row,
    content,
    output: JSON.stringify(output.rest),
    merged: mergedOf(input, output.content),
    confidence: confidenceOf(output),
  }
  if (rowBytes(full) <= MAX_ROW_BYTES) return full
  return trimBasis(full, output) ?? tooLarge(row, content)
}

const rowBytes = (row: StoredRow): number =>
  [row.input, row.content, row.output, row.merged, row.confidence, row.error, row.warnings, row.extra]
    .map(bytesOf)
    .reduce((sum, bytes) => sum + bytes, 0)

const trimBasis = (row: StoredRow, output: WireOutput): StoredRow | null => {
  const basis = Array.isArray(output.rest["basis"]) ? (output.rest["basis"] as Array<unknown>) : []
  const { basis: _, ...rest } = output.rest
  const small = { type: output.rest["type"], output_schema: rest["output_schema"] }
  for (const frame of [rest, small]) {
    const bare: StoredRow = { ...row, output: JSON.stringify({ ...frame, basis: [] }) }
    let room = MAX_ROW_BYTES - rowBytes(bare) - 1_000
    if (room < 0) continue
    const kept: Array<unknown> = []
    for (const entry of basis) {
      room -= bytesOf(JSON.stringify(entry)) + 1
      if (room < 0) break
      kept.push(entry)
    }
    const missing = basis.length - kept.length
    const message = `The output is larger than a row can be: its content is complete, ${missing} of ${basis.length} basis entries are left out. Parallel has them under this run's id.`
    return {
      ...row,
      output: JSON.stringify({ ...frame, basis: kept }),
      warnings: JSON.stringify([...parseList(row.warnings), { type: "warning", message, detail: null }]),
    }
  }
  return null
}

const tooLarge = (row: StoredRow, content: string): StoredRow => ({
  ...row,
  error: JSON.stringify({
    ref_id: "",
    message: `The output (${content.length} characters) is larger than the 2 MB a row can hold. Parallel has it under this run's id.`,
    detail: null,
  }),
})

const parseList = (json: string | null): Array<unknown> => (json === null ? [] : (JSON.parse(json) as Array<unknown>))
