import * as Effect from "effect/Effect"
import type { ActName } from "../domain/ActRequest.ts"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import type { ActError } from "../programs/actErrors.ts"
import { actOnce } from "../programs/actOnce.ts"
import { actOnTaskGroup, type Acted, decodeAct } from "../programs/actOnTaskGroup.ts"
import { actErrorOf } from "../programs/apiErrors.ts"
import {
  answerSchema,
  FIELDS_ANSWERED,
  GROUP,
  INPUTS,
  inputSchema,
  MAX_COST,
  PROCESSOR,
  REQUEST_ID,
} from "./schemas.ts"
import { type Tool, type ToolAnswer, type ToolCall, ToolFailed, type ToolServices } from "./Tool.ts"
import { checkNames, groupIdOf, requestIdOf } from "./toolFields.ts"

const { url, taskgroup_id, count, cost, warnings } = FIELDS_ANSWERED

const WAIT = "To wait, call getStatus with wait_seconds 20."

export const addInputs: Tool = {
  name: "addInputs",
  title: "Add rows to a task group",
  description:
    "Adds rows to a task group, with its columns and processor: the others after a trial with limit 3, or new ones later. Pass only rows that are not in it yet: a row passed again is paid again, and so is the whole of a URL or a text. Costs money as createTaskGroup does; a group that had ended goes on.",
  inputSchema: inputSchema(
    { taskgroup_id: GROUP, inputs: INPUTS, max_cost_usd: MAX_COST, request_id: REQUEST_ID },
    ["taskgroup_id", "inputs", "request_id"],
  ),
  outputSchema: answerSchema({
    url,
    taskgroup_id,
    added: count,
    first_index: count,
    num_inputs: count,
    estimated_cost_usd: cost,
    warnings,
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: (call) => act(call, addInputs, "inputs", (answer) => `${sumUp(answer, "added", "added")} ${WAIT}`),
}

export const retryFailed: Tool = {
  name: "retryFailed",
  title: "Run failed rows again",
  description:
    "Runs rows of a task group again, as new paid runs: all that failed or were cancelled, or those named in rows (indexes from 0, completed ones too). With processor, another one, for these rows only. The old runs stay; results show the newest. See why rows failed first (getResultMarkdown with status failed): a row without enough to go on fails again.",
  inputSchema: inputSchema(
    {
      taskgroup_id: GROUP,
      rows: {
        type: "array",
        items: { type: "integer", minimum: 0 },
        description: "Indexes of rows, from 0. Leave it out for all that failed or were cancelled.",
      },
      processor: {
        ...PROCESSOR,
        description: "Another processor for these rows, e.g. a deeper one. Leave it out for the group's own.",
      },
      max_cost_usd: MAX_COST,
      request_id: REQUEST_ID,
    },
    ["taskgroup_id", "request_id"],
  ),
  outputSchema: answerSchema({ url, taskgroup_id, retried: count, estimated_cost_usd: cost, warnings }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: (call) =>
    act(call, retryFailed, "retry", (answer) => {
      const { retried } = JSON.parse(answer) as { readonly retried: number }
      return retried === 0
        ? "No row was to be run again, and nothing was paid."
        : `${sumUp(answer, "retried", "run again")} ${WAIT}`
    }),
}

export const stopTaskGroup: Tool = {
  name: "stopTaskGroup",
  title: "Stop a task group",
  description:
    "Sends no more rows of a task group. Rows that were sent cannot be stopped: they finish, are paid, and keep their results. Call it when the person says so. retryFailed sends what was not sent after all.",
  inputSchema: inputSchema({ taskgroup_id: GROUP }, ["taskgroup_id"]),
  outputSchema: answerSchema({ url, taskgroup_id, not_sent: count, running: count, warnings }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  run: (call) =>
    act(call, stopTaskGroup, "stop", (answer) => {
      const { running, not_sent } = JSON.parse(answer) as {
        readonly running: number
        readonly not_sent: number
      }
      if (not_sent + running === 0) return "All rows had ended: there was nothing to stop."
      return `${rowsText(not_sent, "is", "are")} not sent; ${rowsText(running, "was sent before and finishes", "were sent before and finish")}.`
    }),
}

const sumUp = (answer: JsonText, field: "added" | "retried", done: string): string => {
  const told = JSON.parse(answer) as Readonly<Record<string, unknown>>
  const cost = told["estimated_cost_usd"]
  const price = typeof cost === "number" ? `, for about $${cost < 0.1 ? cost : cost.toFixed(2)}` : ""
  return `${rowsText(Number(told[field]), "is", "are")} ${done}${price}.`
}

const rowsText = (count: number, one: string, many: string): string =>
  count === 1 ? `1 row ${one}` : `${count} rows ${many}`

/** One of the acts of the API, under the caller's `request_id` where the tool has one. */
const act = Effect.fnUntraced(function* (
  call: ToolCall,
  tool: Tool,
  name: ActName,
  next: (answer: JsonText) => string,
): Effect.fn.Return<ToolAnswer, ToolFailed, ToolServices> {
  const problems = checkNames(call.args, tool)
  const id = groupIdOf(call.args, problems)
  const isOnce = "request_id" in tool.inputSchema.properties
  const requestId = isOnce ? requestIdOf(call.args, problems) : ""
  const { key, token } = call
  const body = actBody(call.args)
  // Rows say what is wrong with them when they are decoded: all of it is told at once.
  if (problems.count > 0) yield* Effect.mapError(decodeAct({ act: name, key, body }), failureOf)
  if (id === null) return yield* call.notHere
  yield* call.admitReader
  yield* call.admit
  const options = { id, act: name, key, token, body }
  const done = isOnce
    ? Effect.flatMap(call.once(`${tool.name} ${id}`, requestId), ({ name: record, bodyHash }) =>
        actOnce({ ...options, record: { name: record, bodyHash } }),
      )
    : actOnTaskGroup(options)
  const { answer, replayed }: Acted = yield* done.pipe(
    Effect.catchIf(
      (error: ActError) => error._tag === "NoSuchGroup",
      () => call.notHere,
    ),
    Effect.mapError((error) => (error._tag === "ToolFailed" ? error : failureOf(error))),
  )
  const again = replayed ? "This request_id had been used: nothing new was done, this is its answer. " : ""
  return { text: answer, structured: answer, next: `${again}${next(answer)}` }
})

const failureOf = (error: ActError) => new ToolFailed({ error: actErrorOf(error) })

/** The arguments as the body of the act. */
const actBody = ({ kind, fields: given, tooLong, inputs, problems }: MultitaskBody): MultitaskBody => {
  const fields = new Map(given)
  for (const name of ["taskgroup_id", "request_id"]) fields.delete(name)
  return new MultitaskBody({ kind, fields, tooLong, unknown: [], inputs, problems })
}
