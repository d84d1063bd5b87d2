import { PROCESSORS, tierOf, TIER_NAMES, type Tier } from "../core/processors.ts"
import type { Json, JsonObject } from "../core/wire.ts"
import { isObject } from "../validation/fields.ts"
import { bareSchema } from "./spec.ts"

interface Size {
  fields: number
  depth: number
}

const measure = (schema: Json | undefined, depth = 0): Size => {
  if (!isObject(schema)) return { fields: 1, depth }
  const children = [
    ...(isObject(schema["properties"]) ? Object.values(schema["properties"]) : []),
    ...(isObject(schema["items"]) && isObject(schema["items"]["properties"]) ? [schema["items"]] : []),
  ]
  if (children.length === 0) return { fields: 1, depth }
  const sizes = children.map((child) => measure(child, depth + 1))
  return {
    fields: sizes.reduce((sum, size) => sum + size.fields, 0),
    depth: Math.max(...sizes.map((size) => size.depth)),
  }
}

/** The tier a spec needs, by how many fields it asks for and how deep they lie. */
const neededTier = (spec: JsonObject): Tier => {
  const output = spec["output_schema"]
  if (output === undefined || (isObject(output) && output["type"] === "auto")) return "pro"
  if (typeof output === "string" || (isObject(output) && output["type"] === "text")) return "core"
  const { fields, depth } = measure(bareSchema(output) ?? {})
  if (fields > 20 || depth > 3) return "pro"
  if (fields > 10 || depth > 1) return "core2x"
  return fields > 4 ? "core" : "base"
}

const rank = (processor: string): number => TIER_NAMES.indexOf(tierOf(processor) ?? "core")

/** Best first, from the names given; `lite` is never recommended. Empty: none of the names can be used. */
export const suggestProcessors = (spec: JsonObject, from: ReadonlyArray<string>): string[] => {
  const candidates = (from.length === 0 ? PROCESSORS : from)
    .filter((name) => PROCESSORS.includes(name) && tierOf(name) !== "lite")
    .map((name, order) => ({ name, order }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.order - b.order)
    .map((entry) => entry.name)
  const needed = TIER_NAMES.indexOf(neededTier(spec))
  const enough = candidates.filter((name) => rank(name) >= needed)
  return enough.length > 0 ? enough.slice(0, 2) : candidates.slice(-1)
}
