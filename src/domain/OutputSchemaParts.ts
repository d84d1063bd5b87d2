import { isJsonObject, type JsonObject } from "./Json.ts"
import { elementsOf, kindOf, type Member, membersOf, objectText } from "./JsonText.ts"
import { childPath } from "./Problem.ts"
import type { JsonText } from "./TaskGroup.ts"

/** Where schemas stand inside a schema: a keyword's value is one, a list of them, or a map from names to them. */
export const ONE: ReadonlyArray<string> = [
  "not",
  "if",
  "then",
  "else",
  "additionalItems",
  "additionalProperties",
]
export const LISTS: ReadonlyArray<string> = ["anyOf", "oneOf", "allOf", "prefixItems"]
export const MAPS: ReadonlyArray<string> = ["properties", "$defs", "definitions", "dependentSchemas"]

/** Keywords whose schemas are about the same value as the schema around them. */
const IN_PLACE: ReadonlyArray<string> = [
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "dependentSchemas",
]
export const isInPlace = (keyword: string): boolean => IN_PLACE.includes(keyword)

export interface SchemaAt {
  readonly schema: JsonObject
  readonly path: string
}

interface ChildSchema extends SchemaAt {
  readonly keyword: string
}

/** The schemas directly inside a schema. What is no object where one should stand is left out. */
export const childSchemas = function* (schema: JsonObject, path: string): Generator<ChildSchema> {
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword]
    const at = childPath(path, keyword)
    if (Array.isArray(value)) {
      if (!LISTS.includes(keyword) && keyword !== "items") continue
      for (const [index, child] of value.entries())
        if (isJsonObject(child)) yield { schema: child, path: childPath(at, index), keyword }
    } else if (isJsonObject(value)) {
      if (ONE.includes(keyword) || keyword === "items") yield { schema: value, path: at, keyword }
      else if (MAPS.includes(keyword))
        for (const name of Object.keys(value)) {
          const child = value[name]
          if (isJsonObject(child)) yield { schema: child, path: childPath(at, name), keyword }
        }
    }
  }
}

/** A schema and all schemas inside it, outer ones first. */
export const allSchemas = function* (root: JsonObject, path: string): Generator<SchemaAt> {
  const queue: Array<SchemaAt> = [{ schema: root, path }]
  for (const at of queue) {
    yield at
    queue.push(...childSchemas(at.schema, at.path))
  }
}

type Edit = (members: ReadonlyArray<Member>, path: string) => ReadonlyArray<Member>

/**
 * A schema's text with `edit` applied to its members and to those of all schemas inside it, outermost first. Recursive,
 * and each level looks at its text again: the depth must have been bounded.
 */
export const editSchemas = (schema: JsonText, path: string, edit: Edit): JsonText => {
  if (kindOf(schema) !== "object") return schema
  return objectText(
    edit(membersOf(schema), path).map(({ name, key, value }) => ({
      key,
      value: editChildren(name, value, childPath(path, name), edit),
    })),
  )
}

const editChildren = (keyword: string, value: JsonText, path: string, edit: Edit): JsonText => {
  const kind = kindOf(value)
  if (kind === "array" && (LISTS.includes(keyword) || keyword === "items"))
    return `[${elementsOf(value)
      .map((child, index) => editSchemas(child, childPath(path, index), edit))
      .join(",")}]`
  if (kind !== "object") return value
  if (ONE.includes(keyword) || keyword === "items") return editSchemas(value, path, edit)
  if (!MAPS.includes(keyword)) return value
  return objectText(
    membersOf(value).map(({ name, key, value: child }) => ({
      key,
      value: editSchemas(child, childPath(path, name), edit),
    })),
  )
}
