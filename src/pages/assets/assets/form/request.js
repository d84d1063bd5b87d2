// @ts-check
/** @import { MultitaskRequest } from "../../types.js" */

import { readableText } from "../shared/domain.js"
import { withoutSecrets } from "./secrets.js"

/** A request as JSON text, put together from texts: rows and schema go as they were written. */

/** @param {MultitaskRequest} request @param {(rows: readonly string[]) => string} array @returns {[name: string, json: string][]} */
function members({ inputs, output_schema, more, ...rest }, array) {
  /** @type {[string, string][]} */
  const texts = [["inputs", "url" in inputs ? JSON.stringify(inputs.url) : array(inputs)]]
  for (const [name, value] of Object.entries(rest)) texts.push([name, JSON.stringify(value)])
  if (output_schema !== undefined) texts.push(["output_schema", output_schema])
  return [...texts, ...(more ?? [])]
}

/** What is sent. @param {MultitaskRequest} request */
export const requestText = (request) =>
  `{${members(request, (rows) => `[${rows.join(",")}]`)
    .map(([name, json]) => `"${name}":${json}`)
    .join(",")}}`

/** What is written for people, one value a line. */
const READABLE = ["output_schema", "source_policy", "mcp_servers", "advanced_settings"]

/** The same for people, with one row a line and without what is secret. @param {MultitaskRequest} request */
export const prettyRequest = (request) =>
  `{${members(request, prettyRows)
    .map(
      ([name, json]) =>
        `\n"${name}": ${READABLE.includes(name) ? readableText(withoutSecrets(name, json), 2) : withoutSecrets(name, json)}`,
    )
    .join(",")
    .replaceAll("\n", "\n  ")}\n}`

/** One row a line: easy to read and to change. @param {readonly string[]} rows */
export const prettyRows = (rows) =>
  rows.length === 0 ? "[]" : `[\n${rows.map((row) => `  ${row}`).join(",\n")}\n]`
