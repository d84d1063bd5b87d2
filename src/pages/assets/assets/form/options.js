// @ts-check
/** @import { Problem } from "../../types.js" */

import { byId, own } from "../shared/dom.js"
import { compactText, fieldsOf, readableText } from "../shared/domain.js"
import { PASSED_ON } from "./import/requestDraft.js"
import { isObject, readObject } from "./parse.js"
import { PLACEHOLDER, withoutHeaders } from "./secrets.js"

/** @param {string} id */
const control = (id) => /** @type {HTMLInputElement} */ (byId(id))

/** What limits a request, who it is for, and what is passed on; all of it optional. */
export class Options {
  #limit = control("limit")
  #maxCost = control("max-cost")
  #title = control("title")
  #skipEmpty = control("skip-empty")
  #metadata = control("metadata")
  #secret = control("webhook-secret")
  #others = control("other-fields")
  /** Those whose text is kept as it is. */
  #plain = { limit: this.#limit, maxCost: this.#maxCost, title: this.#title, metadata: this.#metadata }
  /** What is said where something was not kept. */
  #gone = { secret: byId("secret-gone"), others: byId("others-gone") }
  #more = /** @type {HTMLDetailsElement} */ (byId("more-options"))

  /** @param {{ changed: () => void, left: () => void }} events */
  constructor({ changed, left }) {
    for (const one of [...Object.values(this.#plain), this.#others, this.#secret, this.#skipEmpty]) {
      one.addEventListener("input", changed)
      // Whoever leaves it by pressing a button must find that where it was when letting go.
      one.addEventListener("blur", () => setTimeout(left, 200))
    }
    this.#secret.addEventListener("input", () => (this.#gone.secret.hidden = true))
    this.#others.addEventListener("input", () => (this.#gone.others.hidden = true))
  }

  get skipEmpty() {
    return this.#skipEmpty.checked
  }

  /** @returns {number | null} how many rows at most */
  get limit() {
    const text = this.#limit.value.trim()
    return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
  }

  /** @returns {number | null} what it may cost at most, in US dollars */
  get budget() {
    const text = this.#maxCost.value.trim()
    return /^(0|[1-9]\d{0,8})(\.\d{1,6})?$/.test(text) ? Number(text) : null
  }

  /** @returns {{ fields: Map<string, string>, problems: Problem[] }} fields of the request as JSON text */
  read() {
    /** @type {Map<string, string>} */
    const fields = new Map()
    /** @type {Problem[]} */
    const problems = []
    /** @param {string} path @param {string} message */
    const refuse = (path, message) => problems.push({ path, message })
    const [limit, maxCost, title, secret] = [this.#limit, this.#maxCost, this.#title, this.#secret].map(
      (one) => one.value.trim(),
    )
    if (limit && this.limit === null)
      refuse("limit", "Give a whole number from 1 on, or nothing for all rows.")
    else if (limit) fields.set("limit", limit)
    if (maxCost && this.budget === null)
      refuse("max_cost_usd", "Give an amount in dollars such as 2.50, or nothing for no bound.")
    else if (maxCost) fields.set("max_cost_usd", maxCost)
    if (this.skipEmpty) fields.set("skip_empty", "true")
    if (title) fields.set("title", JSON.stringify(title))
    if (secret && !isSigningSecret(secret))
      refuse("webhook_secret", 'Give "whsec_" and base64 of 24 to 64 bytes behind it.')
    else if (secret) fields.set("webhook_secret", JSON.stringify(secret))
    this.#readMetadata(fields, problems)
    this.#readOthers(fields, problems)
    return { fields, problems }
  }

  /** @param {Map<string, string>} fields @param {Problem[]} problems */
  #readMetadata(fields, problems) {
    if (this.#metadata.value.trim() === "") return
    const read = readObject(this.#metadata.value, "metadata", "Give a JSON object of texts.")
    problems.push(...read.problems)
    if (read.json === null) return
    fields.set("metadata", read.json)
    for (const [name, value] of fieldsOf(read.json))
      if (!value.startsWith('"'))
        problems.push({ path: `metadata.${name}`, message: "must be a text, in double quotes." })
  }

  /** @param {Map<string, string>} fields @param {Problem[]} problems */
  #readOthers(fields, problems) {
    if (this.#others.value.trim() === "") return
    const read = readObject(this.#others.value, "other_fields", `Give a JSON object with ${names}.`)
    problems.push(...read.problems)
    for (const [name, value] of fieldsOf(read.json ?? "{}"))
      if (PASSED_ON.includes(name)) fields.set(name, value)
      else problems.push({ path: "other_fields", message: `"${name}" is none of ${names}.` })
    if (fields.get("mcp_servers")?.includes(PLACEHOLDER))
      problems.push({
        path: "mcp_servers",
        message: `Headers are not kept while you are away. Put them in again where it says ${PLACEHOLDER}.`,
      })
  }

  /** What `restore` needs, without what is secret. */
  draft() {
    const texts = Object.entries(this.#plain).map(([name, one]) => [name, one.value])
    return {
      ...Object.fromEntries(texts),
      skipEmpty: this.skipEmpty,
      others: shareable(this.#others.value),
      hadSecret: this.#secret.value.trim() !== "",
    }
  }

  /** @param {unknown} draft */
  restore(draft) {
    const text = (/** @type {string} */ name) => String(own(draft, name) ?? "")
    for (const [name, one] of Object.entries(this.#plain)) one.value = text(name)
    this.#others.value = text("others")
    this.#skipEmpty.checked = own(draft, "skipEmpty") === true
    this.#gone.secret.hidden = own(draft, "hadSecret") !== true
    this.#gone.others.hidden = own(draft, "others") !== null
    const isUsed = ["title", "metadata", "others"].some((name) => text(name) !== "")
    this.#more.open = isUsed || this.skipEmpty || Object.values(this.#gone).some((said) => !said.hidden)
  }
}

const names = PASSED_ON.join(", ")

/** The text without headers; null where it is no JSON, since nobody knows what is secret in it. @param {string} text */
function shareable(text) {
  if (text.trim() === "") return ""
  try {
    if (!isObject(JSON.parse(text))) return null
  } catch {
    return null
  }
  const json = compactText(text)
  const shown = withoutHeaders(json)
  return shown === json ? text : readableText(shown, 2)
}

/** As Standard Webhooks has it. @param {string} secret */
function isSigningSecret(secret) {
  const base64 = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret)?.[1]
  if (base64 === undefined) return false
  const bytes = atob(base64).length
  return bytes >= 24 && bytes <= 64
}
