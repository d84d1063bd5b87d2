import { expect } from "vitest"
import type { Truth, TrueRun } from "./simulatorControl.ts"
import type { Viewer } from "./viewer.ts"

const TERMINAL = ["completed", "failed", "cancelled"]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The runs of the newest attempts, in the order of the inputs. */
const newestOf = ({ runs }: Truth): ReadonlyArray<TrueRun> => {
  const inOrder = runs.toSorted((a, b) => a.input_index - b.input_index || a.attempt - b.attempt)
  return [...new Map(inOrder.map((run) => [run.input_index, run])).values()]
}

/**
 * Every attempt at an input has exactly one run upstream, with the very input that was given; the newest of each input.
 * `again`: the inputs of which a second attempt was started, and so on, once for each.
 */
export const expectOneRunEach = (
  truth: Truth,
  inputs: ReadonlyArray<unknown>,
  again: ReadonlyArray<number> = [],
): ReadonlyArray<TrueRun> => {
  const runs = truth.runs.toSorted((a, b) => a.input_index - b.input_index || a.attempt - b.attempt)
  const started = inputs.flatMap((_, index) => {
    const attempts = 1 + again.filter((one) => one === index).length
    return Array.from({ length: attempts }, (__, at) => [index, at + 1])
  })
  expect(runs.map((run) => [run.input_index, run.attempt])).toEqual(started)
  expect(new Set(runs.map((run) => run.run_id)).size).toBe(started.length)
  expect(runs.map((run) => run.input)).toEqual(started.map(([index]) => inputs[index!]))
  return newestOf(truth)
}

/** What becomes of a run: its id, status, input, and output over it. */
const resultOf = (run: TrueRun, input: object) => {
  const content = run.output?.content
  const output = content === undefined ? {} : isObject(content) ? content : { content }
  return { ...input, ...output, $id: run.run_id, $status: run.final_status }
}

/**
 * The JSON format tells what upstream knows of the newest attempts, field by field, in the order of the inputs, and says
 * it is the end.
 */
export const expectTruth = (
  answer: any,
  truth: Truth,
  inputs: ReadonlyArray<object>,
  again: ReadonlyArray<number> = [],
): void => {
  const upstream = expectOneRunEach(truth, inputs, again)
  expect(upstream.every((run) => TERMINAL.includes(run.status) && run.status === run.final_status)).toBe(true)
  expect(answer.taskgroup_id).toBe(truth.taskgroup_id)
  // Parallel is told what is known when the group is made, which is less than what is shown.
  expect(answer.metadata).toMatchObject({
    ...truth.metadata,
    num_inputs: inputs.length,
    processor: expect.any(String),
  })
  expect(answer.results).toEqual(upstream.map((run, index) => resultOf(run, inputs[index] ?? {})))
  expect(
    answer.runs.map((run: any) => ({
      run_id: run.run_id,
      status: run.status,
      is_active: run.is_active,
      taskgroup_id: run.taskgroup_id,
      input_index: run.input_index,
      input: run.input,
      output: run.output,
      error: run.error,
    })),
  ).toEqual(
    upstream.map((run, index) => ({
      run_id: run.run_id,
      status: run.final_status,
      is_active: false,
      taskgroup_id: truth.taskgroup_id,
      input_index: index,
      input: inputs[index],
      output: run.output,
      error: run.error,
    })),
  )
  const counts: Record<string, number> = {}
  for (const run of upstream) counts[run.final_status] = (counts[run.final_status] ?? 0) + 1
  expect(answer.status).toMatchObject({
    num_task_runs: inputs.length,
    task_run_status_counts: counts,
    is_active: false,
  })
}

/** The viewer, through however many connections, saw every end, in order, no change twice, and then `done`. */
export const expectSawAll = (viewer: Viewer, truth: Truth): void => {
  const upstream = newestOf(truth)
  const states = viewer.events.filter(({ name }) => name === "task_run.state")
  const ids = states.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const all = viewer.events.map(({ id }) => id)
  expect(all).toEqual(all.toSorted((a, b) => a - b))
  expect(viewer.events.filter(({ name }) => name === "done")).toHaveLength(1)
  expect(viewer.events.at(-1)?.name).toBe("done")
  expect(viewer.states.size).toBe(upstream.length)
  for (const run of upstream) {
    const last = viewer.states.get(run.input_index)
    expect(last).toMatchObject({ run: { run_id: run.run_id, status: run.final_status, error: run.error } })
    expect(last.output).toEqual(run.output)
    expect(last.input.input).toEqual(run.input)
  }
}

const unescapeCell = (cell: string): string =>
  cell
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&#92;", "\\")
    .replaceAll("&amp;", "&")

/** The cells of a Markdown table, row by row, as a reader of Markdown would have them. */
export const markdownTable = (markdown: string): ReadonlyArray<Record<string, string>> => {
  const lines = markdown.split("\n").filter((line) => line.startsWith("| "))
  const [header = [], , ...rows] = lines.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => unescapeCell(cell.trim())),
  )
  return rows.map((cells) => {
    expect(cells).toHaveLength(header.length)
    return Object.fromEntries(cells.map((cell, at) => [header[at] ?? "", cell]))
  })
}

/** The JSON inside an element of the result page. */
export const jsonIn = (html: string, id: string): any => {
  const json = new RegExp(`<script type="application/json" id="${id}">([^]*?)</script>`).exec(html)?.[1]
  return JSON.parse(json ?? "null")
}
