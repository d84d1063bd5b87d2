/**
 * Rows as nobody's serialiser would write them, from a seed: what is lost by who makes values of JSON and writes them
 * anew, what breaks lines, tables and markup, what terminals and spreadsheets obey.
 */

export interface WildMember {
  readonly name: string
  /** Name and value as they are written, without blanks between tokens. */
  readonly key: string
  readonly value: string
}

export interface WildRow {
  readonly members: ReadonlyArray<WildMember>
  readonly text: string
  /** The same with blanks wherever they may stand. */
  readonly blanked: string
}

const NUMBERS = [
  "738529527931269425",
  "-738529527931269425",
  "9007199254740993",
  "9223372036854775808",
  "0",
  "-0",
  "7",
  "1.10",
  "1.0",
  "-0.0",
  "1e2",
  "1E+2",
  "0.1e1",
  "1e-400",
  "5e-324",
  "1.7976931348623157e308",
  "123456789012345678901234567890",
  "3.141592653589793238462643383279",
  "-1234.50",
]

/** Names of members: some are of consequence in JavaScript, in SQL, in our own formats. */
const NAMES = [
  "2023",
  "2021",
  "0",
  "-1",
  "1.10",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  "$id",
  "$status",
  "$error",
  "$basis",
  "content",
  "status",
  "run",
  "input",
  "id",
  "ID",
  "true",
  "null",
  "a b",
  " led and trailed ",
  'quote"s',
  "it's",
  "a,b;c",
  "pipe|d",
  "tab\there",
  "line\nend",
  "=1+1",
  "@x",
  "<b>bold</b>",
  "</script>",
  "&amp;",
  "*star*",
  "`tick`",
  "back\\slash",
  "a.b[0]",
  "café",
  "שלום",
  "🧱",
  "nul\u0000",
  "del\u007f",
  "next\u0085",
  "line\u2028separator",
  "x".repeat(120),
]

const PIECES = [
  "plain words",
  "Ünïcødé",
  "日本語",
  "👩‍👩‍👧",
  "🧱",
  "é",
  "مرحبا",
  "\u202eright to left\u202c",
  "\u200f",
  "\u2028",
  "\u2029",
  "\u0085",
  "\u0000",
  "\u001b[31m",
  "\u007f",
  "\u009b2J",
  "\ufeff",
  "\u00a0",
  "\u200b",
  "\n",
  "\r\n",
  "\r",
  "\t",
  "  ",
  "\v",
  "\f",
  "\u001c",
  "\u001e",
  '"',
  '""',
  "'",
  ",",
  ";",
  "|",
  "\\",
  "\\|",
  "=1+1",
  "+1415",
  "-5",
  "-2+3",
  "@SUM(A1)",
  "＝1",
  "'=1",
  "<script>alert(1)</script>",
  "</script>",
  "<!--",
  "&lt;",
  "&#92;",
  "<b>",
  "`code`",
  "*2*3*4",
  "~~gone~~",
  "_a_",
  "[x](javascript:alert(1))",
  "![i](http://x)",
  "a_[b]",
  "https://a.example/?q=1&r=(2)",
  "www.example.com",
  "$1 and $2",
  "# not a heading",
  "- no list",
  ": colon",
  "data: x",
  "id: 7",
  "\\u0041",
  "%41",
  "{{json}}",
  "$&",
  "https://a.example/a_b_c",
  ":smile:",
]

/** Mulberry32: the same seed, the same rows. */
export class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
  pick<T>(from: ReadonlyArray<T>): T {
    return from[this.below(from.length)]!
  }
  times<T>(n: number, make: (at: number) => T): ReadonlyArray<T> {
    return Array.from({ length: n }, (_, at) => make(at))
  }
  /** In another order. */
  shuffled<T>(items: ReadonlyArray<T>): ReadonlyArray<T> {
    return items
      .map((item) => ({ item, at: this.below(1e9) }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)
  }
}

