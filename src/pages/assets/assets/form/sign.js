// @ts-check
/** @import { MultitaskRequest } from "../../types.js" */

import { hash } from "../shared/hash.js"
import { requestText } from "./request.js"
import { withoutSecrets } from "./secrets.js"

/** By which one tells whether a request is still the same, over a reload too. Made of what may be kept: not of secrets. */

/** Rows may be megabytes, and are asked for at each key that is pressed. @type {WeakMap<readonly string[], string>} */
const rowSigns = new WeakMap()

/** @param {MultitaskRequest} request @param {readonly string[]} [without] names of fields that do not count */
export function signOf(request, without = []) {
  const { inputs } = request
  let rows = "url" in inputs ? inputs.url : rowSigns.get(inputs)
  if (rows === undefined) rows = hash(/** @type {readonly string[]} */ (inputs).join("\n"))
  if (!("url" in inputs)) rowSigns.set(inputs, rows)
  const more = [...(request.more ?? [])]
    .filter(([name]) => !without.includes(name))
    .map(([name, json]) => /** @type {const} */ ([name, withoutSecrets(name, json)]))
  return hash(requestText({ ...request, inputs: { url: rows }, more: new Map(more) }))
}
