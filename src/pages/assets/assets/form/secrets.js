// @ts-check
import { elementsOf, fieldsOf, kindOf } from "../shared/domain.js"

/**
 * What a request holds that others must not see. It is sent, and kept nowhere else: neither in a draft nor in a snippet
 * nor in the list of groups. In its place stands this, which nobody takes for a secret.
 */
export const PLACEHOLDER = "YOUR_SECRET"

const HIDDEN = JSON.stringify(PLACEHOLDER)

/** A field as people may see it. @param {string} name @param {string} json @returns {string} */
export const withoutSecrets = (name, json) =>
  name === "webhook_secret" ? `"whsec_${PLACEHOLDER}"` : name === "mcp_servers" ? withoutHeaders(json) : json

/** Headers at any depth: what has been put in the wrong place is no less secret. @param {string} json @returns {string} */
export function withoutHeaders(json) {
  const kind = kindOf(json)
  if (kind === "array") return `[${elementsOf(json).map(withoutHeaders).join(",")}]`
  if (kind !== "object") return json
  return objectOf(json, (name, value) => (/^headers?$/i.test(name) ? hidden(value) : withoutHeaders(value)))
}

/** @param {string} json */
const hidden = (json) =>
  kindOf(json) === "object" ? objectOf(json, () => HIDDEN) : kindOf(json) === "null" ? json : HIDDEN

/** @param {string} json @param {(name: string, value: string) => string} value */
const objectOf = (json, value) =>
  `{${[...fieldsOf(json)].map(([name, text]) => `${JSON.stringify(name)}:${value(name, text)}`).join(",")}}`
