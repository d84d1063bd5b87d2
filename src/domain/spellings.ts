/**
 * Text as others decode it: JSON's escapes, percent encoding and HTML's entities, one inside the other where they are.
 * Each level knows of which part of the one before it each of its characters is made.
 */
export interface Level {
  readonly text: string
  /** Of each escape that was undone: where its character is in `text`, and where the escape was one level before. */
  readonly at: ReadonlyArray<number>
  readonly from: ReadonlyArray<number>
  readonly to: ReadonlyArray<number>
}

/** JSON's (RFC 8259 §7), those of URLs (RFC 3986 §2.1), numeric entities of HTML and the five named ones of XML. */
const ESCAPE =
  /\\(?:u([\da-fA-F]{4})|(["\\/bfnrt]))|%([\da-fA-F]{2})|&(?:#0*(\d{1,7})|#[xX]0*([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos));?/g

const SHORT: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
}

const ofCode = (code: number): string => (code > 0x10ffff ? "\uFFFD" : String.fromCodePoint(code))

/** The text with its escapes undone once; null when it has none. */
const unescapeOnce = (text: string): Level | null => {
  const [at, from, to]: [Array<number>, Array<number>, Array<number>] = [[], [], []]
  let plain = ""
  let end = 0
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, unit, short, percent, decimal, hex, name] = match
    plain += text.slice(end, match.index)
    at.push(plain.length)
    from.push(match.index)
    end = match.index + whole.length
    to.push(end)
    const named = short ?? name
    const digits = unit ?? percent ?? hex
    // One unit each, so that places can be counted: what is beyond them is part of no secret.
    const char =
      named === undefined
        ? ofCode(digits === undefined ? Number(decimal) : parseInt(digits, 16))
        : (SHORT[named] ?? named)
    plain += char.length === 1 ? char : "\uFFFD"
  }
  return at.length === 0 ? null : { text: plain + text.slice(end), at, from, to }
}

/** Text in text in text: nobody goes deeper without meaning to. */
const MAX_LEVELS = 8

/** The text as it is, and as it reads with its escapes undone once, twice and so on, until none is left. */
export const levelsOf = (text: string): ReadonlyArray<Level> => {
  const levels: Array<Level> = [{ text, at: [], from: [], to: [] }]
  for (let level = unescapeOnce(text); level !== null; level = unescapeOnce(level.text)) {
    levels.push(level)
    if (levels.length > MAX_LEVELS) break
  }
  return levels
}

/** How many of these rising numbers are below `limit`. */
const countBelow = (numbers: ReadonlyArray<number>, limit: number): number => {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! < limit) low = middle + 1
    else high = middle
  }
  return low
}

/** Where a character of this level begins in the one before it. */
const before = ({ at, to }: Level, place: number): number => {
  const escapes = countBelow(at, place)
  return escapes === 0 ? place : to[escapes - 1]! + place - at[escapes - 1]! - 1
}

/** A place and what follows: from where on, and up to where. */
export type Range = readonly [from: number, to: number]

/** No escape is cut in half, neither where the range begins nor where it ends. */
const wholeEscapes = ({ from, to }: Level, [begin, end]: Range): Range => {
  const first = countBelow(from, begin) - 1
  const last = countBelow(from, end) - 1
  return [
    first >= 0 && to[first]! > begin ? from[first]! : begin,
    last >= 0 && to[last]! > end ? to[last]! : end,
  ]
}

/** A range of the level of this number as one of the text itself: with the whole of escapes that it is in, and without. */
export const rangesInText = (
  levels: ReadonlyArray<Level>,
  level: number,
  found: Range,
): readonly [whole: Range, exact: Range] => {
  const next = levels[level + 1]
  const inText = (range: Range): Range =>
    levels
      .slice(1, level + 1)
      .reduceRight<Range>(([from, to], one) => [before(one, from), before(one, to)], range)
  return [inText(next === undefined ? found : wholeEscapes(next, found)), inText(found)]
}
