// @ts-check
import { fieldsOf } from "../shared/domain.js"
import { schemaOf } from "./fields.js"
import { MOST_EDITABLE } from "./import/fileRows.js"

/**
 * What fills the form from outside, a link or a group: texts as they stand in its controls. What is absent is left as it
 * is; an empty text empties.
 * @typedef {{
 *   rows?: string, rowsName?: string, inputsUrl?: string, outputType?: "json" | "text", question?: string,
 *   schema?: string, processor?: string, title?: string, limit?: string, maxCost?: string, skipEmpty?: boolean,
 *   metadata?: string, webhook?: string, others?: string
 * }} Fills
 */

const noSchema = () => ({ json: schemaOf([], ""), fields: null })
const NO_ROWS = { text: "", fileName: "", large: null, url: "", byUrl: false }

const empty = () => ({
  inputs: NO_ROWS,
  outputType: "json",
  schemaMode: "suggest",
  description: "",
  schema: noSchema(),
  processor: "",
  webhook: "",
  options: {
    limit: "",
    maxCost: "",
    title: "",
    metadata: "",
    skipEmpty: false,
    others: "",
    hadSecret: false,
  },
})

/** The form without anything in it: what a link fills that says so. @param {any} draft whose attempts are kept in mind */
export const emptied = (draft) => ({ ...empty(), suggested: null, orders: withoutPlan(draft) })

/**
 * A draft with what fills it. Rows are one thing, and so is the answer: fields that were made for one question go with
 * no other.
 * @param {any} draft of the form @param {Fills} fills @returns {any}
 */
export function filled(draft, fills) {
  const next = { ...draft, options: { ...draft.options }, orders: withoutPlan(draft) }
  const { rows, rowsName = "", inputsUrl, question, outputType, schema } = fills
  if (inputsUrl !== undefined) next.inputs = { ...NO_ROWS, url: inputsUrl, byUrl: true }
  else if (rows !== undefined && rows.length > MOST_EDITABLE)
    next.inputs = { ...NO_ROWS, large: { name: rowsName, text: rows } }
  else if (rows !== undefined) next.inputs = { ...NO_ROWS, text: rows }
  if (question !== undefined || outputType !== undefined || schema !== undefined) {
    next.description = question ?? ""
    next.outputType = outputType ?? "json"
    next.schemaMode = schema === undefined ? "suggest" : "own"
    next.schema = schema === undefined ? noSchema() : { json: schema, fields: null }
    next.suggested = null
  }
  for (const name of /** @type {const} */ (["processor", "webhook"]))
    if (fills[name] !== undefined) next[name] = fills[name]
  for (const name of /** @type {const} */ (["title", "limit", "maxCost", "skipEmpty", "metadata", "others"]))
    if (fills[name] !== undefined) next.options[name] = fills[name]
  return next
}

/** Attempts without an answer, and what is done, stay known: they are money. @param {any} draft */
const withoutPlan = ({ orders }) => ({
  attempt: orders?.attempt,
  done: orders?.done,
  started: orders?.started,
})

/** An object as JSON text of those of its fields. @param {string} json @param {(name: string) => boolean} isWanted */
export const partOf = (json, isWanted) => {
  const parts = [...fieldsOf(json)].filter(([name]) => isWanted(name))
  return parts.length === 0
    ? ""
    : `{${parts.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`
}
