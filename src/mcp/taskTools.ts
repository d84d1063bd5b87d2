import * as Effect from "effect/Effect"
import { kindOf, shownText } from "../domain/JsonText.ts"
import { answerJson } from "../domain/MultitaskAnswer.ts"
import { MultitaskBody } from "../domain/MultitaskBody.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { createErrorOf } from "../programs/apiErrors.ts"
import type { CreationFailed } from "../programs/createErrors.ts"
import { createOnce, type CreateOnceError } from "../programs/createOnce.ts"
import { decodeBody } from "../programs/decodeBody.ts"
import { planDecoded } from "../programs/planMultitask.ts"
import {
  CREATE_FIELDS,
  ESTIMATE,
  FIELDS_ANSWERED,
  answerSchema,
  inputSchema,
  TASK_FIELDS,
} from "./schemas.ts"
import { type Tool, type ToolCall, ToolFailed } from "./Tool.ts"
import { checkNames, requestIdOf } from "./toolFields.ts"

export const planTaskGroup: Tool = {
  name: "planTaskGroup",
  title: "Plan a task group",
  description:
    "Says what researching a list would come to, before anything is paid: number of rows, columns (output_schema), processor, estimated cost in US dollars and time. Starts nothing. Call it first, tell the person rows, columns and cost, and call createTaskGroup when they agree.",
  inputSchema: inputSchema(TASK_FIELDS, ["inputs", "output"]),
  outputSchema: answerSchema({ dry_run: FIELDS_ANSWERED.flag, ...ESTIMATE }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: Effect.fnUntraced(function* (call) {
    checkNames(call.args, planTaskGroup)
    const body = taskBody(call.args)
    yield* call.admit
    const planned = yield* decodeBody(body, call.key).pipe(
      Effect.flatMap((decoded) => planDecoded(decoded, call.key)),
      Effect.mapError((error) => new ToolFailed({ error: createErrorOf(error) })),
    )
    return {
      text: answerJson(planned),
      structured: answerJson(planned),
      next: `Nothing was started. Tell the person the rows, columns, cost and time. If they agree, call createTaskGroup with ${planned.output_schema === null ? "the same arguments and this processor" : "the same inputs, this processor, and this output_schema as output"}; of more than ten rows start with limit 3.`,
    }
  }),
}

export const createTaskGroup: Tool = {
  name: "createTaskGroup",
  title: "Start a task group",
  description:
    "Starts web research on every row of a list, all rows at once, and answers at once with a url where the results appear. Costs money: unless the person has agreed to the cost, call planTaskGroup first. Of a long list start with limit 3, show the person those results, then add the other rows with addInputs. Rows take from 10 seconds to an hour. Give the person the url (it is for people: do not fetch it) and call getStatus; or stop here and let them ask again later.",
  inputSchema: inputSchema(CREATE_FIELDS, ["inputs", "output", "request_id"]),
  outputSchema: answerSchema({
    url: FIELDS_ANSWERED.url,
    taskgroup_id: FIELDS_ANSWERED.taskgroup_id,
    ...ESTIMATE,
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: Effect.fnUntraced(function* (call) {
    const problems = checkNames(call.args, createTaskGroup)
    const requestId = requestIdOf(call.args, problems)
    const body = taskBody(call.args)
    yield* call.admit
    const request = yield* call.once(createTaskGroup.name, requestId)
    const { answer, replayed } = yield* decodeBody(body, call.key).pipe(
      Effect.flatMap((decoded) =>
        createOnce({ decoded, key: call.key, origin: call.origin, request, until: "first" }),
      ),
      Effect.catchIf(isOurFault, (fault) => Effect.die(fault)),
      Effect.mapError((error) => new ToolFailed({ error: createErrorOf(error) })),
    )
    return { text: answer, structured: answer, next: nextOf(answer, replayed) }
  }),
}

const isOurFault = (error: CreateOnceError): error is CreationFailed => error._tag === "CreationFailed"

const nextOf = (answer: JsonText, replayed: boolean): string => {
  const { num_inputs: taken, num_inputs_left_out: left } = JSON.parse(answer) as {
    readonly num_inputs: number
    readonly num_inputs_left_out: number
  }
  const others =
    left === 0
      ? ""
      : ` ${left} rows were left out: when the person likes what they see, pass those alone to addInputs with this taskgroup_id. The same URL or text has the first ${taken} too, which would be paid again.`
  const again = replayed ? "This request_id had been used: nothing new was started, this is its answer. " : ""
  return `${again}Give the person the url. To wait, call getStatus with wait_seconds 20; when is_active is false, call getResultMarkdown once.${others}`
}

/**
 * The arguments as the API's body, with what is wrong with them so far: `output` is a description, or a schema as an
 * object or as text.
 */
const taskBody = (args: ToolCall["args"]): MultitaskBody => {
  const { problems } = args
  const fields = new Map(args.fields)
  const given = fields.get("output") ?? "null"
  const output = kindOf(given) === "string" && shownText(given).trim() === "" ? "null" : given
  for (const name of ["output", "request_id"]) fields.delete(name)
  const kind = kindOf(output)
  const isText = kind === "string"
  const isSchema = kind === "object" || (isText && shownText(output).trimStart().startsWith("{"))
  if (output === "null" && !args.tooLong.has("output"))
    problems.add(
      "output",
      "is missing. Say in plain words what to find out for every row, or pass a JSON Schema.",
    )
  else if (output !== "null" && !isText && !isSchema)
    problems.add("output", "must be plain words, or a JSON Schema as an object or as text.")
  // What is wrong with it is said once.
  if (isSchema) fields.set("output_schema", output)
  else fields.set("output_description", isText ? output : SOMETHING)
  if ((fields.get("output_type") ?? "null") === "null") fields.set("output_type", '"json"')
  const { kind: all, tooLong, inputs } = args
  return new MultitaskBody({ kind: all, fields, tooLong, unknown: [], inputs, problems })
}

const SOMETHING = '"something"'
