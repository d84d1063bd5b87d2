import { compactJson, describeJson, inspectJson, isJsonObject, own, type JsonObject } from "./Json.ts"
import { LISTS, MAPS, ONE, type SchemaAt } from "./OutputSchemaParts.ts"
import { checkRefs } from "./OutputSchemaRefs.ts"
import { checkRequired } from "./OutputSchemaRequired.ts"
import { childPath, shorten, type Problem } from "./Problem.ts"

/** Parallel's documented limits for output schemas. */
const MAX_PROPERTIES = 100
const MAX_ENUM_VALUES = 500
const LONG_ENUM_VALUES = 250
const LONG_ENUM_CHARS = 7_500
const MAX_STRING_CHARS = 25_000
/** Parallel's guides disagree, 5 or 3: above 3 may be refused upstream, above 5 is. The root object is level 1. */
const ADVISED_LEVELS = 3
const MAX_LEVELS = 5

/**
 * A schema within the limits has few values and little depth (a level of objects takes two levels of JSON, `anyOf` two
 * more). What exceeds this is no schema to be explained point by point, and below it recursion is safe.
 */
export const JSON_BOUNDS = { maxDepth: 64, maxValues: 15_000 }

const TYPES: ReadonlyArray<unknown> = ["object", "array", "string", "number", "integer", "boolean", "null"]

const FORBIDDEN: ReadonlyArray<string> = (
  "contains format maxContains maxItems maxLength maxProperties maximum minContains minItems minLength minProperties " +
  "minimum multipleOf pattern patternProperties propertyNames unevaluatedItems unevaluatedProperties uniqueItems"
).split(" ")

/** The basis that comes with every output already has these. */
const RESERVED: ReadonlyArray<string> =
  "citations confidence evidence reasoning source sources source_urls".split(" ")

export interface SchemaFindings {
  readonly errors: ReadonlyArray<Problem>
  readonly warnings: ReadonlyArray<string>
}

/** What the walk collects. The last four become one warning each, whatever the number of places. */
interface Findings {
  readonly errors: Array<Problem>
  properties: number
  enumValues: number
  nameChars: number
  readonly deep: Array<string>
  readonly notRequired: Array<string>
  readonly open: Array<string>
  readonly reserved: Array<string>
}

interface Place {
  readonly path: string
  /** Levels of objects and arrays around this schema. */
  readonly level: number
  /** Here `type: "null"` makes a field optional instead of pointless. */
  readonly inUnion: boolean
}

/**
 * Checks an output schema against the subset of JSON Schema and the sizes that Parallel documents. Errors are what
 * Parallel refuses or nobody can have meant, warnings what it merely advises against. Keywords the documentation does
 * not mention (`oneOf`, `const`, …) pass. `root` is what stands for a root that is a reference, null when that is
 * not known.
 */
export const checkOutputSchema = (schema: unknown, path: string, root?: SchemaAt | null): SchemaFindings => {
  if (!isJsonObject(schema)) {
    const message = `must be a JSON Schema object, not ${describeJson(schema)}.`
    return { errors: [{ path, message }], warnings: [] }
  }
  const inspection = inspectJson(schema, path, JSON_BOUNDS)
  if (inspection.problem !== null) return { errors: [inspection.problem], warnings: [] }
  const found: Findings = {
    errors: [],
    properties: 0,
    enumValues: 0,
    nameChars: 0,
    deep: [],
    notRequired: [],
    open: [],
    reserved: [],
  }
  if (root !== null) checkRoot(root ?? { schema, path }, found)
  // inUnion: about a root that is null only, checkRoot has spoken
  checkSchema(schema, { path, level: 0, inUnion: true }, found)
  found.errors.push(...checkRefs(schema, path), ...checkRequired(schema, path))
  checkTotals(inspection.stringLength + found.nameChars, path, found)
  return { errors: found.errors, warnings: warningsOf(found, path) }
}

