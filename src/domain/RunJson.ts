import type { GroupId } from "./Ids.ts"
import { isActive } from "./RunStatus.ts"
import { entriesOf } from "./Basis.ts"
import { mayHaveMember, type Member, membersOf, membersWithout, objectText } from "./JsonText.ts"
import type { Basis } from "./ResultQuery.ts"
import type { JsonText, RunRow } from "./TaskGroup.ts"
import type { WireOutput, WireRun } from "./Wire.ts"

/**
 * Rows to JSON and back, by putting texts together: a row is parsed when it is written, never when it is read.
 */

/** What every row of a group shares. */
export interface GroupFacts {
  readonly taskgroupId: GroupId
  readonly processor: string
}

const text = (value: string | null): string => (value === null ? "null" : JSON.stringify(value))

/** The members of an object's text, to follow others: `{"a":1}` gives `,"a":1`. */
const more = (object: JsonText): string => (object.length === 2 ? "" : `,${object.slice(1, -1)}`)

/** `{ $id, $status, ...input, ...output.content }` of a row; text output is the field `content`. */
export const resultJson = (row: RunRow): JsonText => {
  const head = `{"$id":${text(row.runId)},"$status":${text(row.status)}`
  if (row.merged !== null) return `${head}${more(row.merged === "" ? mergeAgain(row) : row.merged)}}`
  return `${head}${more(row.input)}${row.content === null ? "" : contentFields(row.content)}}`
}

/** Lists with an element for each row: those of the JSON format, and the lines of JSON Lines. */
export type JsonPart = "results" | "runs" | "lines"

/**
 * Rows for a table, without the basis, column by column: `[run ids, statuses, errors, confidences, inputs, contents]`.
 */
export const columnsJson = (rows: ReadonlyArray<RunRow>): JsonText => {
  const column = (valueOf: (row: RunRow) => JsonText | null) =>
    `[${rows.map((row) => valueOf(row) ?? "null").join(",")}]`
  return `[${[
    column(({ runId }) => text(runId)),
    column(({ status }) => text(status)),
    column(({ error }) => error),
    column(({ confidence }) => confidence),
    column(({ input }) => input),
    column(({ content }) => content),
  ].join(",")}]`
}

/** A merge that was too large to be stored beside what it is made of. */
const mergeAgain = (row: RunRow): JsonText =>
  mergedOf(row.input, row.content === null ? undefined : JSON.parse(row.content)) ?? row.input

const contentFields = (content: JsonText): string =>
  content.startsWith("{") ? more(content) : `,"content":${content}`

/**
 * How an output is told: `full`, as Parallel sent it; `light`, for pages that show many rows: the basis (reasoning and
 * sources, most of an output's text) is absent, and `confidence` says `{field: level}` in its place; or with the basis
 * of one field.
 */
export type OutputForm = "full" | "light" | { readonly field: string }

/** How outputs are told with this much of their basis. */
export const formOf = (basis: Basis = "all"): OutputForm =>
  basis === "all" ? "full" : basis === "none" ? "light" : basis

/** The whole output in this form, or `null`. */
const outputJson = (row: RunRow, form: OutputForm): JsonText => {
  if (row.content === null) return "null"
  const rest = row.output ?? "{}"
  if (form === "full") return `{"content":${row.content}${more(rest)}}`
  if (form === "light")
    return `{"content":${row.content}${membersWithout(rest, IN_BASIS)},"confidence":${row.confidence ?? "{}"}}`
  return `{"content":${row.content}${more(objectText(membersOf(rest).map((member) => ofField(member, form))))}}`
}

const ofField = (member: Member, basis: { readonly field: string }): Member =>
  member.name === "basis" ? { ...member, value: `[${entriesOf(member.value, basis).join(",")}]` } : member

/** What the light form leaves out or says in its own way. */
const IN_BASIS = new Set(["basis", "confidence"])

/** What the runs of a group share, as text. */
interface Frame {
  readonly processor: JsonText
  readonly taskgroupId: JsonText
}

const frameOf = (group: GroupFacts): Frame => ({
  processor: text(group.processor),
  taskgroupId: text(group.taskgroupId),
})

