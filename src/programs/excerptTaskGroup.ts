import * as Effect from "effect/Effect"
import { mayHaveField } from "../domain/Basis.ts"
import { totalEnded } from "../domain/Counts.ts"
import type { Excerpt, ExcerptQuery } from "../domain/Excerpt.ts"
import { nextStep, toolNames } from "../domain/nextStep.ts"
import type { Basis, Selection } from "../domain/ResultQuery.ts"
import { isTerminal } from "../domain/RunStatus.ts"
import type { GroupDetails, RunRow, TaskGroupStatus } from "../domain/TaskGroup.ts"
import { ExcerptRenderer, type ExcerptRow } from "../services/ExcerptRenderer.ts"
import { GroupReader, type Snapshot } from "../services/GroupReader.ts"
import { Settings } from "../services/Settings.ts"
import { readRun } from "./readRun.ts"

/**
 * The rows that fit, as Markdown of at most `maxChars` characters, and how to go on: the first of them is shown in any
 * case, cut where it is too long. Null where there is no group.
 */
export const excerptTaskGroup = Effect.fn("excerptTaskGroup")(function* (query: ExcerptQuery) {
  const store = yield* GroupReader
  const details = store.details()
  if (details === null || details.state === "removed") return null
  const { basis } = query
  if (typeof basis === "object" && "index" in basis) return yield* excerptRow(basis.index, query.maxChars)
  if (typeof basis === "object" && !mayHaveField(details.outputColumns, basis.field)) {
    const none: Excerpt = { _tag: "NoSuchField", fields: details.outputColumns }
    return none
  }
  return yield* excerptRows({ ...query, basis }, query.maxChars)
})

/** One row, with all that is known of it. */
const excerptRow = Effect.fnUntraced(function* (index: number, maxChars: number) {
  const store = yield* GroupReader
  const renderer = yield* ExcerptRenderer
  const found = yield* readRun(String(index))
  if (found === null) {
    const none: Excerpt = { _tag: "NoSuchRow", numInputs: store.details()?.numInputs ?? 0 }
    return none
  }
  const { row, details } = found
  const status = store.status()
  const way = status.is_active && !isTerminal(row.status) ? `\n${STILL}\n` : ""
  const text = renderer.alone(row, details, maxChars - way.length)
  return excerptOf(details, status, 1, null, text + way)
})

interface Rows extends Selection {
  readonly basis: Basis
}

const excerptRows = Effect.fnUntraced(function* (asked: Rows, maxChars: number) {
  const store = yield* GroupReader
  const renderer = yield* ExcerptRenderer
  const settings = yield* Settings
  const { statuses, after, limit, basis } = asked
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => {
      // More rows than that have no room, whatever is in them.
      const most = Math.min(limit ?? Number.POSITIVE_INFINITY, Math.ceil(maxChars / LEAST_LINE_CHARS))
      const choice = store.choose({ ...(statuses && { statuses }), after, limit: most })
      return { snapshot: store.snapshot(choice), beyond: choice.next }
    }),
    ({ snapshot, beyond }) =>
      Effect.sync(() => {
        const { details, status } = snapshot
        const longest = wayOn(asked, details, status, details.numInputs)
        const table = renderer.table(snapshot, basis, maxChars - longest.length)
        const around = table.heading.length + table.header.length + table.foot.length + longest.length
        const { rows, last } = rowsWithin(snapshot, table, maxChars - around, settings.GET_DATA_CHARS)
        const nextAfter = last ?? (rows.length === 0 ? null : beyond)
        const text =
          rows.length === 0
            ? `${table.heading}${nothing(asked)}\n`
            : [
                table.heading,
                table.header,
                ...rows.map(({ line }) => line),
                table.foot,
                ...rows.map((row) => row.basis),
              ].join("")
        const way = wayOn(asked, details, status, nextAfter)
        return excerptOf(details, status, rows.length, nextAfter, text + way)
      }),
    ({ snapshot }) => Effect.sync(() => snapshot.close()),
  )
})

/** `| 0 | ✅ done |` and its line end; a status has more letters. */
const LEAST_LINE_CHARS = 12

/** The rows that have room, and, where others have none, the index of the last that has. */
const rowsWithin = (
  snapshot: Snapshot,
  table: ReturnType<ExcerptRenderer["Service"]["table"]>,
  room: number,
  readable: number,
): { readonly rows: ReadonlyArray<ExcerptRow>; readonly last: number | null } => {
  const rows: Array<ExcerptRow> = []
  let left = room
  let read = 0
  let last: number | null = null
  for (const row of snapshot.rows(0)) {
    read += charsOf(row)
    const isFirst = last === null
    // Nothing interrupts what runs here, and what is read may be much more than what is shown.
    if (!isFirst && read > readable) return { rows, last }
    const written = table.row(row, left) ?? (isFirst ? table.cutRow(row, left) : null)
    if (written === null) return { rows, last }
    rows.push(written)
    left -= written.line.length + written.basis.length
    last = row.inputIndex
  }
  return { rows, last: null }
}

const charsOf = ({ input, content, output, error }: RunRow): number =>
  input.length + (content?.length ?? 0) + (output?.length ?? 0) + (error?.length ?? 0)

const excerptOf = (
  { taskgroupId, url, numInputs }: GroupDetails,
  { is_active: isActive }: TaskGroupStatus,
  shown: number,
  nextAfter: number | null,
  markdown: string,
): Excerpt => ({ _tag: "Excerpt", taskgroupId, url, isActive, numInputs, shown, nextAfter, markdown })

const STILL = "It has not ended yet: call getStatus with wait_seconds=20, then ask again."

const count = (rows: number, one: string, many: string): string =>
  rows === 1 ? `1 ${one}` : `${rows} ${many}`

/** Why there is no row. */
const nothing = ({ statuses, after }: Selection): string => {
  const behind = after === undefined ? "" : ` after row ${after}`
  return statuses === undefined
    ? `There is no row${behind}.`
    : `No row${behind} has the status ${[...statuses].join(" or ")}.`
}

/** What to call next, for the rows that are left, for those that have not ended, for the group. */
const wayOn = (
  { statuses, limit, basis }: Rows,
  { numInputs, taskgroupId, url }: GroupDetails,
  status: TaskGroupStatus,
  nextAfter: number | null,
): string => {
  const said: Array<string> = []
  if (nextAfter !== null) {
    const left = numInputs - 1 - nextAfter
    const which = left === 1 ? `Row ${numInputs - 1} is` : `Rows ${nextAfter + 1} to ${numInputs - 1} are`
    const begun = statuses === undefined ? `${which} not shown` : "More rows match"
    const isPlain = statuses === undefined && limit === undefined && basis === "none"
    const same = isPlain ? "" : " and otherwise the same arguments"
    said.push(`${begun}: call getResultMarkdown with after=${nextAfter}${same}.`)
  }
  const open = numInputs - totalEnded(status.task_run_status_counts)
  if (status.is_active && open > 0)
    said.push(
      `${count(open, "row has", "rows have")} not ended yet: call getStatus with wait_seconds=20, then ask again.`,
    )
  const { completed = 0 } = status.task_run_status_counts
  const goesWell = status.state === "running" || (status.state === "done" && completed === numInputs)
  if (!goesWell) said.push(nextStep(status, taskgroupId, toolNames(url)))
  return said.length === 0 ? "" : `\n${said.join("\n")}\n`
}
