type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
interface JsonObject {
  readonly [name: string]: Json
}

/** A document without the oddities of the Schemas that Effect writes: it means the same, and generators understand it. */
export const tidySchemas = <A>(document: A): A => tidy(document as Json) as A

const tidy = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(tidy)
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, member]) => [name, tidy(member)] as const)
  return withColumns(
    merged(Object.fromEntries(members.filter(([name, member]) => !isBoundOfDoubles(name, member)))),
  )
}

/**
 * Says that an object has members of which nothing is known, where they are what it is for: a generator may take an
 * object without properties for one that has none. Elsewhere it would make every mistyped name a member.
 */
const withColumns = (schema: JsonObject): JsonObject =>
  schema["type"] === "object" &&
  !Object.hasOwn(schema, "additionalProperties") &&
  Object.keys((schema["properties"] ?? {}) as JsonObject).every((name) => name.startsWith("$"))
    ? { ...schema, additionalProperties: true }
    : schema

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Every whole number has them. */
const isBoundOfDoubles = (name: string, value: Json) =>
  (name === "minimum" && value === Number.MIN_SAFE_INTEGER) ||
  (name === "maximum" && value === Number.MAX_SAFE_INTEGER)

/** `allOf` with what could stand beside it: an annotation, a check, or that an object may have more. */
const merged = (schema: JsonObject): JsonObject => {
  const { allOf, ...rest } = schema
  if (!Array.isArray(allOf)) return schema
  const parts = (allOf as ReadonlyArray<JsonObject>).map(({ type, additionalProperties, ...part }) =>
    type === "object" &&
    isObject(additionalProperties ?? null) &&
    Object.keys(additionalProperties as JsonObject).length === 0
      ? part
      : {
          ...(type !== undefined && { type }),
          ...(additionalProperties !== undefined && { additionalProperties }),
          ...part,
        },
  )
  const names = parts.flatMap((part) => Object.keys(part))
  const isApart = new Set(names).size === names.length && !names.some((name) => Object.hasOwn(rest, name))
  return isApart ? Object.assign({}, rest, ...parts) : schema
}
