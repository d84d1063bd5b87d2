// @ts-check
/** @import { Fills } from "./fills.js" */

import { compactText, elementsOf, kindOf, readableText, withoutOpenBidi } from "../shared/domain.js"
import { count } from "../shared/format.js"
import { findProcessor } from "../processors.js"
import { PASSED_ON } from "./import/requestDraft.js"
import { unpacked } from "./packed.js"
import { prettyRows } from "./request.js"
import { PLACEHOLDER, withoutHeaders } from "./secrets.js"

/**
 * A link that fills the form has everything in its fragment, which reaches no server: `#question=…&rows=…`, in the names
 * of the API or in the form's, percent-encoded. All of it is data that somebody wrote; nothing of it is sent by opening it.
 *
 * `label` names what was taken; `ignored` are sentences about what was not; `again` is a group's id.
 * @typedef {{ fills: Fills, isWhole: boolean, again: string | null, taken: string[], ignored: string[], toOthers: string[] }} Link
 */

/** More than any browser takes from an address bar. */
const MOST_CHARS = 1_000_000
const MOST_NAMES = 64
/** In controls of one line. */
const MOST_LINE = 2_000

const GROUP_ID = /^[A-Za-z0-9_-]{8,128}$/
const SECRETS = /key|secret|token|authorization|headers?$|password|credential/i

/** Names, and what they are called here. @type {Map<string, keyof Fills>} */
const TEXTS = new Map([
  ["question", "question"],
  ["output_description", "question"],
  ["rows", "rows"],
  ["inputs", "rows"],
  ["inputs_url", "inputsUrl"],
  ["output_schema", "schema"],
  ["title", "title"],
  ["limit", "limit"],
  ["max_cost_usd", "maxCost"],
  ["metadata", "metadata"],
  ["webhook_url", "webhook"],
])
const LINES = ["inputs_url", "title", "limit", "max_cost_usd", "webhook_url"]

const KNOWN = [
  ...["question", "output_type", "output_schema", "rows", "inputs_url", "processor", "title", "limit"],
  ...["max_cost_usd", "skip_empty", "metadata", "webhook_url", ...PASSED_ON, "rest", "again"],
]

/** What the form calls them. @type {Map<keyof Fills, string>} */
const LABELS = new Map([
  ["question", "what you want to know"],
  ["outputType", "kind of answer"],
  ["schema", "fields"],
  ["rows", "rows"],
  ["inputsUrl", "address of the rows"],
  ["processor", "processor"],
  ["title", "title"],
  ["limit", "only the first n rows"],
  ["maxCost", "never more than $"],
  ["skipEmpty", "skip empty rows"],
  ["metadata", "metadata"],
  ["webhook", "webhook"],
  ["others", "other request fields"],
])

/** Whether a fragment is meant to fill the form; others lead to a place on the page. @param {string} fragment */
export const isLink = (fragment) => /^#?[^=&]+=/.test(fragment)

