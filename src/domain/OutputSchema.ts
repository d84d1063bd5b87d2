import { inspectJson, isJsonObject, type JsonObject } from "./Json.ts"
import { fieldsOf, kindOf, mayHaveMember, membersOf, objectText, shownText } from "./JsonText.ts"
import { editSchemas } from "./OutputSchemaParts.ts"
import { checkRefs, unwrapRoot } from "./OutputSchemaRefs.ts"
import { checkOutputSchema, JSON_BOUNDS, warnAbout } from "./OutputSchemaRules.ts"
import { unwrap } from "./OutputSchemaWrappers.ts"
import { childPath, shorten, type Problem } from "./Problem.ts"
import type { JsonText } from "./TaskGroup.ts"

export interface ReadSchema {
  /** What goes to Parallel, as it was written; null when there are errors. */
  readonly schema: JsonText | null
  readonly errors: ReadonlyArray<Problem>
  readonly warnings: ReadonlyArray<string>
}

/**
 * An output schema as people send it: itself, as JSON text, inside of what other APIs wrap around it, with its root
 * behind a reference, or with the bounds that schema libraries give to every integer. `text` must have passed the checks
 * of a body; JSON text inside of it gets them here. Paths lead through what was sent.
 */
export const readOutputSchema = (text: JsonText, path: string): ReadSchema => {
  const { json, at, description, errors, warnings } = unwrap(text, path)
  if (errors.length > 0) return { schema: null, errors, warnings: [] }
  const refuse = (problems: ReadonlyArray<Problem>): ReadSchema => ({
    schema: null,
    errors: problems,
    warnings: [],
  })
  const whole: unknown = JSON.parse(json)
  const { problem } = inspectJson(whole, at, JSON_BOUNDS)
  if (!isJsonObject(whole) || problem !== null) return refuse(checkOutputSchema(whole, at).errors)
  const sent = dropBounds(json, at)
  const value = JSON.parse(sent.schema) as JsonObject
  const root = unwrapRoot(sent.schema, value, at)
  const rootValue = JSON.parse(root.schema) as JsonObject
  const refs = checkRefs(value, at)
  // what stands for the root is not known, and the reference's own problem says so
  const isLost = Object.hasOwn(rootValue, "$ref") && (refs.length > 0 || root.problem !== null)
  const found = checkOutputSchema(value, at, isLost ? null : { schema: rootValue, path: root.path })
  const problems = root.problem === null || refs.length > 0 ? found.errors : [root.problem, ...found.errors]
  if (problems.length > 0) return refuse(problems)
  // a definition that is the root now and still referred to counts twice
  const again = root.ref === null ? [] : checkOutputSchema(rootValue, at).errors
  if (again.length > 0) return refuse(again)
  return {
    schema: description === null ? root.schema : withDescription(root.schema, description),
    errors: [],
    warnings: [
      ...warnings,
      ...(root.ref === null ? [] : [replacedRoot(at, root.ref)]),
      ...warnAbout(at, DROPPED_BOUNDS, sent.dropped),
      ...found.warnings,
    ],
  }
}

const replacedRoot = (path: string, ref: string): string =>
  `${shorten(path)}: the definition ${JSON.stringify(shorten(ref))} was put in the place of the root's "$ref", where Parallel wants an object with properties.`

const DROPPED_BOUNDS = "bounds that every number has anyway were left out, because Parallel refuses them."
const LOWER = ["minimum", "exclusiveMinimum"]
const UPPER = ["maximum", "exclusiveMaximum"]

/** Without the bounds of the integers that doubles hold exactly, and wider ones: schema libraries write them unasked. */
const dropBounds = (
  schema: JsonText,
  path: string,
): { readonly schema: JsonText; readonly dropped: ReadonlyArray<string> } => {
  const dropped: Array<string> = []
  if (!mayHaveMember(schema, [...LOWER, ...UPPER])) return { schema, dropped }
  const without = editSchemas(schema, path, (members, at) =>
    members.filter(({ name, value }) => {
      const drop =
        kindOf(value) === "number" &&
        ((LOWER.includes(name) && Number(value) <= Number.MIN_SAFE_INTEGER) ||
          (UPPER.includes(name) && Number(value) >= Number.MAX_SAFE_INTEGER))
      if (drop) dropped.push(childPath(at, name))
      return !drop
    }),
  )
  return { schema: without, dropped }
}

/** Deeper schemas are refused; this keeps recursion safe until they are. */
const MAX_DEPTH = 32

/**
 * Makes a suggested output schema strict where it is silent: every property required, no others allowed. Parallel warns
 * about schemas that are not, and its own suggestions need not be.
 */
export const strictSchemaText = (schema: JsonText): JsonText => strict(schema, 0)

const strict = (schema: JsonText, depth: number): JsonText => {
  if (kindOf(schema) !== "object" || depth > MAX_DEPTH) return schema
  const fields = new Map(fieldsOf(schema))
  const items = fields.get("items")
  if (items !== undefined) fields.set("items", strict(items, depth + 1))
  const properties = fields.get("properties")
  if (properties === undefined || kindOf(properties) !== "object") return textOf(fields)
  const below = new Map(
    Array.from(fieldsOf(properties), ([name, property]) => [name, strict(property, depth + 1)]),
  )
  fields.set("properties", textOf(below))
  if ((fields.get("required") ?? "null") === "null") fields.set("required", JSON.stringify([...below.keys()]))
  if ((fields.get("additionalProperties") ?? "null") === "null") fields.set("additionalProperties", "false")
  return textOf(fields.has("type") ? fields : new Map([["type", '"object"'], ...fields]))
}

const textOf = (fields: ReadonlyMap<string, JsonText>): JsonText =>
  objectText(Array.from(fields, ([name, value]) => ({ key: JSON.stringify(name), value })))

/** A schema that says nothing of its own about what is wanted gets this description: how Parallel learns of it. */
export const withDescription = (schema: JsonText, description: string): JsonText => {
  const members = membersOf(schema)
  const own = members.findLast(({ name }) => name === "description")
  if (own !== undefined && shownText(own.value).trim() !== "") return schema
  const value = JSON.stringify(description)
  if (own === undefined) return objectText([...members, { key: '"description"', value }])
  return objectText(members.map((member) => (member === own ? { ...member, value } : member)))
}