const escape = (text: string) =>
  Array.from(
    { length: text.length },
    (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("")

/** A string's JSON: as usual, with escapes nobody needs, or with everything raw that may be. */
const spell = (text: string, dice: Dice): string => {
  const usual = JSON.stringify(text)
  const how = dice.below(4)
  if (how === 0) return usual.replaceAll("/", "\\/").replace(/[\u007f-\u009f\u2028\u2029]/g, escape)
  if (how > 1 || text.length > 40) return usual
  const spelled = Array.from(text, (one) =>
    dice.below(2) === 0 ? escape(one) : JSON.stringify(one).slice(1, -1),
  )
  return `"${spelled.join("")}"`
}

/** Any characters, of any plane. */
const anyText = (dice: Dice): string =>
  String.fromCodePoint(
    ...dice.times(1 + dice.below(4), () => 0xa1 + dice.below(dice.pick([0x500, 0xd75f, 0x10ff5e]))),
  ).toWellFormed()

const wildText = (dice: Dice): string => {
  const piece = () => (dice.below(6) === 0 ? anyText(dice) : dice.pick(PIECES))
  const text = dice.times(1 + dice.below(5), piece).join(dice.pick(["", " ", ""]))
  return dice.below(25) === 0 ? text.repeat(40) : text
}

/** The tokens of a value. */
const wildValue = (dice: Dice, depth: number): ReadonlyArray<string> => {
  const kind = dice.below(depth < 3 ? 10 : 7)
  if (kind < 3) return [spell(wildText(dice), dice)]
  if (kind < 5) return [dice.pick(NUMBERS)]
  if (kind < 7) return [dice.pick(["true", "false", "null", '""'])]
  const length = dice.below(4)
  if (kind < 8)
    return ["[", ...dice.times(length, (at) => [...comma(at), ...wildValue(dice, depth + 1)]).flat(), "]"]
  const names = dice.shuffled(NAMES).slice(0, length)
  const members = names.map((name, at) => [
    ...comma(at),
    spell(name, dice),
    ":",
    ...wildValue(dice, depth + 1),
  ])
  return ["{", ...members.flat(), "}"]
}

const comma = (at: number) => (at === 0 ? [] : [","])

const BLANKS = ["", "", " ", "\n", "\r\n\t", "   "]
const blanked = (tokens: ReadonlyArray<string>, dice: Dice) =>
  dice.pick(BLANKS) + tokens.map((token) => token + dice.pick(BLANKS)).join("")

/** Names come as they are spelled. */
const rowOf = (members: ReadonlyArray<readonly [string, ReadonlyArray<string>]>, dice: Dice): WildRow => {
  const spelled = members.map(([key, tokens]) => ({ name: JSON.parse(key) as string, key, tokens }))
  const tokens = spelled.flatMap(({ key, tokens }, at) => [...comma(at), key, ":", ...tokens])
  return {
    members: spelled.map(({ name, key, tokens }) => ({ name, key, value: tokens.join("") })),
    text: `{${tokens.join("")}}`,
    blanked: blanked(["{", ...tokens, "}"], dice),
  }
}

/** Rows with any names in any order, none of them blank. */
export const wildRows = (dice: Dice, count: number): ReadonlyArray<WildRow> => {
  const pool = [...new Set(["", ...NAMES, ...dice.times(8, () => anyText(dice))])]
  return dice.times(count, (at) => {
    const names = dice.shuffled(pool).slice(0, dice.below(9))
    const members = names.map((name) => [spell(name, dice), wildValue(dice, 0)] as const)
    return rowOf(dice.shuffled([...members, ['"n"', [String(at)]] as const]), dice)
  })
}

/** A row of texts, written as a program does. */
export const tableRow = (cells: ReadonlyArray<readonly [string, string]>): WildRow => {
  const members = cells.map(([name, text]) => ({
    name,
    key: JSON.stringify(name),
    value: JSON.stringify(text),
  }))
  const text = `{${members.map(({ key, value }) => `${key}:${value}`).join(",")}}`
  return { members, text, blanked: text }
}

/** Rows of a table: every one has the same columns. */
export const wildTable = (dice: Dice, count: number): ReadonlyArray<WildRow> => {
  const names = dice.shuffled(NAMES.filter((name) => !name.startsWith("$"))).slice(0, 6)
  return dice.times(count, (at) =>
    tableRow([
      ["n", String(at)],
      ...names.map((name) => [name, dice.below(6) === 0 ? "" : wildText(dice)] as const),
    ]),
  )
}
