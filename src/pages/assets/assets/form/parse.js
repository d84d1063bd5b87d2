// @ts-check
/** @import { JsonObject, Problem } from "../../types.js" */

import { compactText, JsonReader, ROW_LIMITS } from "../shared/domain.js"
import { jsonProblem } from "./jsonError.js"

/**
 * A JSON object that somebody has typed, as it is sent.
 * @param {string} text @param {string} path of the request's field @param {string} otherwise what is said to another value
 * @returns {{ value: JsonObject, json: string, problems: Problem[] } | { value: null, json: null, problems: Problem[] }}
 */
export function readObject(text, path, otherwise) {
  /** @param {string} message */
  const refused = (message) => ({ value: null, json: null, problems: [{ path, message }] })
  try {
    /** @type {unknown} */
    const value = JSON.parse(text)
    if (!isObject(value)) return refused(otherwise)
    const json = compactText(text)
    return { value, json, problems: refusedIn(json, path) }
  } catch {
    return refused(jsonProblem(text))
  }
}

/** What JSON allows and the API refuses: a name given twice, half a character. @param {string} json @param {string} path */
function refusedIn(json, path) {
  /** @type {Problem[]} */
  const problems = []
  const reader = new JsonReader({
    sink: {
      watch: 0,
      value: () => json.length,
      end: () => {},
      part: () => {},
      problem: (where, message) => problems.push({ path: where, message }),
    },
    ...ROW_LIMITS,
    values: { count: 0 },
    path,
  })
  reader.push(json)
  reader.end()
  return problems
}

/** @param {unknown} value @returns {value is JsonObject} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)
