// @ts-check
import { compactText, fieldsOf, kindOf, shownText } from "../../shared/domain.js"
import { isCurl, readCurl } from "./curl.js"

/**
 * A whole request, as documentation and our own code snippets have it: its rows, and what else it says.
 *
 * @typedef {{ fields: ReadonlyMap<string, string>, dropped: readonly string[], url: string | null, rows: string, from: string }} WholeRequest
 *   `fields`: all but the rows, as JSON text, never a key; `dropped`: names of what held one; `url`: where the rows are, else
 *   they are `rows`, in any format; `from`: what it was, in words
 */

/** Other fields that make sure that it is a request and no row. */
const FIELDS =
  /^(?:output|output_type|output_description|output_schema|processor|webhook_url|limit|max_cost_usd|dry_run|title|skip_empty)$/
const SECRETS = /^(?:api_?key|x-api-key|authorization|key|token|access_token)$/i

/** @param {string} text @returns {WholeRequest | { problem: string } | null} null: it is none */
export function readRequest(text) {
  if (isCurl(text)) return fromCurl(text)
  return fromBody(text, [], "a whole request")
}

/** @param {string} text */
function fromCurl(text) {
  const read = readCurl(text)
  if ("problem" in read) return read
  const found = fromBody(read.body, read.dropped, "a curl line")
  return (
    found ?? {
      fields: new Map(),
      dropped: read.dropped,
      url: null,
      rows: read.body,
      from: "a curl line",
    }
  )
}

/** @param {string} text @param {readonly string[]} dropped @param {string} from @returns {WholeRequest | null} */
function fromBody(text, dropped, from) {
  if (!/^\s*\{/.test(text) || !text.includes('"inputs"')) return null
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  const all = fieldsOf(compactText(text))
  const inputs = all.get("inputs")
  if (inputs === undefined) return null
  const others = [...all].filter(([name]) => name !== "inputs")
  const kind = kindOf(inputs)
  if (kind !== "array" && !(kind === "string" && others.some(([name]) => FIELDS.test(name)))) return null
  const secret = others.filter(([name]) => SECRETS.test(name)).map(([name]) => name)
  const fields = new Map(others.filter(([name]) => !SECRETS.test(name)))
  const rows = kind === "string" ? shownText(inputs) : inputs
  const isUrl = kind === "string" && /^\s*https?:\/\/\S+\s*$/i.test(rows)
  return { fields, dropped: [...dropped, ...secret], url: isUrl ? rows.trim() : null, rows, from }
}

/**
 * Whether a text may be kept in this browser: a curl line holds a key as a rule, and a request may hold secrets, also while
 * it is still being typed.
 * @param {string} text
 */
export const mayBeKept = (text) =>
  !isCurl(text) &&
  !(
    /^\s*\{/.test(text) &&
    /"(?:webhook_secret|mcp_servers|headers|authorization|x-api-key|api_?key)"\s*:/i.test(text)
  )
