import type { JsonText } from "./TaskGroup.ts"

/** Looks into JSON text without parsing it. */

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c

const isOpening = (char: number): boolean => char === 0x7b || char === 0x5b
const isClosing = (char: number): boolean => char === 0x7d || char === 0x5d

/** Where a text has one of these, a name in it may be spelled otherwise than `JSON.stringify` does. */
const OTHER_SPELLING = /\\[u/]/

/** False when an object's text certainly has none of these members. */
export const mayHaveMember = (object: JsonText, names: ReadonlyArray<string>): boolean =>
  OTHER_SPELLING.test(object) ||
  names.some((name) => object.includes(JSON.stringify(name)) || !name.isWellFormed())

/** Behind the string that begins at `at`. */
const endOfString = (json: JsonText, at: number): number => {
  for (let quote = json.indexOf('"', at + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let before = quote
    while (json.charCodeAt(before - 1) === BACKSLASH) before--
    if ((quote - before) % 2 === 0) return quote + 1
  }
  return json.length
}

/** Behind the value that begins at `at`, which is a member's. */
const endOfValue = (json: JsonText, at: number): number => {
  let depth = 0
  let next = at
  while (next < json.length) {
    const char = json.charCodeAt(next)
    if (char === QUOTE) next = endOfString(json, next)
    else if (isOpening(char)) {
      depth++
      next++
    } else if (depth === 0 && (char === COMMA || isClosing(char))) return next
    else {
      if (isClosing(char)) depth--
      next++
    }
  }
  return next
}

/**
 * The members of an object's text but those of these names, to follow others: each with a comma before it. The text must
 * be as `JSON.stringify` writes it, without white space and needless escapes, and the names such as need none.
 */
export const membersWithout = (object: JsonText, names: ReadonlySet<string>): string => {
  let members = ""
  for (let at = 1; at < object.length - 1;) {
    const colon = endOfString(object, at)
    const end = endOfValue(object, colon + 1)
    if (!names.has(object.slice(at + 1, colon - 1))) members += `,${object.slice(at, end)}`
    at = end + 1
  }
  return members
}
