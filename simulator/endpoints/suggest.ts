import { sleep } from "../core/clock.ts"
import type { Call, Context, Handler } from "../core/context.ts"
import { RawJson, textAt } from "../core/jsonText.ts"
import { answer, told } from "../core/views.ts"
import type { Json, JsonObject } from "../core/wire.ts"
import { HARD_SCHEMA } from "../output/hard.ts"
import { suggestProcessors } from "../suggest/processor.ts"
import { bareSchema, suggestSpec } from "../suggest/spec.ts"
import { invalid, isObject, missing, problem, parseBody } from "../validation/fields.ts"

/** The input schema of the previous task, as it came. */
const givenSchema = (context: Context, call: Call): RawJson | null => {
  const given = textAt(call.body, "previous_task", "input_schema")
  if (given === undefined || bareSchema(JSON.parse(given) as Json) === null) return null
  const wrapped = (JSON.parse(given) as JsonObject)["type"] === "json"
  return told(context, (wrapped ? textAt(given, "json_schema") : undefined) ?? given)
}

export const suggest: Handler = async (context, call) => {
  const body = parseBody(call.body)
  const intent = body["user_intent"]
  if (intent === undefined) throw invalid([missing(["body", "user_intent"])])
  if (typeof intent !== "string") {
    throw invalid([problem(["body", "user_intent"], "string_type", "Input should be a valid string")])
  }
  const { delay_ms: delay, strict, schema } = context.behaviour().suggest
  await sleep(context.clock, delay, call.request.signal)
  const suggestion = suggestSpec(intent, body["previous_task"], strict)
  return answer(context, {
    ...suggestion,
    input_schema: givenSchema(context, call) ?? suggestion.input_schema,
    output_schema: schema === "hard" ? new RawJson(HARD_SCHEMA) : suggestion.output_schema,
  })
}

export const suggestProcessor: Handler = async (context, call) => {
  const body = parseBody(call.body)
  const spec = body["task_spec"]
  if (spec === undefined) throw invalid([missing(["body", "task_spec"])])
  if (!isObject(spec)) {
    throw invalid([problem(["body", "task_spec"], "model_type", "Input should be a valid dictionary")])
  }
  const from = body["choose_processors_from"] ?? []
  if (!Array.isArray(from) || !from.every((name) => typeof name === "string")) {
    const loc = ["body", "choose_processors_from"]
    throw invalid([problem(loc, "list_type", "Input should be a list of strings")])
  }
  await sleep(context.clock, context.behaviour().suggest.delay_ms, call.request.signal)
  const recommended = suggestProcessors(spec, from)
  if (recommended.length === 0) {
    throw invalid([problem(["body", "choose_processors_from"], "value_error", "No processor to choose from")])
  }
  return answer(context, { recommended_processors: recommended })
}
