import { describeJson, isJsonObject, own, type JsonObject } from "./Json.ts"
import { elementsOf, fieldsOf, kindOf, membersOf, objectText } from "./JsonText.ts"
import { allSchemas } from "./OutputSchemaParts.ts"
import { childPath, shorten, type Problem } from "./Problem.ts"
import type { JsonText } from "./TaskGroup.ts"

const quote = (ref: string): string => JSON.stringify(shorten(ref))

/** The names that a local reference leads through, or null when it is no JSON pointer into its own document. */
const namesIn = (pointer: string): ReadonlyArray<string> | null => {
  if (pointer === "#") return []
  if (!pointer.startsWith("#/")) return null
  return pointer
    .slice(2)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))
}

const decoded = (ref: string): string => {
  try {
    return decodeURIComponent(ref)
  } catch {
    return ref
  }
}

interface Target {
  readonly names: ReadonlyArray<string>
  readonly value: unknown
}

const follow = (root: unknown, names: ReadonlyArray<string>): unknown => {
  let value = root
  for (const name of names) {
    if (Array.isArray(value)) value = /^(?:0|[1-9]\d{0,5})$/.test(name) ? value[Number(name)] : undefined
    else if (isJsonObject(value)) value = own(value, name)
    else return undefined
  }
  return value
}

/** What a reference leads to in its document. Generators that forget to escape % mean the name as it is written. */
export const resolveRef = (root: JsonObject, ref: string): Target | null => {
  for (const pointer of ref.includes("%") ? [decoded(ref), ref] : [ref]) {
    const names = namesIn(pointer)
    const value = names === null ? undefined : follow(root, names)
    if (names !== null && value !== undefined) return { names, value }
  }
  return null
}

const HOW = 'Put the definition into "$defs" of this schema and refer to it as "#/$defs/Name".'

const problemOf = (root: JsonObject, ref: unknown): string | null => {
  if (typeof ref !== "string") return `must be text such as "#/$defs/Name", not ${describeJson(ref)}.`
  if (namesIn(ref) === null)
    return `is ${quote(ref)}, which is no place in this schema, and Parallel gets nothing else. ${HOW}`
  const target = resolveRef(root, ref)
  if (target === null) return `refers to ${quote(ref)}, which this schema does not have. ${HOW}`
  if (isJsonObject(target.value) || typeof target.value === "boolean") return null
  return `refers to ${quote(ref)}, which is ${describeJson(target.value)} and no schema. ${HOW}`
}

/** References that lead nowhere, out of the document, or round in a circle without any schema on the way. */
export const checkRefs = (root: JsonObject, path: string): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const ending = new Set<JsonObject>()
  for (const { schema, path: at } of allSchemas(root, path)) {
    if (!Object.hasOwn(schema, "$ref")) continue
    const message = problemOf(root, schema["$ref"])
    if (message !== null) problems.push({ path: childPath(at, "$ref"), message })
    else if (isCircular(root, schema, ending))
      problems.push({
        path: childPath(at, "$ref"),
        message: "leads back to itself and never to a schema. Refer to a definition that says what it is.",
      })
  }
  return problems
}

/** `ending` holds what was followed before: each reference is followed once, and each circle reported once. */
const isCircular = (root: JsonObject, schema: JsonObject, ending: Set<JsonObject>): boolean => {
  const way = new Set<JsonObject>()
  let next: unknown = schema
  while (isJsonObject(next) && !ending.has(next) && !way.has(next)) {
    way.add(next)
    const ref = own(next, "$ref")
    next = typeof ref === "string" ? resolveRef(root, ref)?.value : undefined
  }
  for (const one of way) ending.add(one)
  return isJsonObject(next) && way.has(next)
}

/** Words about a schema; where a reference and its target both have them, the reference's are meant. */
const ABOUT: ReadonlyArray<string> =
  "$schema $id $comment title description default examples deprecated readOnly writeOnly $defs definitions".split(
    " ",
  )
const CONTAINERS: ReadonlyArray<string> = ["$defs", "definitions", "components"]
const MAX_HOPS = 8

export interface Root {
  readonly schema: JsonText
  /** Where what is now the root stood. */
  readonly path: string
  /** The first reference that was replaced. */
  readonly ref: string | null
  readonly problem: Problem | null
}

