import { ChangeNumber, RunId } from "../../../src/domain/Ids.ts"
import { lineJson } from "../../../src/domain/LineJson.ts"
import { escapeRaw, membersOf } from "../../../src/domain/JsonText.ts"
import {
  type JsonPart,
  mergedOf,
  pageRowOf,
  resultJson,
  runJsonOf,
  tableText,
} from "../../../src/domain/RunJson.ts"
import type { Snapshot } from "../../../src/services/GroupReader.ts"
import type { GroupDetails, JsonText, RunRow } from "../../../src/domain/TaskGroup.ts"
import { groupId } from "../../support/ids.ts"

/** A row as the store would have written it. */
export interface Given {
  readonly input: Record<string, unknown>
  readonly content?: unknown
  readonly error?: string
  readonly status?: string
  readonly runId?: string | null
  readonly basis?: ReadonlyArray<unknown>
}

export const rowOf = (given: Given, inputIndex: number): RunRow => ({
  inputIndex,
  attempt: 1,
  processor: null,
  change: ChangeNumber(inputIndex + 1),
  runId: given.runId === null ? null : RunId(given.runId ?? `trun_${inputIndex}`),
  status: given.status ?? (given.content === undefined ? "queued" : "completed"),
  createdAt: null,
  modifiedAt: null,
  input: JSON.stringify(given.input),
  content: given.content === undefined ? null : JSON.stringify(given.content),
  output: given.content === undefined ? null : JSON.stringify({ type: "json", basis: given.basis ?? [] }),
  confidence: null,
  merged: mergedOf(
    JSON.stringify(given.input),
    given.content === undefined ? undefined : JSON.stringify(given.content),
  ),
  error:
    given.error === undefined ? null : JSON.stringify({ ref_id: "", message: given.error, detail: null }),
  warnings: null,
  extra: null,
})

const details: GroupDetails = {
  taskgroupId: groupId("tgrp_00000001"),
  url: "https://multitask.example/tgrp_00000001",
  createdAt: null,
  metadata: "{}",
  processor: "core",
  taskSpec: "{}",
  runOptions: "{}",
  inputColumns: [],
  outputColumns: [],
  warnings: [],
  numInputs: 0,
  state: "active",
  statusMessage: "",
  endedAt: null,
  removalAt: null,
}

/** Names in order of first appearance, as the product finds them. */
const namesOf = (objects: ReadonlyArray<unknown>): ReadonlyArray<string> => [
  ...new Set(objects.flatMap((object) => Object.keys(object as object))),
]

/** A group of these rows. How often rows are read is counted, and how far. */
export const snapshotOf = (given: ReadonlyArray<Given>): Counted => {
  const contents = given.flatMap(({ content }) =>
    content === undefined
      ? []
      : typeof content === "object" && content !== null && !Array.isArray(content)
        ? [content]
        : [{ content: 0 }],
  )
  return snapshotOfRows(given.length, (at) => rowOf(given[at]!, at), {
    inputColumns: namesOf(given.map(({ input }) => input)),
    outputColumns: namesOf(contents),
  })
}

/** The same of rows as texts, which may hold what no value can. */
export const snapshotOfTexts = (
  given: ReadonlyArray<{ readonly input: JsonText; readonly content: JsonText | null }>,
): Counted => {
  const names = (objects: ReadonlyArray<JsonText | null>) => [
    ...new Set(
      objects.flatMap((object) => (object === null ? [] : membersOf(object).map(({ name }) => name))),
    ),
  ]
  const row = (at: number): RunRow => ({
    ...rowOf({ input: {} }, at),
    status: given[at]!.content === null ? "queued" : "completed",
    ...given[at]!,
  })
  return snapshotOfRows(given.length, row, {
    inputColumns: names(given.map(({ input }) => input)),
    outputColumns: names(given.map(({ content }) => content)),
  })
}

type Counted = Snapshot & { readonly read: () => number }

const snapshotOfRows = (
  count: number,
  rowAt: (at: number) => RunRow,
  columns: Pick<GroupDetails, "inputColumns" | "outputColumns">,
): Counted => {
  let read = 0
  const rows = function* (from: number) {
    for (let at = from; at < count; at++) {
      read++
      yield rowAt(at)
    }
  }
  const elements = function* (part: JsonPart, separator: string) {
    for (const row of rows(0))
      yield (
        (row.inputIndex === 0 ? "" : separator) +
        { results: resultJson, runs: runJsonOf(details), lines: (of: RunRow) => lineJson(of) }[part](row)
      )
  }
  return {
    details: { ...details, numInputs: count, ...columns },
    status: {
      num_task_runs: count,
      task_run_status_counts: {},
      is_active: true,
      status_message: "",
      modified_at: "",
      state: "running",
      estimated_cost_usd: null,
    },
    change: ChangeNumber(count),
    rows,
    elements,
    table: function* () {
      for (const row of rows(0)) yield `\n${tableText(row)}`
    },
    pageRows: function* () {
      for (const row of rows(0)) {
        const { result, run, table } = pageRowOf(details)(row)
        yield { result: escapeRaw(result), run: escapeRaw(run), table: escapeRaw(table) }
      }
    },
    close: () => {},
    read: () => read,
  }
}