const checkRoot = ({ schema, path }: SchemaAt, { errors }: Findings): void => {
  const type = own(schema, "type")
  // a type that no schema has is reported by the walk
  if (type !== "object" && (type === undefined || isKnownType(type)))
    errors.push({
      path: childPath(path, "type"),
      message:
        'must be "object": Parallel returns an object per input. Put anything else into a property of it.',
    })
  const properties = own(schema, "properties")
  if (properties === undefined || (isJsonObject(properties) && Object.keys(properties).length === 0))
    errors.push({ path: childPath(path, "properties"), message: "must name at least one output field." })
  if (own(schema, "anyOf") !== undefined)
    errors.push({
      path: childPath(path, "anyOf"),
      message: "is not supported by Parallel at the root. Move it into a property.",
    })
}

const isKnownType = (type: unknown): boolean =>
  Array.isArray(type) ? type.length > 0 && type.every((one) => TYPES.includes(one)) : TYPES.includes(type)

/** Recursion is bounded by `JSON_BOUNDS`: `inspectJson` has passed. */
const checkSchema = (schema: unknown, place: Place, found: Findings): void => {
  if (!isJsonObject(schema)) {
    const message = `must be a JSON Schema object, not ${describeJson(schema)}.`
    found.errors.push({ path: place.path, message })
    return
  }
  for (const keyword of FORBIDDEN) {
    if (!Object.hasOwn(schema, keyword)) continue
    const message = "is not supported by Parallel. Remove it and state the constraint in the description."
    found.errors.push({ path: childPath(place.path, keyword), message })
  }
  checkType(schema, place, found)
  checkEnum(schema, place, found)
  const description = own(schema, "description")
  if (description !== undefined && typeof description !== "string")
    found.errors.push({
      path: childPath(place.path, "description"),
      message: `must be text, not ${describeJson(description)}.`,
    })
  checkObject(schema, place, found)
  const level = nests(schema) ? place.level + 1 : place.level
  // only where the limit is crossed, not again at everything below
  if (level > place.level && level === ADVISED_LEVELS + 1) found.deep.push(place.path)
  if (level > place.level && level === MAX_LEVELS + 1)
    found.errors.push({
      path: place.path,
      message: `is level ${level} of nested objects and arrays; Parallel accepts at most ${MAX_LEVELS}. Flatten the schema.`,
    })
  checkChildren(schema, place.path, level, found)
}

const nests = (schema: JsonObject): boolean => {
  const type = own(schema, "type")
  const types: ReadonlyArray<unknown> = Array.isArray(type) ? type : [type]
  return (
    types.includes("object") ||
    types.includes("array") ||
    Object.hasOwn(schema, "properties") ||
    Object.hasOwn(schema, "items")
  )
}

const checkType = (schema: JsonObject, place: Place, { errors }: Findings): void => {
  const type = own(schema, "type")
  const path = childPath(place.path, "type")
  if (type === undefined) return
  if (!isKnownType(type)) {
    errors.push({ path, message: `must be one of ${TYPES.join(", ")}, or a non-empty list of these.` })
    return
  }
  const onlyNull = Array.isArray(type) ? type.every((one) => one === "null") : type === "null"
  if (onlyNull && !place.inUnion)
    errors.push({ path, message: 'must not be null alone. Use a union such as ["string", "null"].' })
}

const checkEnum = (schema: JsonObject, place: Place, found: Findings): void => {
  const values = own(schema, "enum")
  const path = childPath(place.path, "enum")
  if (values === undefined) return
  if (!Array.isArray(values) || values.length === 0) {
    found.errors.push({ path, message: "must be a non-empty list of values." })
    return
  }
  found.enumValues += values.length
  if (values.length <= LONG_ENUM_VALUES) return
  const chars = values.reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value : compactJson(value)).length,
    0,
  )
  if (chars > LONG_ENUM_CHARS)
    found.errors.push({
      path,
      message: `has ${values.length} values with ${chars} characters; Parallel accepts at most ${LONG_ENUM_CHARS} characters when there are more than ${LONG_ENUM_VALUES} values. Shorten the list.`,
    })
}

