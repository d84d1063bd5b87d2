import * as Schema from "effect/Schema"

const NUMBERS = ["738529527931269425", "-0", "1.10", "1E+2", "1e-400", "0.1e1", `1${"0".repeat(29)}3`]
const NAMES = ['"2023"', '"2021"', '"twice"', '"twice"', String.raw`"caf\u00e9"`, '"__proto__"', '"\u2028"']
const BLANKS = ["", " ", "\n", "\r\n\t", "  "]

const escaped = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("")

/**
 * A value's JSON as strangers write it: numbers no double holds, names in any order and twice, escapes nobody needs,
 * blanks anywhere. What is drawn depends on the dice alone, which are thrown again from the first when used up.
 */
export const spellWildly = (value: Schema.Json, dice: ReadonlyArray<number>): string => {
  let thrown = 0
  const pick = <T>(from: ReadonlyArray<T>): T => {
    const die = dice.length === 0 ? 0 : Math.abs(dice[thrown++ % dice.length]!)
    return from[die % from.length]!
  }
  const string = (text: string) => (pick([0, 0, 1]) === 1 ? `"${escaped(text)}"` : JSON.stringify(text))
  const list = (texts: ReadonlyArray<string>) =>
    texts.map((text) => pick(BLANKS) + text + pick(BLANKS)).join(",")
  const spell = (part: Schema.Json): string => {
    if (typeof part === "string") return string(part)
    if (typeof part === "number") return pick([JSON.stringify(part), ...NUMBERS])
    if (Array.isArray(part)) return `[${list(part.map(spell))}]`
    if (typeof part !== "object" || part === null) return JSON.stringify(part)
    const own = Object.entries(part).map(([key, member]) => `${string(key)}:${pick(BLANKS)}${spell(member)}`)
    const odd = NAMES.filter(() => pick([0, 1]) === 1).map((name) => `${name}:${pick(NUMBERS)}`)
    return `{${list([...own, ...odd])}}`
  }
  return spell(value)
}

/** What `spellWildly` takes, for property tests. */
export const wildRow = [Schema.Record(Schema.String, Schema.Json), Schema.NonEmptyArray(Schema.Int)] as const
