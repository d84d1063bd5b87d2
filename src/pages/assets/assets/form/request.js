// @ts-check
/** @import { MultitaskRequest } from "../../types.js" */

import { readableText } from "../shared/domain.js"

/** A request as JSON text, put together from texts: rows and schema go as they were written. */

/** The names and texts of what is not rows. @param {MultitaskRequest} request */
function others({ inputs, output_schema, ...rest }) {
  const texts = new Map(Object.entries(rest).map(([name, value]) => [name, JSON.stringify(value)]))
  if (output_schema !== undefined) texts.set("output_schema", output_schema)
  return [...texts]
}

/** What is sent. @param {MultitaskRequest} request */
export function requestText(request) {
  const { inputs } = request
  const first = "url" in inputs ? JSON.stringify(inputs.url) : `[${inputs.join(",")}]`
  return `{"inputs":${first}${others(request)
    .map(([name, json]) => `,"${name}":${json}`)
    .join("")}}`
}

/** The same for people, with one row a line. @param {MultitaskRequest} request */
export function prettyRequest(request) {
  const { inputs } = request
  const first = "url" in inputs ? JSON.stringify(inputs.url) : prettyRows(inputs)
  const rest = others(request).map(([name, json]) => `,\n"${name}": ${readableText(json, 2)}`)
  return `{\n"inputs": ${first}${rest.join("")}`.replaceAll("\n", "\n  ").concat("\n}")
}

/** One row a line: easy to read and to change. @param {readonly string[]} rows */
export const prettyRows = (rows) =>
  rows.length === 0 ? "[]" : `[\n${rows.map((row) => `  ${row}`).join(",\n")}\n]`
