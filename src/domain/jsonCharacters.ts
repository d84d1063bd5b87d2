import type { JsonKind } from "./JsonText.ts"

/** Characters and tokens of JSON (RFC 8259), by their UTF-16 code units. */

export const QUOTE = 0x22
export const BACKSLASH = 0x5c

/** A number as JSON writes it. */
export const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

export const isBlank = (char: number): boolean =>
  char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09

/** What comes behind a number or a literal, rightly or not. */
export const endsScalar = (char: number): boolean =>
  char === 0x2c || char === 0x5d || char === 0x7d || char === QUOTE || char === 0x3a || isBlank(char)

const SPACE = /\s/

/** White space in what people read: text of nothing else says nothing. */
export const isSpace = (char: number): boolean =>
  char === 0x20 || (char >= 0x09 && char <= 0x0d) || (char >= 0xa0 && SPACE.test(String.fromCharCode(char)))

export const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff
export const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff

/** What begins with this character; null when no number or literal does. */
export const kindOfScalar = (char: number): JsonKind | null => {
  if (char === 0x74 || char === 0x66) return "boolean"
  if (char === 0x6e) return "null"
  return char === 0x2d || (char >= 0x30 && char <= 0x39) ? "number" : null
}

/** Value of a hexadecimal digit, or -1. */
export const hexOf = (char: number): number => {
  if (char >= 0x30 && char <= 0x39) return char - 0x30
  const letter = char | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** What a character stands for behind a backslash. */
export const ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }).map(
    ([char, means]) => [char.charCodeAt(0), means.charCodeAt(0)],
  ),
)
