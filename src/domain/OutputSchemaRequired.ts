import { isJsonObject, own, type JsonObject } from "./Json.ts"
import { childSchemas, isInPlace, type SchemaAt } from "./OutputSchemaParts.ts"
import { resolveRef } from "./OutputSchemaRefs.ts"
import { childPath, shorten, type Problem } from "./Problem.ts"

/** What the schemas about one value, put together by `allOf` and its like, say of it. */
interface Composition {
  readonly whole: JsonObject
  /** All properties that any of them describes. */
  readonly names: Set<string>
  /** Others may be described elsewhere: behind a reference, by a pattern, by a schema for all others. */
  open: boolean
  readonly required: Array<{ readonly path: string; readonly name: string }>
}

/**
 * Names in `required` that no property has, which would be asked for without a word about what they are. A definition
 * that something else is put together with is not judged by itself.
 */
export const checkRequired = (root: JsonObject, path: string): ReadonlyArray<Problem> => {
  const compositions: Array<Composition> = []
  const composed = new Set<unknown>()
  const queue: Array<SchemaAt> = [{ schema: root, path }]
  for (const at of queue) compositions.push(compose(root, at, queue, composed))
  return compositions
    .filter(({ whole, open }) => !open && !composed.has(whole))
    .flatMap(({ names, required }) => required.filter(({ name }) => !names.has(name)))
    .map(({ path: at, name }) => ({
      path: at,
      message: `names ${JSON.stringify(shorten(name))}, which "properties" does not have. Add the property, or leave the name out.`,
    }))
}

/** Collects one composition; schemas about other values go to `others`, what is referred to in it to `composed`. */
const compose = (
  root: JsonObject,
  whole: SchemaAt,
  others: Array<SchemaAt>,
  composed: Set<unknown>,
): Composition => {
  const found: Composition = { whole: whole.schema, names: new Set(), open: false, required: [] }
  const queue: Array<SchemaAt> = [whole]
  for (const { schema, path } of queue) {
    const properties = own(schema, "properties")
    if (isJsonObject(properties)) for (const name of Object.keys(properties)) found.names.add(name)
    const elsewhere = ["$ref", "$dynamicRef", "patternProperties"].some((name) => Object.hasOwn(schema, name))
    if (elsewhere || isJsonObject(own(schema, "additionalProperties"))) found.open = true
    if (properties !== undefined && !isJsonObject(properties)) found.open = true
    const required = own(schema, "required")
    if (Array.isArray(required))
      required.forEach((name: unknown, index) => {
        if (typeof name === "string")
          found.required.push({ name, path: childPath(childPath(path, "required"), index) })
      })
    const ref = own(schema, "$ref")
    const isAlone =
      schema === whole.schema && !Object.keys(schema).some((word) => isInPlace(word) || word === "properties")
    if (typeof ref === "string" && !isAlone) composed.add(resolveRef(root, ref)?.value)
    for (const child of childSchemas(schema, path)) {
      // what must not be there need not be described
      if (child.keyword !== "not") (isInPlace(child.keyword) ? queue : others).push(child)
    }
  }
  return found
}