/**
 * A schema whose root only refers to a definition, with that definition as its root. Others that are referred to stay
 * where they are, because references name them by place. A reference beside `properties` adds to a root that there is,
 * and stays; what `checkRefs` has a problem with is left as it is.
 */
export const unwrapRoot = (schema: JsonText, value: JsonObject, path: string): Root => {
  const root: Root = { schema, path, ref: null, problem: null }
  const way: Array<ReadonlyArray<string>> = []
  const said = new Map(Object.entries(value))
  let next: JsonObject = value
  for (let ref = onlyRefOf(next); ref !== null; ref = onlyRefOf(next)) {
    const target = resolveRef(value, ref)
    if (target === null || !isJsonObject(target.value)) break
    const problem = way.length === MAX_HOPS ? tooLong(path) : contradiction(said, target.value, path)
    if (problem !== null) return { ...root, problem }
    next = target.value
    way.push(target.names)
  }
  if (way.length === 0) return root
  const definitions = way.map((names) => textAt(schema, names))
  const merged = [schema, ...definitions].reduceRight((target, reference) => merge(reference, target))
  return {
    schema: prune(merged),
    path: way.at(-1)!.reduce<string>(childPath, path),
    ref: onlyRefOf(value),
    problem: null,
  }
}

const onlyRefOf = (schema: JsonObject): string | null => {
  const ref = own(schema, "$ref")
  return typeof ref === "string" && !Object.hasOwn(schema, "properties") ? ref : null
}

const tooLong = (path: string): Problem => ({
  path: childPath(path, "$ref"),
  message: `leads over more than ${MAX_HOPS} references. Refer to the definition itself.`,
})

/** Adds what a definition says to what the references to it said; the problem if it is something else. */
const contradiction = (said: Map<string, unknown>, definition: JsonObject, path: string): Problem | null => {
  for (const [name, value] of Object.entries(definition)) {
    const isFree = name === "$ref" || ABOUT.includes(name) || !said.has(name)
    if (!isFree && JSON.stringify(said.get(name)) !== JSON.stringify(value)) {
      const message =
        'stands beside "$ref", and the definition it refers to has another one. Make one of both.'
      return { path: childPath(path, name), message }
    }
    said.set(name, value)
  }
  return null
}

const merge = (reference: JsonText, target: JsonText): JsonText => {
  const mine = membersOf(reference)
  const names = new Set(mine.map(({ name }) => name))
  names.delete("$ref")
  return objectText(
    mine.flatMap((member) =>
      member.name === "$ref" ? membersOf(target).filter(({ name }) => !names.has(name)) : [member],
    ),
  )
}

const textAt = (schema: JsonText, names: ReadonlyArray<string>): JsonText =>
  names.reduce(
    (text, name) =>
      (kindOf(text) === "array" ? elementsOf(text)[Number(name)] : fieldsOf(text).get(name)) ?? "null",
    schema,
  )

/** Without definitions that nothing refers to: those that have become the root, and what came along unasked. */
const prune = (schema: JsonText): JsonText => {
  const used = usedDefinitions(JSON.parse(schema) as JsonObject)
  return objectText(
    membersOf(schema).flatMap((member) => {
      const names = used.get(member.name)
      if (names === undefined || kindOf(member.value) !== "object") return [member]
      if (names.size === 0) return []
      const kept = membersOf(member.value).filter(({ name }) => names.has(name))
      return [{ key: member.key, value: objectText(kept) }]
    }),
  )
}

/** Of each container, the names that can be reached from the rest of the root. */
const usedDefinitions = (root: JsonObject): ReadonlyMap<string, ReadonlySet<string>> => {
  const used = new Map(CONTAINERS.map((container) => [container, new Set<string>()]))
  const rest = Object.entries(root).filter(([name]) => !used.has(name))
  const stack: Array<unknown> = [Object.fromEntries(rest)]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value !== "object" || value === null) continue
    for (const child of Object.values(value)) stack.push(child)
    const ref = isJsonObject(value) ? own(value, "$ref") : undefined
    if (typeof ref !== "string") continue
    const [container = "", name] = resolveRef(root, ref)?.names ?? []
    const definitions = own(root, container)
    if (!isJsonObject(definitions)) continue
    for (const one of name === undefined ? Object.keys(definitions) : [name]) {
      if (used.get(container)?.has(one) !== false) continue
      used.get(container)?.add(one)
      stack.push(own(definitions, one))
    }
  }
  return used
}
