import type { GroupId } from "./Ids.ts"
import { isActive } from "./RunStatus.ts"
import { entriesOf } from "./Basis.ts"
import {
  elementsOf,
  escapeRaw,
  fieldsOf,
  mayHaveMember,
  type Member,
  membersOf,
  membersWithout,
  objectText,
  shownText,
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
export const resultJson = (row: RunRow): JsonText =>
  resultOf(text(row.runId), text(row.status), row.merged === "" ? mergeAgain(row) : row.merged, row)

const resultOf = (
  id: JsonText,
  status: JsonText,
  merged: JsonText | null,
  { input, content }: Pick<RunRow, "input" | "content">,
): JsonText => {
  const fields =
    merged !== null ? more(merged) : more(input) + (content === null ? "" : contentFields(content))
  return `{"$id":${id},"$status":${status}${fields}}`
}

/** Lists with an element for each row: those of the JSON format, and the lines of JSON Lines. */
export type JsonPart = "results" | "runs" | "lines"

/** A row for a table, without the basis: run, status, error, confidence, input, content. JSON has no tabs between values. */
export const tableText = (row: RunRow): string =>
  `${text(row.runId)}\t${text(row.status)}\t${row.error}\t${row.confidence}\t${row.input}\t${row.content}`

/** A row as the page of a group shows it: its elements of `results` and, without the basis, of `runs`; begins its `table` text. */
export interface PageRow {
  readonly result: JsonText
  readonly run: JsonText
  readonly table: string
}

export const pageRowOf = (group: GroupFacts): ((row: RunRow) => PageRow) => {
  const run = runJsonOf(group, "light")
  return (row) => ({ result: resultJson(row), run: run(row), table: tableText(row) })
}

/**
 * The same of a row that is as most are: its table text, followed by what was merged, what an output has beside the
 * basis, warnings, times, and the index of its input. `null` says that there is none, as no output is.
 */
export const pageRowIn = (group: GroupFacts): ((line: string) => PageRow) => {
  const { processor, taskgroupId } = frameOf(group)
  return (table) => {
    const parts = table.split("\t")
    const at = (place: number): JsonText => parts[place]!
    const known = (place: number): JsonText | null => (at(place) === "null" ? null : at(place))
    const [id, status, inputIndex] = [at(0), at(1), Number(at(11))]
    const [confidence, input, content, rest] = [known(3), at(4), known(5), at(7)]
    const fields = usualFields({
      id,
      status,
      isActive: isActive(shownText(status)),
      warnings: at(8),
      error: at(2),
      processor,
      metadata: runMetadata({ inputIndex, attempt: 1 }),
      taskgroupId,
      createdAt: at(9),
      modifiedAt: at(10),
    })
    return {
      result: resultOf(id, status, known(6), { input, content }),
      run: runOf(fields, { inputIndex, input }, lightOutput(content, more(rest), confidence)),
      table,
    }
  }
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
  if (form === "light") return lightOutput(row.content, membersWithout(rest, IN_BASIS), row.confidence)
  return `{"content":${row.content}${more(objectText(membersOf(rest).map((member) => ofField(member, form))))}}`
}

/** `others`: what follows the content. */
const lightOutput = (content: JsonText | null, others: string, confidence: JsonText | null): JsonText =>
  content === null ? "null" : `{"content":${content}${others},"confidence":${confidence ?? "{}"}}`

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
  // It is part of no row, of which it is known whether one must be escaped.
  processor: escapeRaw(text(group.processor)),
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
  return usualFields({
    id: text(row.runId),
    status: text(row.status),
    isActive: isActive(row.status),
    warnings: row.warnings ?? "null",
    error: row.error ?? "null",
    processor: processorOf(row, frame),
    metadata: runMetadata(row),
    taskgroupId: frame.taskgroupId,
    createdAt: text(row.createdAt),
    modifiedAt: text(row.modifiedAt),
  })
}

const usualFields = (run: {
  readonly id: JsonText
  readonly status: JsonText
  readonly isActive: boolean
  readonly warnings: JsonText
  readonly error: JsonText
  readonly processor: JsonText
  readonly metadata: JsonText
  readonly taskgroupId: JsonText
  readonly createdAt: JsonText
  readonly modifiedAt: JsonText
}): string =>
  `"run_id":${run.id},"interaction_id":${run.id},"status":${run.status},"is_active":${run.isActive},` +
  `"warnings":${run.warnings},"error":${run.error},"processor":${run.processor},` +
  `"metadata":${run.metadata},"taskgroup_id":${run.taskgroupId},` +
  `"created_at":${run.createdAt},"modified_at":${run.modifiedAt}`

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
  return (row) => runOf(runFields(row, frame), row, outputJson(row, form))
}

const runOf = (
  fields: string,
  { inputIndex, input }: Pick<RunRow, "inputIndex" | "input">,
  output: JsonText,
): JsonText => `{${fields},"input_index":${inputIndex},"input":${input},"output":${output}}`

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
