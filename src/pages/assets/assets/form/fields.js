// @ts-check
/** @import { Json, JsonObject, Problem } from "../../types.js" */

import { own } from "../shared/dom.js"
import { fieldsOf } from "../shared/domain.js"
import { isObject } from "./parse.js"

/**
 * The field editor's model, and its translation from and to JSON Schema. The editor knows flat fields; any other
 * schema stays as JSON.
 *
 * @typedef {{ name: string, kind: Kind, description: string, choices: string[], optional: boolean }} Field
 * @typedef {"string" | "integer" | "number" | "boolean" | "strings" | "numbers"} Kind
 */

/** @type {[Kind, string][]} */
export const kinds = [
  ["string", "Text"],
  ["integer", "Whole number"],
  ["number", "Number"],
  ["boolean", "Yes / no"],
  ["strings", "List of texts"],
  ["numbers", "List of numbers"],
]

/** @param {Field} field @returns {JsonObject} */
function propertyOf({ kind, description, choices, optional }) {
  const type = kind === "strings" || kind === "numbers" ? "array" : kind
  /** @type {JsonObject} */
  const property = { type: optional ? [type, "null"] : type }
  if (kind === "strings") property.items = { type: "string" }
  if (kind === "numbers") property.items = { type: "number" }
  // A choice that may be missing has to list null too.
  if (kind === "string" && choices.length > 0) property.enum = optional ? [...choices, null] : choices
  if (description !== "") property.description = description
  return property
}

/** The schema's text. An optional field is one that may be null; upstream wants all of them in `required`. @param {Field[]} fields @param {string} about the whole */
export function schemaOf(fields, about) {
  // A Map keeps the order of names that look like numbers, too.
  const properties = new Map(
    fields.filter(({ name }) => name !== "").map((field) => [field.name, JSON.stringify(propertyOf(field))]),
  )
  const members = [...properties].map(([name, property]) => `${JSON.stringify(name)}:${property}`)
  const required = JSON.stringify([...properties.keys()])
  const said = about === "" ? "" : `,"description":${JSON.stringify(about)}`
  return `{"type":"object","properties":{${members.join(",")}},"required":${required},"additionalProperties":false${said}}`
}

/** @param {string} json text of a schema @returns {Field[] | null} null: the editor cannot show it without losing something */
export function fieldsIn(json) {
  const schema = JSON.parse(json)
  const properties = own(schema, "properties")
  if (own(schema, "type") !== "object" || !isObject(properties)) return null
  const names = fieldsOf(fieldsOf(json).get("properties") ?? "{}").keys()
  const fields = [...names].map((name) => fieldOf(name, own(properties, name)))
  if (fields.some((field) => field === null)) return null
  const complete = /** @type {Field[]} */ (fields)
  return sameJson(JSON.parse(schemaOf(complete, aboutIn(json))), schema) ? complete : null
}

/** What a schema says about the whole: a suggested one repeats the question there. @param {string} json */
export function aboutIn(json) {
  const about = own(JSON.parse(json), "description")
  return typeof about === "string" ? about : ""
}

/** @param {string} name @param {Json} property @returns {Field | null} */
function fieldOf(name, property) {
  if (!isObject(property)) return null
  const types = Array.isArray(property.type) ? property.type : [property.type]
  const optional = types.includes("null")
  const [type, another] = types.filter((t) => t !== "null")
  if (another !== undefined || typeof type !== "string") return null
  const item = isObject(property.items) ? property.items.type : undefined
  const kind = type === "array" ? (item === "number" ? "numbers" : "strings") : type
  if (!kinds.some(([known]) => known === kind)) return null
  const choices = (Array.isArray(property.enum) ? property.enum : []).filter((c) => typeof c === "string")
  return {
    name,
    kind: /** @type {Kind} */ (kind),
    description: String(property.description ?? ""),
    choices,
    optional,
  }
}

/** @param {unknown} a @param {unknown} b @returns {boolean} */
function sameJson(a, b) {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((v, n) => sameJson(v, b[n]))
  if (!isObject(a) || !isObject(b)) return a === b
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  )
}

const forbidden = new Set(
  "contains format maxContains maxItems maxLength maxProperties maximum minContains minItems minLength minimum minProperties multipleOf pattern patternProperties propertyNames uniqueItems unevaluatedItems unevaluatedProperties".split(
    " ",
  ),
)

/** What upstream would refuse, said before submitting. @param {JsonObject} schema @returns {Problem[]} */
export function schemaProblems(schema) {
  /** @type {Problem[]} */
  const problems = []
  /** @param {string} path @param {string} message */
  const add = (path, message) => problems.push({ path: `output_schema${path}`, message })
  if (own(schema, "type") !== "object") add(".type", 'The schema\'s type must be "object".')
  const properties = own(schema, "properties")
  if (!isObject(properties) || Object.keys(properties).length === 0)
    add(".properties", "The schema needs at least one field.")
  if (Object.hasOwn(schema, "anyOf")) add(".anyOf", "anyOf is not allowed at the top of the schema.")
  /** @param {unknown} node @param {string} path @param {number} depth */
  const walk = (node, path, depth) => {
    if (!isObject(node)) return
    if (depth > 5) return void add(path, "The schema is nested deeper than 5 levels.")
    for (const key of Object.keys(node))
      if (forbidden.has(key))
        add(`${path}.${key}`, `"${key}" is not supported; say it in the description instead.`)
    const inner = own(node, "properties")
    if (isObject(inner))
      for (const key of Object.keys(inner)) walk(own(inner, key), `${path}.properties.${key}`, depth + 1)
    walk(own(node, "items"), `${path}.items`, depth + 1)
    const unions = own(node, "anyOf")
    if (Array.isArray(unions))
      for (const [n, union] of unions.entries()) walk(union, `${path}.anyOf[${n}]`, depth)
  }
  walk(schema, "", 0)
  return problems
}
