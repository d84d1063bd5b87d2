import { STATUSES } from "../domain/ResultQuery.ts"
import { processorNames } from "../domain/Processors.ts"
import type { JsonSchema } from "./Tool.ts"

/** JSON Schemas of what tools take and answer (JSON Schema 2020-12, as MCP reads them). */

export const INPUTS: JsonSchema = {
  description:
    'The rows, one for each thing to look up. An array of flat objects with the same keys, e.g. [{"company":"Stripe"},{"company":"Adyen"}]; or text: the https URL of a JSON, JSON Lines, CSV or TSV file, or such content itself (a table needs a header line and two columns or more). Values reach the research as they are.',
  anyOf: [{ type: "array", items: { type: "object" }, minItems: 1 }, { type: "string" }],
}

const OUTPUT: JsonSchema = {
  description:
    'What to find out for every row. Usually plain words, e.g. "the year it was founded, its headquarters city, its CEO": columns are suggested from them. Or a JSON Schema of an object with a description for each property, for exact columns.',
  anyOf: [{ type: "string" }, { type: "object" }],
}

export const PROCESSOR: JsonSchema = {
  type: "string",
  enum: processorNames,
  description:
    "How deep the research goes, and what a row costs. Leave it out: a fitting one is suggested. The plan tells its price.",
}

export const MAX_COST: JsonSchema = {
  type: "number",
  minimum: 0,
  description: "The most that this call may cost, in US dollars; refused when the estimate is above it.",
}

export const GROUP: JsonSchema = {
  type: "string",
  description: "The task group's id (tgrp_…), or its URL in any format.",
}

export const REQUEST_ID: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: 255,
  description:
    "A new text for every new request, such as a UUID. Pass the same one again, with the same arguments, only to repeat a call whose answer was lost: nothing is started or paid twice.",
}

const LIMIT: JsonSchema = {
  type: "integer",
  minimum: 1,
  description: "Take only the first so many rows. Use 3 to try a question out.",
}

/** What plan and creation share. */
export const TASK_FIELDS: Readonly<Record<string, JsonSchema>> = {
  inputs: INPUTS,
  output: OUTPUT,
  output_type: {
    type: "string",
    enum: ["json", "text"],
    description: "json (the default): columns. text: one written answer a row; output is then plain words.",
  },
  processor: PROCESSOR,
  limit: LIMIT,
}

export const CREATE_FIELDS: Readonly<Record<string, JsonSchema>> = {
  ...TASK_FIELDS,
  max_cost_usd: MAX_COST,
  title: { type: "string", description: "A short name for the group, shown to people." },
  webhook_url: { type: "string", description: "An https URL that gets a POST when the group has ended." },
  source_policy: {
    type: "object",
    description:
      'Which websites may be used: {"include_domains":[…]} or {"exclude_domains":[…]}, and {"after_date":"YYYY-MM-DD"}.',
  },
  request_id: REQUEST_ID,
}

export const STATUS_FILTER: JsonSchema = {
  type: "string",
  description: `Only rows with this status: ${STATUSES.join(", ")}; several with commas between them.`,
}

const inputs = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: ReadonlyArray<string>,
): JsonSchema & { readonly properties: Readonly<Record<string, JsonSchema>> } => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
})

const answer = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
})

export { answer as answerSchema, inputs as inputSchema }

const number: JsonSchema = { type: "number" }
const count: JsonSchema = { type: "integer" }
const text: JsonSchema = { type: "string" }
const price: JsonSchema = { type: ["number", "null"], description: "US dollars; null: no known price." }
const warnings: JsonSchema = { type: "array", items: text }

export const FIELDS_ANSWERED = {
  url: { type: "string", description: "For the person: shows the results live." },
  taskgroup_id: text,
  num_inputs: count,
  cost: price,
  warnings,
  count,
  text,
  flag: { type: "boolean" },
} as const satisfies Readonly<Record<string, JsonSchema>>

export const ESTIMATE: Readonly<Record<string, JsonSchema>> = {
  num_inputs: count,
  num_inputs_left_out: count,
  processor: text,
  output_schema: { description: "The columns, as a JSON Schema; null for text." },
  estimated_cost_usd: price,
  estimated_seconds: {
    type: ["object", "null"],
    properties: { min: number, max: number },
  },
  warnings,
}
