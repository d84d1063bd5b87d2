/**
 * JSON as text, because a value forgets how it was written: digits beyond those of a double, the order of names that look
 * like numbers, names given twice, spellings, blanks. What is looked into here has been parsed before, so it is valid.
 */
export type JsonText = string

/** Text that stands for a value in what is to be written. */
export class RawJson {
  readonly text: JsonText
  constructor(text: JsonText) {
    this.text = text
  }
}

/** As deep as wire objects hold raw parts: in lists they never stand. */
const holdsRaw = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  if (value instanceof RawJson) return true
  for (const key in value) if (holdsRaw((value as Record<string, unknown>)[key])) return true
  return false
}

/** `JSON.stringify`, with raw parts as they are. */
export const jsonText = (value: unknown): JsonText => {
  if (value instanceof RawJson) return value.text
  if (!holdsRaw(value)) return JSON.stringify(value)
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined)
  return objectText(members.map(([name, member]) => ({ key: JSON.stringify(name), value: jsonText(member) })))
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPENING = new Set([0x7b, 0x5b])
const CLOSING = new Set([0x7d, 0x5d])

const skipBlanks = (json: JsonText, from: number): number => {
  let at = from
  while (at < json.length && json.charCodeAt(at) <= 0x20) at++
  return at
}

/** Behind the string that begins at `at`. */
const endOfString = (json: JsonText, at: number): number => {
  for (let quote = json.indexOf('"', at + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let before = quote
    while (json.charCodeAt(before - 1) === BACKSLASH) before--
    if ((quote - before) % 2 === 0) return quote + 1
  }
  return json.length
}

/** At the comma or bracket behind the value that begins at `at`. */
const endOfValue = (json: JsonText, at: number): number => {
  let depth = 0
  let next = at
  while (next < json.length) {
    const char = json.charCodeAt(next)
    if (char === QUOTE) {
      next = endOfString(json, next)
      continue
    }
    if (OPENING.has(char)) depth++
    else if (depth === 0 && (char === COMMA || CLOSING.has(char))) return next
    else if (CLOSING.has(char)) depth--
    next++
  }
  return next
}

/** A member of an object: its name, and name and value as they are written. */
export interface Member {
  readonly name: string
  readonly key: JsonText
  readonly value: JsonText
}

/** A name's text is mostly its value. */
const nameOf = (key: JsonText): string =>
  key.includes("\\") ? (JSON.parse(key) as string) : key.slice(1, -1)

/** The members of an object's text, in order, those given twice too. */
export const membersOf = (given: JsonText): ReadonlyArray<Member> => {
  const object = given.trimEnd()
  const members: Member[] = []
  let at = skipBlanks(object, skipBlanks(object, 0) + 1)
  while (at < object.length - 1) {
    const behind = endOfString(object, at)
    const key = object.slice(at, behind)
    const begin = skipBlanks(object, skipBlanks(object, behind) + 1)
    const end = endOfValue(object, begin)
    const value = object.slice(begin, end).trimEnd()
    members.push({ name: nameOf(key), key, value })
    at = skipBlanks(object, end + 1)
  }
  return members
}

/** The elements of an array's text. */
export const elementsOf = (given: JsonText): ReadonlyArray<JsonText> => {
  const array = given.trimEnd()
  const elements: JsonText[] = []
  let at = skipBlanks(array, skipBlanks(array, 0) + 1)
  while (at < array.length - 1) {
    const end = endOfValue(array, at)
    elements.push(array.slice(at, end).trimEnd())
    at = skipBlanks(array, end + 1)
  }
  return elements
}

/** An object's fields by name, as parsers take them: the value that came last, at the place of the first. */
export const fieldsOf = (object: JsonText): ReadonlyMap<string, JsonText> =>
  new Map(membersOf(object).map(({ name, value }) => [name, value]))

/** The text of what lies at the path; absent where the path ends early. */
export const textAt = (json: JsonText, ...path: ReadonlyArray<string>): JsonText | undefined =>
  path.reduce<JsonText | undefined>(
    (inner, name) => (inner?.trimStart().startsWith("{") ? fieldsOf(inner).get(name) : undefined),
    json,
  )

export const objectText = (members: Iterable<Pick<Member, "key" | "value">>): JsonText =>
  `{${Array.from(members, ({ key, value }) => `${key}:${value}`).join(",")}}`
