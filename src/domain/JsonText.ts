import { BACKSLASH, isBlank, QUOTE } from "./jsonCharacters.ts"
import type { JsonText } from "./TaskGroup.ts"

/**
 * Looks into JSON text without making values of it, because a value forgets how it was written: digits beyond those of a
 * double, the order of names that look like numbers, names given twice. Every text here is valid JSON, and but for
 * `compactText` without blanks between its tokens.
 */

const COMMA = 0x2c
const COLON = 0x3a

const isOpening = (char: number): boolean => char === 0x7b || char === 0x5b
const isClosing = (char: number): boolean => char === 0x7d || char === 0x5d

/** Behind the string that begins at `at`. */
const endOfString = (json: JsonText, at: number): number => {
  for (let quote = json.indexOf('"', at + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let before = quote
    while (json.charCodeAt(before - 1) === BACKSLASH) before--
    if ((quote - before) % 2 === 0) return quote + 1
  }
  return json.length
}

/** Behind the value that begins at `at`, which is a member's or an element's. */
const endOfValue = (json: JsonText, at: number): number => {
  const first = json.charCodeAt(at)
  if (first === QUOTE) return endOfString(json, at)
  if (isOpening(first)) return endOfNested(json, at)
  let next = at + 1
  for (; next < json.length; next++) {
    const char = json.charCodeAt(next)
    if (char === COMMA || isClosing(char)) break
  }
  return next
}

/** Behind the object or array that begins at `at`. */
const endOfNested = (json: JsonText, at: number): number => {
  let depth = 0
  let next = at
  do {
    const char = json.charCodeAt(next)
    if (char === QUOTE) next = endOfString(json, next)
    else {
      if (isOpening(char)) depth++
      else if (isClosing(char)) depth--
      next++
    }
  } while (depth > 0 && next < json.length)
  return next
}

/** The same text without blanks between its tokens. */
export const compactText = (json: string): JsonText => {
  let compact = ""
  let from = 0
  for (let at = 0; at < json.length;) {
    const char = json.charCodeAt(at)
    if (char === QUOTE) at = endOfString(json, at)
    else if (isBlank(char)) {
      compact += json.slice(from, at)
      while (isBlank(json.charCodeAt(++at)));
      from = at
    } else at++
  }
  return from === 0 ? json : compact + json.slice(from)
}

/** A member of an object: its name, and name and value as they are written. */
export interface Member {
  readonly name: string
  readonly key: JsonText
  readonly value: JsonText
}

/** The value of a JSON string; it may hold half a character, as an escape. */
const decode = (string: JsonText): string =>
  string.includes("\\") ? (JSON.parse(string) as string) : string.slice(1, -1)

/** The members of an object's text, in order, those given twice too. */
export const membersOf = (object: JsonText): ReadonlyArray<Member> => {
  const members: Array<Member> = []
  for (let at = 1; at < object.length - 1;) {
    const colon = endOfString(object, at)
    const end = endOfValue(object, colon + 1)
    const key = object.slice(at, colon)
    members.push({ name: decode(key), key, value: object.slice(colon + 1, end) })
    at = end + 1
  }
  return members
}

/** The elements of an array's text. */
export const elementsOf = (array: JsonText): ReadonlyArray<JsonText> => {
  const elements: Array<JsonText> = []
  for (let at = 1; at < array.length - 1;) {
    const end = endOfValue(array, at)
    elements.push(array.slice(at, end))
    at = end + 1
  }
  return elements
}

/** An object's fields by name: each at the place where its name came first, with the value that came last. */
export const fieldsOf = (object: JsonText): ReadonlyMap<string, JsonText> => {
  const fields = new Map<string, JsonText>()
  for (let at = 1; at < object.length - 1;) {
    const colon = endOfString(object, at)
    const end = endOfValue(object, colon + 1)
    fields.set(decode(object.slice(at, colon)), object.slice(colon + 1, end))
    at = end + 1
  }
  return fields
}

/** The text of an object with these members, each name as it is written. */
export const objectText = (members: Iterable<Pick<Member, "key" | "value">>): JsonText =>
  `{${Array.from(members, ({ key, value }) => `${key}:${value}`).join(",")}}`

export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null"

/** A kind in words for an error message. */
export const describeKind = (kind: JsonKind): string => {
  switch (kind) {
    case "null":
      return "null"
    case "string":
      return "text"
    case "object":
    case "array":
      return `an ${kind}`
    default:
      return `a ${kind}`
  }
}

/** What kind of value a text is. */
export const kindOf = (json: JsonText): JsonKind => {
  switch (json[0]) {
    case "{":
      return "object"
    case "[":
      return "array"
    case '"':
      return "string"
    case "t":
    case "f":
      return "boolean"
    case "n":
      return "null"
    default:
      return "number"
  }
}

/** A value as people read it: a string's own text, U+FFFD for half a character, nothing for null, else as it is written. */
export const shownText = (json: JsonText): string =>
  json.startsWith('"') ? decode(json).toWellFormed() : json === "null" ? "" : json

/**
 * A value's text for people: with strings spelled plainly, on one line or indented. Numbers, the order of names and those
 * given twice stay as they are written.
 */
export const readableText = (json: JsonText, indent = 0): string => {
  if (indent === 0 && !json.includes("\\")) return json
  let text = ""
  let depth = 0
  const line = () => (indent === 0 ? "" : `\n${" ".repeat(indent * depth)}`)
  for (let at = 0, from = 0; at < json.length; from = at) {
    const char = json.charCodeAt(at)
    at = char === QUOTE ? endOfString(json, at) : at + 1
    const token = json.slice(from, at)
    if (char === QUOTE) text += token.includes("\\") ? JSON.stringify(decode(token)) : token
    else if (char === COMMA) text += token + line()
    else if (char === COLON) text += indent === 0 ? token : `${token} `
    else if (isOpening(char)) {
      if (isClosing(json.charCodeAt(at))) text += json.slice(from, ++at)
      else {
        depth++
        text += token + line()
      }
    } else if (isClosing(char)) {
      depth--
      text += line() + token
    } else text += token
  }
  return text
}

/**
 * What no text format may carry as it is, because clients that split at line ends would break, and terminals obey:
 * DEL, C1 controls, U+2028 and U+2029. In valid JSON they stand in strings alone; C0 controls are escaped there already.
 */
// oxlint-disable-next-line no-control-regex -- it is what this is about
const RAW = /[\x7f-\x9f\u2028\u2029]/g
const SOME_RAW = new RegExp(RAW.source)

/** Whether `escapeRaw` would change it. */
export const hasRaw = (json: JsonText): boolean => SOME_RAW.test(json)

/** The same value with those characters escaped. */
export const escapeRaw = (json: JsonText): JsonText =>
  json.replace(RAW, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** Where a text has one of these, a name in it may be spelled otherwise than `JSON.stringify` does. */
const OTHER_SPELLING = /\\[u/]/

/** False when an object's text certainly has none of these members. */
export const mayHaveMember = (object: JsonText, names: ReadonlyArray<string>): boolean =>
  OTHER_SPELLING.test(object) ||
  names.some((name) => object.includes(JSON.stringify(name)) || !name.isWellFormed())

/** The members of an object's text but those of these names, to follow others: each with a comma before it. */
export const membersWithout = (object: JsonText, names: ReadonlySet<string>): string =>
  membersOf(object)
    .filter(({ name }) => !names.has(name))
    .map(({ key, value }) => `,${key}:${value}`)
    .join("")
