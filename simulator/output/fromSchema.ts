import type { Random } from "../core/random.ts"
import type { Json, JsonObject } from "../core/wire.ts"
import { isObject } from "../validation/fields.ts"
import { numberFact, textFact, type Field } from "./facts.ts"
import type { Subject } from "./subject.ts"

/** Below this, recursive schemas take their shortest way out. */
const DEEP = 6
const NULL_RATE = 0.08

export interface Filler {
  readonly root: JsonObject
  readonly subject: Subject
  readonly random: Random
}

const resolve = (filler: Filler, ref: string): Json => {
  const steps = ref
    .replace(/^#\/?/, "")
    .split("/")
    .filter((step) => step !== "")
  let found: Json | undefined = filler.root
  for (const step of steps) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")
    found = isObject(found) ? found[key] : undefined
  }
  return found ?? {}
}

/** `allOf` as one schema. */
const combined = (filler: Filler, schema: JsonObject): JsonObject => {
  if (typeof schema["$ref"] === "string") {
    const { $ref, ...rest } = schema
    const target = resolve(filler, $ref)
    return combined(filler, { ...(isObject(target) ? target : {}), ...rest })
  }
  if (!Array.isArray(schema["allOf"])) return schema
  const { allOf, ...rest } = schema
  return allOf.filter(isObject).reduce<JsonObject>((all, part) => {
    const one = combined(filler, part)
    return {
      ...all,
      ...one,
      properties: { ...(all["properties"] as JsonObject), ...(one["properties"] as JsonObject) },
      required: [...((all["required"] as Json[]) ?? []), ...((one["required"] as Json[]) ?? [])],
    }
  }, rest)
}

const typeOf = (schema: JsonObject, filler: Filler, depth: number): string => {
  const given = schema["type"]
  const types = Array.isArray(given) ? given.map(String) : given === undefined ? [] : [String(given)]
  const real = types.filter((type) => type !== "null")
  if (types.includes("null") && (real.length === 0 || depth > DEEP || filler.random.chance(NULL_RATE)))
    return "null"
  if (real[0] !== undefined) return real[0]
  if (isObject(schema["properties"])) return "object"
  return schema["items"] === undefined ? "string" : "array"
}

const limit = (schema: JsonObject, name: string, fallback: number) =>
  typeof schema[name] === "number" ? schema[name] : fallback

const fillNumber = (schema: JsonObject, field: Field, filler: Filler, integer: boolean): number => {
  const fact = numberFact(field, filler.subject, filler.random)
  const low = limit(schema, "minimum", limit(schema, "exclusiveMinimum", -Infinity - 1) + 1)
  const high = limit(schema, "maximum", limit(schema, "exclusiveMaximum", Infinity) - 1)
  const value = Math.min(high, Math.max(low, integer ? Math.round(fact) : fact))
  const step = limit(schema, "multipleOf", 0)
  return step > 0 ? Math.ceil(low > -Infinity ? Math.max(value, low) / step : value / step) * step : value
}

const FORMATS: Record<string, string> = {
  date: "2024-05-17",
  "date-time": "2024-05-17T09:30:00Z",
  time: "09:30:00Z",
  uuid: "3f0c6a52-1d7b-4e0e-9a64-5f8f2f0f7c11",
  ipv4: "192.0.2.10",
}

const fillString = (schema: JsonObject, field: Field, filler: Filler): string => {
  const format = typeof schema["format"] === "string" ? schema["format"] : ""
  if (format === "email") return `contact@${filler.subject.website}`
  if (format === "uri" || format === "url") return `https://${filler.subject.website}`
  const text = FORMATS[format] ?? textFact(field, filler.subject, filler.random)
  return text.slice(0, limit(schema, "maxLength", text.length)).padEnd(limit(schema, "minLength", 0), ".")
}

const fillArray = (schema: JsonObject, field: Field, filler: Filler, depth: number): Json[] => {
  const low = limit(schema, "minItems", depth > DEEP ? 0 : 1)
  const high = Math.max(low, Math.min(limit(schema, "maxItems", 4), depth > DEEP ? low : 4))
  const items = schema["items"]
  const length = filler.random.int(low, high)
  const values: Json[] = []
  // Facts repeat; a list of the same thing twice looks wrong, so try a little harder.
  for (let tries = 0; values.length < length && tries < 40; tries++) {
    const value = fill(isObject(items) ? items : {}, field, filler, depth + 1)
    const known = values.some((other) => JSON.stringify(other) === JSON.stringify(value))
    if (!known || (tries >= 20 && schema["uniqueItems"] !== true)) values.push(value)
    if (known && values.length >= low && tries >= 8) break
  }
  return values
}

const fillObject = (schema: JsonObject, field: Field, filler: Filler, depth: number): JsonObject => {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {}
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  const names = new Set([...Object.keys(properties), ...required.map(String)])
  const value: JsonObject = {}
  for (const name of names) {
    const optional = !required.includes(name)
    if (optional && (depth > DEEP || filler.random.chance(NULL_RATE))) continue
    const property = properties[name]
    const inner = isObject(property) ? property : {}
    const description = typeof inner["description"] === "string" ? inner["description"] : ""
    // An item of a list of people is about people: the parent's words help where the field's own say nothing.
    const filled = fill(
      inner,
      { name, description: description || `${field.name} ${name}` },
      filler,
      depth + 1,
    )
    // `__proto__` as a column must become a property, not the prototype.
    Object.defineProperty(value, name, {
      value: filled,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return value
}

const allowsNull = (option: Json): boolean =>
  isObject(option) &&
  (option["type"] === "null" || (Array.isArray(option["type"]) && option["type"].includes("null")))

const fillUnion = (options: ReadonlyArray<Json>, field: Field, filler: Filler, depth: number): Json => {
  const nullable = options.some(allowsNull)
  if (nullable && (depth > DEEP || filler.random.chance(NULL_RATE))) return null
  const real = options.filter((option) => !isObject(option) || option["type"] !== "null")
  const option =
    real.length === 0 ? undefined : real[depth > DEEP ? 0 : filler.random.int(0, real.length - 1)]
  return option === undefined ? null : fill(isObject(option) ? option : {}, field, filler, depth)
}

/** A value that fits the schema and suits the field's name. */
export const fill = (given: JsonObject, field: Field, filler: Filler, depth = 0): Json => {
  const schema = combined(filler, given)
  if (schema["const"] !== undefined) return schema["const"]
  if (Array.isArray(schema["enum"]) && schema["enum"].length > 0) return filler.random.pick(schema["enum"])
  for (const keyword of ["anyOf", "oneOf"]) {
    const options = schema[keyword]
    if (!Array.isArray(options) || options.length === 0) continue
    const { [keyword]: _, ...shared } = schema
    // What stands beside the union holds for each of its options.
    const whole = options.map((option) => (isObject(option) ? { ...shared, ...option } : shared))
    return fillUnion(whole, field, filler, depth)
  }
  switch (typeOf(schema, filler, depth)) {
    case "null":
      return null
    case "object":
      return fillObject(schema, field, filler, depth)
    case "array":
      return fillArray(schema, field, filler, depth)
    case "integer":
      return fillNumber(schema, field, filler, true)
    case "number":
      return fillNumber(schema, field, filler, false)
    case "boolean":
      return filler.random.chance(0.7)
    default:
      return fillString(schema, field, filler)
  }
}
