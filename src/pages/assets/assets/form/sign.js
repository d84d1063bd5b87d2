// @ts-check
/** @import { MultitaskRequest } from "../../types.js" */

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

/** 53 bits (cyrb53). Two that are the same by chance do no harm: the server compares texts. @param {string} text */
function hash(text) {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return `${text.length}-${((b >>> 0) * 0x200000 + (a >>> 11)).toString(36)}`
}