/** `properties`, `required` and `additionalProperties`: what makes a schema strict. */
const checkObject = (schema: JsonObject, { path }: Place, found: Findings): void => {
  const properties = own(schema, "properties")
  const required = own(schema, "required")
  const names = isJsonObject(properties) ? Object.keys(properties) : []
  found.properties += names.length
  if (
    required !== undefined &&
    !(Array.isArray(required) && required.every((name) => typeof name === "string"))
  )
    found.errors.push({ path: childPath(path, "required"), message: "must be a list of property names." })
  const listed = new Set<unknown>(Array.isArray(required) ? required : [])
  const below = childPath(path, "properties")
  for (const name of names) {
    if (!listed.has(name)) found.notRequired.push(childPath(below, name))
    if (RESERVED.includes(name)) found.reserved.push(childPath(below, name))
  }
  const isObject = names.length > 0 || [own(schema, "type")].flat().includes("object")
  if (isObject && own(schema, "additionalProperties") !== false) found.open.push(path)
}

const checkChildren = (schema: JsonObject, path: string, level: number, found: Findings): void => {
  const descend = (child: unknown, at: string, inUnion = false): void =>
    checkSchema(child, { path: at, level, inUnion }, found)
  for (const keyword of MAPS) {
    const map = own(schema, keyword)
    const at = childPath(path, keyword)
    if (map === undefined) continue
    if (!isJsonObject(map)) {
      found.errors.push({
        path: at,
        message: `must be an object of schemas by name, not ${describeJson(map)}.`,
      })
      continue
    }
    for (const name of Object.keys(map)) {
      found.nameChars += name.length
      descend(map[name], childPath(at, name))
    }
  }
  for (const keyword of LISTS) {
    const list = own(schema, keyword)
    const at = childPath(path, keyword)
    if (list === undefined) continue
    if (!Array.isArray(list) || list.length === 0)
      found.errors.push({ path: at, message: "must be a non-empty list of schemas." })
    else {
      const union = (keyword === "anyOf" || keyword === "oneOf") && list.length > 1
      list.forEach((child, index) => descend(child, childPath(at, index), union))
    }
  }
  for (const keyword of ONE) {
    const child = own(schema, keyword)
    // JSON Schema allows true and false where a schema stands; they say nothing that a limit is about
    if (child !== undefined && typeof child !== "boolean") descend(child, childPath(path, keyword))
  }
  const items = own(schema, "items")
  if (Array.isArray(items))
    items.forEach((child, i) => descend(child, childPath(childPath(path, "items"), i)))
  else if (items !== undefined) descend(items, childPath(path, "items"))
}

const checkTotals = (stringChars: number, path: string, found: Findings): void => {
  const limit = (what: string, count: number, max: number): void => {
    if (count > max)
      found.errors.push({
        path,
        message: `has ${count} ${what}; Parallel accepts at most ${max}. Ask for less at once.`,
      })
  }
  limit("properties on all levels together", found.properties, MAX_PROPERTIES)
  limit("enum values in all properties together", found.enumValues, MAX_ENUM_VALUES)
  limit("characters of text in names, descriptions and values", stringChars, MAX_STRING_CHARS)
}

const few = (paths: ReadonlyArray<string>): string =>
  paths.length <= 5 ? paths.join(", ") : `${paths.slice(0, 5).join(", ")} and ${paths.length - 5} more`

/** One warning for all places that it is about, none without any. */
export const warnAbout = (path: string, text: string, places: ReadonlyArray<string>): ReadonlyArray<string> =>
  places.length === 0 ? [] : [`${shorten(path)}: ${text} (${few(places)})`]

const warningsOf = (found: Findings, path: string): ReadonlyArray<string> => [
  ...warnAbout(
    path,
    'Parallel advises to list every property in "required" and to make optional ones a union with null.',
    found.notRequired,
  ),
  ...warnAbout(path, 'Parallel advises "additionalProperties": false on every object.', found.open),
  ...warnAbout(
    path,
    "Parallel already returns this for every field, so the property may be redundant.",
    found.reserved,
  ),
  ...warnAbout(
    path,
    `Parallel may refuse more than ${ADVISED_LEVELS} levels of nested objects and arrays.`,
    found.deep,
  ),
]
