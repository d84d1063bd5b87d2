// @ts-check
import { own } from "../../shared/dom.js"
import { kindOf, readableText, shownText } from "../../shared/domain.js"
import { findProcessor } from "../../processors.js"

/** Fields that have a control of their own among the options, by the option's name. */
const OPTIONS = { limit: "limit", max_cost_usd: "maxCost", title: "title", metadata: "metadata" }
/** What is passed on to Parallel in every run, written as JSON. */
export const PASSED_ON = [
  "source_policy",
  "mcp_servers",
  "advanced_settings",
  "previous_interaction_id",
  "memory_scope_key",
  "enable_events",
]

const PLACED = new Set([
  ...Object.keys(OPTIONS),
  ...PASSED_ON,
  "output",
  "output_type",
  "output_description",
  "output_schema",
  "processor",
  "webhook_url",
  "webhook_secret",
  "skip_empty",
])

/** Names of what the form has no place for. @param {ReadonlyMap<string, string>} fields */
export const unplaced = (fields) =>
  [...fields]
    .filter(([name, json]) => !PLACED.has(name) || (name === "processor" && !findProcessor(shownText(json))))
    .map(([name]) => name)

/**
 * What a request says, put into the form's draft: what it does not mention stays. `output` is what the MCP tools call a
 * description or a schema.
 * @param {ReadonlyMap<string, string>} fields as JSON text @param {{ [name: string]: unknown }} draft of the form
 */
export function draftWith(fields, draft) {
  const shown = (/** @type {string} */ name) => {
    const json = fields.get(name)
    return json === undefined || json === "null" ? null : shownText(json)
  }
  const output = shown("output")
  const isSchema = output !== null && /^\s*\{/.test(output)
  const schema = shown("output_schema") ?? (isSchema ? output : null)
  const description = shown("output_description") ?? (isSchema ? null : output)
  const type = shown("output_type") ?? (schema === null ? null : "json")
  const processor = shown("processor")
  const others = PASSED_ON.filter((name) => fields.has(name)).map(
    (name) => `${JSON.stringify(name)}:${fields.get(name)}`,
  )
  const options = Object.entries(OPTIONS).flatMap(([name, option]) => {
    const json = fields.get(name)
    return json === undefined
      ? []
      : [[option, kindOf(json) === "object" ? readableText(json, 2) : shownText(json)]]
  })
  return {
    ...draft,
    ...(type === null ? {} : { outputType: type }),
    ...(schema === null ? {} : { schemaMode: "own", schema: { json: readableJson(schema), fields: null } }),
    ...(description === null ? {} : { description }),
    ...(processor !== null && findProcessor(processor) ? { processor } : {}),
    ...(shown("webhook_url") === null ? {} : { webhook: shown("webhook_url") }),
    options: {
      .../** @type {object} */ (draft.options),
      ...Object.fromEntries(options),
      ...(fields.has("skip_empty") ? { skipEmpty: fields.get("skip_empty") === "true" } : {}),
      ...(others.length > 0 ? { others: readableText(`{${others.join(",")}}`, 2) } : {}),
      hadSecret: own(draft.options, "hadSecret") === true || fields.has("webhook_secret"),
    },
  }
}

/** @param {string} json */
function readableJson(json) {
  try {
    JSON.parse(json)
    return readableText(json, 2)
  } catch {
    return json
  }
}