/** @param {string} fragment of an address @returns {Promise<Link>} */
export async function readLink(fragment) {
  const link = new Reader()
  const text = fragment.replace(/^#/, "")
  if (text.length > MOST_CHARS)
    link.ignored.push(
      `The link has ${count(text.length)} characters, more than the ${count(MOST_CHARS)} that are read: nothing of it was taken. Have it give rows by their address, as inputs_url.`,
    )
  else await link.readAll(text)
  return link.result()
}

class Reader {
  /** @type {Fills} */
  fills = {}
  isWhole = false
  /** @type {string | null} */
  again = null
  /** @type {string[]} */
  ignored = []
  /** @type {string[]} */
  toOthers = []
  /** @type {Map<string, string>} */
  #others = new Map()
  /** @type {string[]} */
  #secrets = []
  /** @type {string[]} */
  #unknown = []

  /** @param {string} text @param {boolean} [mayUnpack] */
  async readAll(text, mayUnpack = true) {
    /** @type {Set<string>} */
    const seen = new Set()
    const pairs = text.split("&", MOST_NAMES + 1).filter(Boolean)
    if (pairs.length > MOST_NAMES)
      this.ignored.push(`Only the first ${MOST_NAMES} parts of the link were read.`)
    for (const pair of pairs.slice(0, MOST_NAMES)) {
      const at = pair.indexOf("=")
      const name = decoded(at < 0 ? pair : pair.slice(0, at))
      const value = decoded(at < 0 ? "" : pair.slice(at + 1))
      if (name === null || value === null)
        this.ignored.push(
          `“${shown(pair)}” was left out: it is not percent-encoded as UTF-8 (a % itself is written %25).`,
        )
      else if (seen.has(name)) this.ignored.push(`“${shown(name)}” is there twice: the first was taken.`)
      else if (name === "packed" && mayUnpack) await this.#unpack(value)
      else this.#take(name, value)
      if (name !== null) seen.add(name)
    }
  }

  /** @param {string} value */
  async #unpack(value) {
    const text = await unpacked(value)
    if (text === null)
      this.ignored.push(
        "The link is damaged, or larger than is read: nothing of it was taken. Copy it once more.",
      )
    else await this.readAll(text, false)
  }

  /** @param {string} name @param {string} value */
  #take(name, value) {
    const key = TEXTS.get(name)
    if (name === "rest") this.isWhole = value === "empty"
    else if (name === "again") this.#takeGroup(value)
    else if (key !== undefined) this.#takeText(name, key, value)
    else if (name === "output_type") this.#takeType(value)
    else if (name === "processor") this.#takeProcessor(value)
    else if (name === "skip_empty") this.fills.skipEmpty = /^(true|1|yes|on)$/i.test(value)
    else if (PASSED_ON.includes(name)) this.#takeOther(name, value)
    else (SECRETS.test(name) ? this.#secrets : this.#unknown).push(`“${shown(name)}”`)
  }

  /** @param {string} name @param {keyof Fills} key @param {string} value */
  #takeText(name, key, value) {
    // The API takes an address in the place of rows.
    const isAddress = key === "rows" && /^\s*https?:\/\/\S+\s*$/.test(value)
    if (LINES.includes(name) && value.length > MOST_LINE)
      this.ignored.push(
        `“${name}” was left out: it has ${count(value.length)} characters, more than ${count(MOST_LINE)}.`,
      )
    else Object.assign(this.fills, { [isAddress ? "inputsUrl" : key]: isAddress ? value.trim() : value })
  }

  /** @param {string} value */
  #takeGroup(value) {
    if (GROUP_ID.test(value)) this.again = value
    else this.ignored.push(`“${shown(value)}” is no group's id: 8 to 128 letters, digits, “_” and “-”.`)
  }

  /** @param {string} value */
  #takeType(value) {
    if (value === "json" || value === "text") this.fills.outputType = value
    else this.ignored.push(`The kind of answer “${shown(value)}” was left out: it is json or text.`)
  }

  /** @param {string} value */
  #takeProcessor(value) {
    if (value === "" || findProcessor(value)) this.fills.processor = value
    else this.ignored.push(`The processor “${shown(value)}” is none that this page knows: choose one.`)
  }

  /** @param {string} name @param {string} value */
  #takeOther(name, value) {
    const json = jsonIn(value)
    const isText = name === "previous_interaction_id" || name === "memory_scope_key"
    if (json === null && !isText) {
      this.ignored.push(`“${name}” was left out: it is not JSON.`)
      return
    }
    const text = isText && (json === null || kindOf(json) !== "string") ? JSON.stringify(value) : (json ?? "")
    const open = name === "mcp_servers" ? withoutHeaders(text) : text
    if (open !== text)
      this.ignored.push(
        `Headers of MCP servers were left out: they do not belong into a link. Put them in yourself where it says ${PLACEHOLDER}.`,
      )
    this.#others.set(name, open)
  }

  /** @returns {Link} */
  result() {
    const { fills, isWhole, again, ignored, toOthers } = this
    if (this.#secrets.length > 0)
      ignored.unshift(
        `Left out: ${this.#secrets.join(", ")}. Keys and secrets do not belong into a link: type them in yourself.`,
      )
    if (this.#unknown.length > 0)
      ignored.push(`Left out: ${this.#unknown.join(", ")}. What a link may carry: ${KNOWN.join(", ")}.`)
    if (this.#others.size > 0) {
      const json = [...this.#others].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")
      fills.others = readableText(`{${json}}`, 2)
    }
    if (fills.outputType === "text" && fills.schema !== undefined) {
      delete fills.schema
      ignored.push("“output_schema” was left out: it does not go with text.")
    }
    if (fills.webhook)
      toOthers.push(`The webhook ${shown(fills.webhook, 200)} gets the address of your results.`)
    if (this.#others.has("mcp_servers"))
      toOthers.push("The MCP servers are asked by your runs, and see what these ask.")
    if (fills.rows !== undefined && fills.inputsUrl !== undefined) delete fills.rows
    const [rows, schema] = [jsonIn(fills.rows ?? ""), jsonIn(fills.schema ?? "")]
    if (rows !== null && kindOf(rows) === "array") fills.rows = prettyRows(elementsOf(rows))
    if (schema !== null) fills.schema = readableText(schema, 2)
    const taken = Object.keys(fills).map((key) => LABELS.get(/** @type {keyof Fills} */ (key)) ?? key)
    if (fills.rows !== undefined) fills.rowsName = "rows of the link"
    return { fills, isWhole, again, taken, ignored, toOthers }
  }
}

/** A plus is a blank, as forms and most programs write it; a plus itself is %2B. @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return null
  }
}

/** What a link says, in a sentence of ours. @param {string} text @param {number} [most] */
const shown = (text, most = 60) =>
  withoutOpenBidi(text.length > most ? `${text.slice(0, most)}…` : text).replace(/\s+/g, " ")

/** @param {string} text */
function jsonIn(text) {
  try {
    JSON.parse(text)
    return compactText(text)
  } catch {
    return null
  }
}
