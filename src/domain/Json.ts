import { escapeRaw } from "./JsonText.ts"
import { childPath, type Problem } from "./Problem.ts"

/** A JSON object whose members nobody has looked at yet. */
export interface JsonObject {
  readonly [key: string]: unknown
}

/** An object as JSON knows it: no array, no null, no Date or Map that a program put there. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]"

/** A member of the object itself: `constructor` or `__proto__` are found only when the sender wrote them. */
export const own = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

/** What a value is, in words for an error message. */
export const describeJson = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  switch (typeof value) {
    case "string":
      return "text"
    case "object":
      return "an object"
    case "number":
      return "a number"
    case "boolean":
      return "a boolean"
    default:
      return "not a JSON value"
  }
}

export interface JsonBounds {
  readonly maxDepth: number
  readonly maxValues: number
}

export interface JsonInspection {
  /** The first reason why this value cannot be taken as JSON, or null. */
  readonly problem: Problem | null
  /** Length of all string values together, keys not counted. */
  readonly stringLength: number
}

interface Visit {
  readonly value: unknown
  readonly key: string | number
  readonly parent: Visit | null
  readonly depth: number
}

const pathOf = (base: string, visit: Visit): string => {
  const keys: Array<string | number> = []
  // 20 keys say where; all keys down a depth bomb would be a longer answer than the problem deserves
  for (let at = visit; at.parent !== null; at = at.parent) keys.push(at.key)
  return keys.toReversed().slice(0, 20).reduce<string>(childPath, base)
}

/**
 * Walks any value without recursion: `JSON.parse` accepts nesting at which `JSON.stringify` and every recursive function
 * overflow the stack. A value that passes can be serialised and walked recursively; cycles count as endless nesting.
 */
export const inspectJson = (root: unknown, path: string, bounds: JsonBounds): JsonInspection => {
  let values = 0
  let stringLength = 0
  const fault = (visit: Visit, message: string): JsonInspection => ({
    problem: { path: pathOf(path, visit), message },
    stringLength,
  })
  const stack: Array<Visit> = [{ value: root, key: "", parent: null, depth: 0 }]
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { value, depth } = visit
    if (++values > bounds.maxValues) {
      const message = `holds more than ${bounds.maxValues} values. Send less in it.`
      return { problem: { path, message }, stringLength }
    }
    if (typeof value === "string") stringLength += value.length
    else if (value === null || typeof value === "boolean" || typeof value === "number") continue
    else if (Array.isArray(value) || isJsonObject(value)) {
      if (depth >= bounds.maxDepth)
        return fault(visit, `is nested more than ${bounds.maxDepth} levels deep. Flatten the data.`)
      const parent = visit
      if (Array.isArray(value))
        value.forEach((item, key) => stack.push({ value: item, key, parent, depth: depth + 1 }))
      else
        for (const key of Object.keys(value)) stack.push({ value: value[key], key, parent, depth: depth + 1 })
    } else
      return fault(visit, "is not a JSON value. Send text, a number, a boolean, null, an array or an object.")
  }
  return { problem: null, stringLength }
}

/** JSON text of any value on one line. Never throws: a value that has no JSON text gets a placeholder. */
export const compactJson = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? ""
  } catch {
    return "[not representable as JSON]"
  }
}

/**
 * JSON that can stand inside a `<script>` element: without `<` there is no `</script>` and no `<!--`. U+2028 and U+2029
 * are line ends to older JavaScript parsers.
 */
export const escapeForScript = (json: string): string => escapeRaw(json).replaceAll("<", "\\u003c")

/** Text that can stand in HTML content and in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => {
    switch (char) {
      case "&":
        return "&amp;"
      case "<":
        return "&lt;"
      case ">":
        return "&gt;"
      case '"':
        return "&quot;"
      default:
        return "&#39;"
    }
  })
