// @ts-check
/** @import { Column, FieldBasis, Row } from "../../types.js" */

import { own, safeUrl } from "../shared/dom.js"
import { elementsOf, fieldsOf, kindOf, makeSpelling, shownText, withoutOpenBidi } from "../shared/domain.js"
import { plain } from "../shared/format.js"

/**
 * The table's columns: every property of the inputs, then every property of the outputs. An output field with an
 * input's name has a column of its own here, so that both can be seen; in `results` and downloads the output wins.
 * Names come from the data (`__proto__` among them), hence a Map.
 */
export class Columns {
  /** @type {Map<string, Column>} */
  #byId = new Map()
  #isKeyChosen = false
  /** @type {Column | undefined} */
  #key
  isKeyGiven = false
  /** Raised when the set of columns or their look changes. */
  version = 0
  /** @type {Column} */
  #toCome = {
    id: "$result",
    kind: "output",
    name: "result",
    description: "",
    numbers: 0,
    others: 0,
    width: 360,
    hidden: false,
  }

  /** Gives the output columns the schema's order and descriptions. @param {string} schema */
  declare(schema) {
    const inner = member(schema, "json_schema") ?? schema
    const properties = member(schema, "properties") ?? member(inner, "properties")
    if (properties === undefined || kindOf(properties) !== "object") return
    for (const [name, property] of fieldsOf(properties)) {
      const column = this.#get("output", name)
      column.width = guessWidth(name, likelyValue(property))
      const description = member(property, "description")
      if (description !== undefined && kindOf(description) === "string")
        column.description = shownText(description)
    }
  }

  /** @param {Row} row */
  see(row) {
    for (const [name, value] of row.input) this.#note(this.#get("input", name), value)
    for (const [name, value] of row.output?.fields ?? []) this.#note(this.#get("output", name), value)
  }

  /** @param {Column} column @param {string} value */
  #note(column, value) {
    if (value === "null") return
    const wasEmpty = column.numbers + column.others === 0
    const wasNumeric = isNumeric(column)
    if (kindOf(value) === "number") column.numbers++
    else column.others++
    // One that people look at keeps its width: the others would move.
    if (wasEmpty && column.drawn === undefined) column.width = guessWidth(column.name, value)
    if (wasEmpty || isNumeric(column) !== wasNumeric) this.version++
  }

  /** @param {Column["kind"]} kind @param {string} name */
  #get(kind, name) {
    const id = `${kind}:${name}`
    let column = this.#byId.get(id)
    if (!column) {
      column = { id, kind, name, description: "", numbers: 0, others: 0, width: 180, hidden: false }
      this.#byId.set(id, column)
      this.version++
    }
    return column
  }

  /** @param {string} id */
  find(id) {
    return this.#byId.get(id)
  }

  all() {
    const columns = [...this.#byId.values()]
    return [...columns.filter((c) => c.kind === "input"), ...columns.filter((c) => c.kind === "output")]
  }

  /**
   * What tells rows apart stands first and stays in sight: the first input with short values that are nearly all
   * different, chosen once; without one, the row's number does. @param {(Row | undefined)[]} rows
   */
  chooseKey(rows) {
    if (this.#isKeyChosen) return
    const seen = rows.slice(0, KEY_SAMPLE).filter((row) => row !== undefined)
    if (seen.length === 0) return
    this.#isKeyChosen = true
    const key = this.all().find((column) => column.kind === "input" && tellsApart(seen, column))
    if (key !== undefined) this.setKey(key, false)
  }

  /** Back to the one that is found. @param {(Row | undefined)[]} rows */
  chooseKeyAgain(rows) {
    if (!this.isKeyGiven) return
    this.setKey(null, false)
    this.#isKeyChosen = false
    this.chooseKey(rows)
  }

  /** The column that tells rows apart. @returns {Column | undefined} */
  get key() {
    return this.#key
  }

  /** From now on it is this one; null: the row's number alone. @param {Column | null} column @param {boolean} [isGiven] by somebody, not found */
  setKey(column, isGiven = true) {
    this.#isKeyChosen = true
    this.isKeyGiven = isGiven
    if (this.#key) this.#key.key = false
    this.#key = column ?? undefined
    if (column) column.key = true
    this.version++
  }

  /** What the row is called beside its number, in one line; empty where nothing says so. @param {Row} row */
  nameOf(row) {
    if (!this.#key) return ""
    const text = plain(valueOf(row, this.#key)).replace(/\s+/g, " ").trim()
    return withoutOpenBidi(
      text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…`.toWellFormed() : text,
    )
  }

  /** How an address names the column: by its name where that is clear, else by its id. @param {Column} column */
  referenceTo(column) {
    const { name, id } = column
    const isPlain = name !== "" && !/^(\$|input:|output:)/.test(name)
    return isPlain && this.all().filter((other) => other.name === name).length === 1 ? name : id
  }

  /** What {@link referenceTo} was given; of two with one name the output. @param {string} reference @returns {Column | undefined} */
  named(reference) {
    return this.find(reference) ?? this.find(`output:${reference}`) ?? this.find(`input:${reference}`)
  }

  /** Before the first output is there, one empty column stands for those to come. */
  visible() {
    const all = this.all()
    const shown = all.filter((column) => !column.hidden)
    shown.sort((a, b) => Number(b.key === true) - Number(a.key === true))
    return all.some((column) => column.kind === "output") ? shown : [...shown, this.#toCome]
  }

  /** @param {Column} column @param {Partial<Pick<Column, "hidden" | "width">>} change */
  change(column, change) {
    Object.assign(column, change)
    this.version++
  }
}

/** So many rows say which column tells rows apart. */
const KEY_SAMPLE = 200
const SHORT_CHARS = 40
const LONGEST_NAME = 80

/** @param {Row[]} rows @param {Column} column */
function tellsApart(rows, column) {
  const values = rows.map((row) => valueOf(row, column))
  const texts = values.filter((value) => value !== undefined && ["string", "number"].includes(kindOf(value)))
  const lengths = texts.map((value) => shownText(value ?? "").length)
  const isShort = lengths.every((length) => length > 0 && length <= SHORT_CHARS)
  return isShort && texts.length === rows.length && new Set(texts).size >= 0.9 * rows.length
}

/** @param {Column} column */
export const isNumeric = (column) => column.numbers > 0 && column.others === 0

/** A member of an object's text. @param {string} json @param {string} name */
const member = (json, name) => (kindOf(json) === "object" ? fieldsOf(json).get(name) : undefined)

/** A value as wide as most of its type, by the type in the schema. */
const LIKELY = new Map([
  ['"boolean"', "true"],
  ['"integer"', "0"],
  ['"number"', "0"],
  ['"array"', "[]"],
  ['"object"', "{}"],
])
const SENTENCE = JSON.stringify("x".repeat(40))

/** Of several types the first but null: an optional field is a union with it. @param {string} property its schema */
function likelyValue(property) {
  const type = member(property, "type") ?? ""
  const types = kindOf(type) === "array" ? elementsOf(type) : [type]
  return LIKELY.get(types.find((one) => one !== '"null"') ?? "") ?? SENTENCE
}

/** @param {string} name @param {string} value */
function guessWidth(name, value) {
  const title = Math.min(260, name.length * 8 + 64)
  const kind = kindOf(value)
  if (kind === "boolean" || (kind === "number" && value.length <= 12)) return Math.max(112, title)
  if (kind === "array" || kind === "object") return Math.max(260, title)
  const text = shownText(value)
  if (safeUrl(text)) return Math.max(220, title)
  return Math.max(title, text.length > 80 ? 360 : text.length > 24 ? 260 : 170)
}

/** The value as JSON text. @param {Row} row @param {Column} column */
export const valueOf = (row, column) =>
  (column.kind === "input" ? row.input : row.output?.fields)?.get(column.name)

/** What columns are called where each needs a name of its own: an input beside an output of its name says so. @param {Column[]} columns */
export function titlesOf(columns) {
  const names = columns.map(({ name }) => name)
  const outputs = new Set(columns.filter(({ kind }) => kind === "output").map(({ name }) => name))
  const spelled = makeSpelling(names, names)
  return columns.map(({ kind, name }) =>
    kind === "input" && outputs.has(name) ? spelled(`${name} (input)`) : name,
  )
}

/** Upstream's basis for an output field; that of a text is called `output`. @param {Row} row @param {string} name @returns {FieldBasis | undefined} */
export function basisOf(row, name) {
  const basis = row.output?.basis
  if (!Array.isArray(basis)) return undefined
  const wanted = basisName(row, name)
  return basis.find((entry) => entry?.field === wanted)
}

/** @param {Row} row @param {string} name */
const basisName = (row, name) => (row.output?.type === "text" && name === "content" ? "output" : name)

/** Whether the row's basis is still to be fetched. @param {Row} row */
export const lacksBasis = (row) => row.output !== null && row.output.basis === undefined

/** Entries for parts of a list field (`executives.0`). @param {Row} row @param {string} name @returns {FieldBasis[]} */
export function nestedBasisOf(row, name) {
  const basis = row.output?.basis
  if (!Array.isArray(basis)) return []
  return basis.filter((entry) => typeof entry?.field === "string" && entry.field.startsWith(`${name}.`))
}

/** @param {Row} row @param {string} name @returns {"high" | "medium" | "low" | null} */
export function confidenceOf(row, name) {
  const stated = lacksBasis(row)
    ? own(row.output?.confidence, basisName(row, name))
    : basisOf(row, name)?.confidence
  return level(stated)
}

/** @param {unknown} confidence @returns {"high" | "medium" | "low" | null} */
export function level(confidence) {
  const text = typeof confidence === "string" ? confidence.toLowerCase() : ""
  return text === "high" || text === "medium" || text === "low" ? text : null
}

/** The least certain of the row's fields. @param {Row} row @returns {"high" | "medium" | "low" | null} */
export function lowestConfidence(row) {
  const stated = lacksBasis(row)
    ? Object.values(row.output?.confidence ?? {})
    : (Array.isArray(row.output?.basis) ? row.output.basis : []).map((b) => b?.confidence)
  const levels = new Set(stated.map(level))
  return levels.has("low") ? "low" : levels.has("medium") ? "medium" : levels.has("high") ? "high" : null
}
