import { JsonReader } from "./JsonReader.ts"
import type { JsonSink, ReadFailure } from "./JsonSink.ts"
import { fieldsOf, kindOf, mayHaveMember, shownText } from "./JsonText.ts"
import { JSON_BOUNDS } from "./OutputSchemaRules.ts"
import { childPath, Problems, shorten, type Problem } from "./Problem.ts"
import type { JsonText } from "./TaskGroup.ts"

export interface Unwrapped {
  json: JsonText
  /** Where it stands in what was sent. */
  at: string
  /** Of the innermost wrapper that has one. */
  description: string | null
  errors: ReadonlyArray<Problem>
  readonly warnings: Array<string>
}

const MAX_WRAPPERS = 8

/** Takes the schema out of what is around it, and reads it where it came as JSON text. */
export const unwrap = (text: JsonText, path: string): Unwrapped => {
  const found: Unwrapped = { json: text, at: path, description: null, errors: [], warnings: [] }
  for (let depth = 0; ; depth++) {
    const wrapped = kindOf(found.json) === "string" ? "text" : wrapperOf(found.json)
    if (wrapped === null) return found
    if (depth === MAX_WRAPPERS) {
      const message = `is a schema wrapped more than ${MAX_WRAPPERS} times. Send the schema itself.`
      found.errors = [{ path, message }]
      return found
    }
    if (wrapped === "text") {
      const { json, errors } = readInnerJson(shownText(found.json), found.at)
      if (errors.length > 0) {
        found.errors = errors
        return found
      }
      found.json = json
      found.warnings.push(`${shorten(found.at)}: the text was read as the JSON that it holds.`)
    } else {
      const at = childPath(found.at, wrapped.keyword)
      found.warnings.push(
        `${shorten(found.at)}: the schema was taken out of ${JSON.stringify(wrapped.keyword)}${leftOut(wrapped.others)}.`,
      )
      Object.assign(found, { json: wrapped.json, at })
      found.description = wrapped.description ?? found.description
    }
  }
}

const leftOut = (names: ReadonlyArray<string>): string => {
  if (names.length === 0) return ""
  const listed = names.slice(0, 5).map((name) => JSON.stringify(shorten(name)))
  if (names.length > 5) listed.push(`${names.length - 5} more`)
  return `; ${listed.join(", ")} beside it ${names.length === 1 ? "was" : "were"} left out`
}

/** Members that hold a schema in requests and tools of Parallel's and other APIs, outer ones first. */
const WRAPPERS =
  "task_spec output_schema response_format json_schema jsonSchema schema text format function parameters".split(
    " ",
  )
/** These words are also plausible names of fields. */
const AMBIGUOUS = ["schema", "text", "format", "function", "parameters"]
/** What has one of these is a schema; `type` alone says nothing, and wrappers have it too. */
const SCHEMA_WORDS =
  "$ref $defs definitions properties additionalProperties required items prefixItems anyOf allOf oneOf not if enum const".split(
    " ",
  )

interface Wrapper {
  readonly keyword: string
  readonly json: JsonText
  readonly description: string | null
  /** Names of what else is in it. */
  readonly others: ReadonlyArray<string>
}

const wrapperOf = (json: JsonText): Wrapper | null => {
  if (kindOf(json) !== "object" || !mayHaveMember(json, WRAPPERS)) return null
  const fields = fieldsOf(json)
  if (SCHEMA_WORDS.some((word) => fields.has(word))) return null
  for (const keyword of WRAPPERS) {
    const inner = fields.get(keyword)
    if (inner === undefined || !isWrapped(inner)) continue
    const others = [...fields.keys()].filter((name) => name !== keyword)
    if (AMBIGUOUS.includes(keyword) && others.some((name) => kindOf(fields.get(name) ?? "null") === "object"))
      continue
    const about = fields.get("description") ?? "null"
    const description = kindOf(about) === "string" && shownText(about).trim() !== "" ? shownText(about) : null
    const lost = others.filter((name) => name !== "description" || description === null)
    return { keyword, json: inner, description, others: lost }
  }
  return null
}

/** An object, or its JSON text: a `schema` that is a name or a URL wraps nothing. */
const isWrapped = (json: JsonText): boolean =>
  kindOf(json) === "object" || (kindOf(json) === "string" && /^[\s\ufeff]*[{"]/.test(shownText(json)))

interface InnerJson {
  readonly json: JsonText
  readonly errors: ReadonlyArray<Problem>
}

/** The JSON that a text holds, without blanks between tokens, if it passes the checks that a body gets. */
const readInnerJson = (text: string, path: string): InnerJson => {
  let json: JsonText = "null"
  const problems = new Problems()
  if (text.trim() === "") problems.add(path, "is blank text. Leave it out, or send a JSON Schema object.")
  else {
    const sink: JsonSink = {
      watch: 0,
      value: () => text.length,
      end: (_depth, cut) => void (json = cut ?? json),
      part: () => {},
      problem: (at, message) => problems.add(at, message),
    }
    const reader = new JsonReader({ sink, ...JSON_BOUNDS, values: { count: 0 }, path })
    reader.push(text)
    reader.end()
    const { failure } = reader
    if (failure !== null) problems.add(failure._tag === "TooDeep" ? failure.path : path, wordsOf(failure))
  }
  return { json, errors: problems.list(path) }
}

const wordsOf = (failure: ReadFailure): string => {
  switch (failure._tag) {
    case "NotJson":
      return `is text that is no JSON: it ${failure.atEnd ? "ends too early, at" : "has an error at"} ${failure.where}. Send the schema as a JSON object; what you want to know, in words, goes into output_description.`
    case "TooDeep":
      return `is nested more than ${failure.limit} levels deep. Flatten the schema.`
    case "TooManyValues":
      return `holds more than ${failure.limit} values. Send less in it.`
  }
}
