// @ts-check
/** @import { Problem } from "../../types.js" */

import { byId, fill, h } from "../shared/dom.js"
import { count } from "../shared/format.js"

/** Problems are shown at the field they are about, whether this page or the API found them. */

const MOST_SHOWN = 5

/** @type {[RegExp, string][]} where in the form the parts of a request are */
const places = [
  [/^inputs/, "inputs"],
  [/^output_schema/, "output-schema"],
  [/^output_description/, "output-description"],
  [/^output_type/, "output-type"],
  [/^processor/, "processor"],
  [/^webhook_url/, "webhook-url"],
  [/^limit/, "limit"],
  [/^max_cost_usd/, "max-cost"],
  [/^title/, "title"],
  [/^skip_empty/, "skip-empty"],
  [/^metadata/, "metadata"],
  [/^webhook_secret/, "webhook-secret"],
  [
    /^(other_fields|source_policy|mcp_servers|advanced_settings|previous_interaction_id|memory_scope_key|enable_events)/,
    "other-fields",
  ],
  [/^(x-api-key|api_key|authorization)/i, "api-key"],
]

/** @param {string} path */
export const placeOf = (path) => places.find(([pattern]) => pattern.test(path))?.[1] ?? "form"

/** A row's number as people count. @param {Problem} problem */
function words({ path, message }) {
  const row = /^inputs\[(\d+)\](.*)$/.exec(path)
  if (row)
    return `Row ${count(Number(row[1]) + 1)}${row[2] ? ` (${row[2].replace(/^\./, "")})` : ""}: ${message}`
  const deep = /^(?:output_schema|metadata|other_fields)[.[](.+)$/.exec(path)
  // Of what is written together, which of it.
  const name = deep?.[1] ?? (placeOf(path) === "other-fields" && path !== "other_fields" ? path : null)
  return name === null ? message : `${name}: ${message}`
}

/**
 * @param {Problem[]} problems
 * @param {(place: string) => HTMLElement} fieldOf the control of a place
 * @returns {HTMLElement | null} the first control with a problem
 */
export function showProblems(problems, fieldOf) {
  /** @type {Map<string, Problem[]>} */
  const byPlace = Map.groupBy(problems, ({ path }) => placeOf(path))
  /** @type {HTMLElement | null} */
  let first = null
  for (const place of [...places.map(([, name]) => name), "form"]) {
    const box = byId(`${place}-error`)
    const found = byPlace.get(place) ?? []
    const texts = found.slice(0, MOST_SHOWN).map(words)
    if (found.length > MOST_SHOWN) texts.push(`and ${count(found.length - MOST_SHOWN)} more`)
    const field = fieldOf(place)
    // Written anew only when it changed: it is announced.
    if (box.textContent !== texts.join(""))
      fill(
        box,
        texts.map((text) => h("p", {}, text)),
      )
    box.hidden = texts.length === 0
    if (place === "form") continue
    if (found.length > 0) field.setAttribute("aria-invalid", "true")
    else field.removeAttribute("aria-invalid")
    if (found.length === 0) continue
    first ??= field
    const folded = field.closest("details")
    if (folded) folded.open = true
  }
  return first
}