/** The properties of Parallel's `TaskRun`, without braces. For a row that was not submitted, `run_id` is null. */
const runFields = (row: RunRow, frame: Frame): string => {
  if (row.extra !== null) return runFieldsWith(row, frame, row.extra)
  const id = text(row.runId)
  return (
    `"run_id":${id},"interaction_id":${id},"status":${text(row.status)},"is_active":${isActive(row.status)},` +
    `"warnings":${row.warnings ?? "null"},"error":${row.error ?? "null"},"processor":${frame.processor},` +
    `"metadata":{"input_index":"${row.inputIndex}"},"taskgroup_id":${frame.taskgroupId},` +
    `"created_at":${text(row.createdAt)},"modified_at":${text(row.modifiedAt)}`
  )
}

/** The same with what else Parallel says, which may also be another value of these. */
const runFieldsWith = (row: RunRow, frame: Frame, extra: JsonText): string => {
  const fields = {
    ...splitFields(`{${runFields({ ...row, extra: null }, frame)}}`),
    ...splitFields(extra),
  }
  return Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(",")
}

const splitFields = (json: JsonText): Record<string, JsonText> =>
  Object.fromEntries(
    Object.entries(JSON.parse(json) as Record<string, unknown>).map(([name, value]) => [
      name,
      JSON.stringify(value),
    ]),
  )

/** Elements of the JSON format's `runs`, for many rows of one group. */
export const runJsonOf = (group: GroupFacts, form: OutputForm = "full"): ((row: RunRow) => JsonText) => {
  const frame = frameOf(group)
  return (row) =>
    `{${runFields(row, frame)},"input_index":${row.inputIndex},"input":${row.input},"output":${outputJson(row, form)}}`
}

/** An element of the JSON format's `runs`. */
export const runJson = (row: RunRow, group: GroupFacts, form: OutputForm = "full"): JsonText =>
  runJsonOf(group, form)(row)

/** The data of a viewer's `task_run.state` event: Parallel's shape, plus `input_index`. */
export const runEventJson = (row: RunRow, group: GroupFacts, form: OutputForm = "full"): JsonText => {
  const frame = frameOf(group)
  return (
    `{"type":"task_run.state","event_id":"${row.change}","input_index":${row.inputIndex},` +
    `"input":{"processor":${frame.processor},"metadata":{"input_index":"${row.inputIndex}"},"input":${row.input}},` +
    `"run":{${runFields(row, frame)}},"output":${outputJson(row, form)}}`
  )
}

/** Fields of a `TaskRun` that the row's own columns carry, or that follow from them. */
const CARRIED = new Set(["run_id", "status", "is_active", "warnings", "error", "created_at", "modified_at"])

/** What of Parallel's run cannot be told from the rest of the row; null when nothing. */
export const extraOf = (run: WireRun, inputIndex: number, group: GroupFacts): JsonText | null => {
  const expected: Record<string, unknown> = {
    interaction_id: run.runId,
    processor: group.processor,
    taskgroup_id: group.taskgroupId,
  }
  const extra = Object.entries(run.raw).filter(([name, value]) => {
    if (CARRIED.has(name) || value === null || value === undefined) return false
    if (name === "metadata") return JSON.stringify(value) !== `{"input_index":"${inputIndex}"}`
    return expected[name] !== value
  })
  return extra.length === 0 ? null : JSON.stringify(Object.fromEntries(extra))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const HIDDEN = ["$id", "$status"]

const without = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !HIDDEN.includes(name)))

/** The `merged` column: see {@link RunRow.merged}. `content` is undefined while there is no output. */
export const mergedOf = (input: JsonText, content: unknown): JsonText | null => {
  const output = content === undefined ? {} : isObject(content) ? content : { content }
  const hides = HIDDEN.some((name) => Object.hasOwn(output, name))
  const names = [...HIDDEN, ...Object.keys(output)]
  if (!hides && !mayHaveMember(input, names)) return null
  const fields = JSON.parse(input) as Record<string, unknown>
  const clashes = hides || names.some((name) => Object.hasOwn(fields, name))
  // Entries, not assignment: a column may be called `__proto__`.
  return clashes
    ? JSON.stringify(
        Object.fromEntries([...Object.entries(without(fields)), ...Object.entries(without(output))]),
      )
    : null
}

/** Confidence by field out of an output's basis; `""` and null mean none. Null when no field has any. */
export const confidenceOf = (output: WireOutput): JsonText | null => {
  const basis = output.rest["basis"]
  if (!Array.isArray(basis)) return null
  const entries = basis.flatMap((entry: unknown) =>
    isObject(entry) &&
    typeof entry["field"] === "string" &&
    typeof entry["confidence"] === "string" &&
    entry["confidence"] !== ""
      ? [[entry["field"], entry["confidence"]] as const]
      : [],
  )
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries))
}
