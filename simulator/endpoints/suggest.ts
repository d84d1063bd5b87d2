import { sleep } from "../core/clock.ts"
import type { Handler } from "../core/context.ts"
import { suggestProcessors } from "../suggest/processor.ts"
import { suggestSpec } from "../suggest/spec.ts"
import { invalid, isObject, missing, problem, readBody } from "../validation/fields.ts"

export const suggest: Handler = async (context, call) => {
  const body = await readBody(call.request)
  const intent = body["user_intent"]
  if (intent === undefined) throw invalid([missing(["body", "user_intent"])])
  if (typeof intent !== "string") {
    throw invalid([problem(["body", "user_intent"], "string_type", "Input should be a valid string")])
  }
  const { delay_ms: delay, strict } = context.behaviour().suggest
  await sleep(context.clock, delay, call.request.signal)
  return Response.json(suggestSpec(intent, body["previous_task"], strict))
}

export const suggestProcessor: Handler = async (context, call) => {
  const body = await readBody(call.request)
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
  return Response.json({ recommended_processors: recommended })
}
