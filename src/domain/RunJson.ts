import type { GroupId } from "./Ids.ts"
import { isActive } from "./RunStatus.ts"
import { entriesOf } from "./Basis.ts"
import {
  elementsOf,
  fieldsOf,
  mayHaveMember,
  type Member,
  membersOf,
  membersWithout,
  objectText,
} from "./JsonText.ts"
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
const mergeAgain = (row: RunRow): JsonText => mergedOf(row.input, row.content ?? undefined) ?? row.input

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

/** What a run is told to be of, so that listings can be matched with rows; as text, without blanks. */
export const runMetadata = ({ inputIndex, attempt }: Pick<RunRow, "inputIndex" | "attempt">): JsonText =>
  attempt === 1 ? `{"input_index":"${inputIndex}"}` : `{"input_index":"${inputIndex}","attempt":"${attempt}"}`

const processorOf = (row: Pick<RunRow, "processor">, frame: Frame): JsonText =>
  row.processor === null ? frame.processor : text(row.processor)

/** The properties of Parallel's `TaskRun`, without braces. For a row that was not submitted, `run_id` is null. */
const runFields = (row: RunRow, frame: Frame): string => {
  if (row.extra !== null) return runFieldsWith(row, frame, row.extra)
  const id = text(row.runId)
  return (
    `"run_id":${id},"interaction_id":${id},"status":${text(row.status)},"is_active":${isActive(row.status)},` +
    `"warnings":${row.warnings ?? "null"},"error":${row.error ?? "null"},"processor":${processorOf(row, frame)},` +
    `"metadata":${runMetadata(row)},"taskgroup_id":${frame.taskgroupId},` +
    `"created_at":${text(row.createdAt)},"modified_at":${text(row.modifiedAt)}`
  )
}

/** The same with what else Parallel says, which may also be another value of these. */
const runFieldsWith = (row: RunRow, frame: Frame, extra: JsonText): string => {
  const usual = membersOf(`{${runFields({ ...row, extra: null }, frame)}}`)
  return objectText(mergeMembers(usual, membersOf(extra))).slice(1, -1)
}

/** Members of both: where a name is in the first as well, its place there has the other's value. */
const mergeMembers = (
  first: ReadonlyArray<Member>,
  second: ReadonlyArray<Member>,
): Iterable<Pick<Member, "key" | "value">> => {
  const merged = new Map<string, Pick<Member, "key" | "value">>()
  for (const { name, key, value } of first) merged.set(name, { key, value })
  for (const { name, key, value } of second) merged.set(name, { key: merged.get(name)?.key ?? key, value })
  return merged.values()
}

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
    `"input":{"processor":${processorOf(row, frame)},"metadata":${runMetadata(row)},"input":${row.input}},` +
    `"run":{${runFields(row, frame)}},"output":${outputJson(row, form)}}`
  )
}

/** Fields of a `TaskRun` that the row's own columns carry, or that follow from them. */
const CARRIED = new Set(["run_id", "status", "is_active", "warnings", "error", "created_at", "modified_at"])

/** What of Parallel's run cannot be told from the rest of the row; null when nothing. */
export const extraOf = (
  run: WireRun,
  row: Pick<RunRow, "inputIndex" | "attempt" | "processor">,
  group: GroupFacts,
): JsonText | null => {
  const expected: Readonly<Record<string, JsonText>> = {
    interaction_id: text(run.runId),
    processor: text(row.processor ?? group.processor),
    taskgroup_id: text(group.taskgroupId),
    metadata: runMetadata(row),
  }
  const extra = [...run.fields].filter(
    ([name, value]) => !CARRIED.has(name) && value !== "null" && expected[name] !== value,
  )
  return extra.length === 0
    ? null
    : objectText(extra.map(([name, value]) => ({ key: JSON.stringify(name), value })))
}

const HIDDEN = ["$id", "$status"]

/** The `merged` column: see {@link RunRow.merged}. `content` is undefined while there is no output. */
export const mergedOf = (input: JsonText, content: JsonText | undefined): JsonText | null => {
  // Of nearly every row when it comes in, and there may be very many.
  if (content === undefined && !mayHaveMember(input, HIDDEN)) return null
  const output =
    content === undefined ? [] : membersOf(content.startsWith("{") ? content : `{"content":${content}}`)
  const hides = output.some(({ name }) => HIDDEN.includes(name))
  const names = [...HIDDEN, ...output.map(({ name }) => name)]
  if (!hides && !mayHaveMember(input, names)) return null
  const fields = membersOf(input)
  const taken = new Set(names)
  if (!hides && !fields.some(({ name }) => taken.has(name))) return null
  const shown = (members: ReadonlyArray<Member>) => members.filter(({ name }) => !HIDDEN.includes(name))
  return objectText(mergeMembers(shown(fields), shown(output)))
}

/** Confidence by field out of an output's basis; `""` and null mean none. Null when no field has any. */
export const confidenceOf = (output: WireOutput): JsonText | null => {
  const basis = fieldsOf(output.rest).get("basis")
  if (basis?.startsWith("[") !== true) return null
  const levels = new Map<string, JsonText>()
  for (const entry of elementsOf(basis)) {
    if (!entry.startsWith("{")) continue
    const { field, confidence } = JSON.parse(entry) as { field?: unknown; confidence?: unknown }
    if (typeof field !== "string" || typeof confidence !== "string" || confidence === "") continue
    levels.set(field, text(confidence))
  }
  return levels.size === 0
    ? null
    : objectText(Array.from(levels, ([field, value]) => ({ key: text(field), value })))
}
