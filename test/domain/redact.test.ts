import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { MIN_SECRET_CHARS, redactorOf } from "../../src/domain/redact.ts"

const KEY = "pk/live+9f2c-7b51"
const ODD = `0070"abc&def<'x+/`
/** With what is an escape itself: all of it has to be spelled in the same way. */
const ESCAPED = `u0041\\u0042%41&lt;x`
const OTHER = "another-secret"

const code = (char: string, digits = 2) => char.charCodeAt(0).toString(16).padStart(digits, "0")
const quoted = (text: string) => JSON.stringify(text).slice(1, -1)
const NAMES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" }

/** Ways to write a character inside of a JSON string. */
const WAYS: ReadonlyArray<(char: string) => string> = [
  quoted,
  quoted,
  quoted,
  (char) => (char === "/" ? "\\/" : quoted(char)),
  (char) => `\\u${code(char, 4)}`,
  (char) => `\\u${code(char, 4).toUpperCase()}`,
  (char) => quoted(`\\u${code(char, 4)}`),
  (char) => quoted(quoted(`\\u${code(char, 4)}`)),
  (char) => `\\u005cu${code(char, 4)}`,
  (char) => quoted(quoted(char)),
  (char) => `%${code(char)}`,
  (char) => `%25${code(char).toUpperCase()}`,
  (char) => `&#${char.charCodeAt(0)};`,
  (char) => `&#x000${code(char)};`,
  (char) => `&amp;#${char.charCodeAt(0)};`,
  (char) => (char in NAMES ? `&${NAMES[char]};` : quoted(char)),
]
const ways = Schema.Array(Schema.Literals(WAYS.map((_, at) => at)))
const spelled = (secret: string, chosen: ReadonlyArray<number>) =>
  Array.from(secret, (char, at) => WAYS[chosen[at % chosen.length] ?? 0]!(char)).join("")

/** Pieces of which texts come close to a secret, to escapes and to halves of them. */
const PIECES = [
  KEY,
  KEY.slice(0, 9),
  KEY.slice(9),
  ODD,
  OTHER,
  "\\",
  "\\\\",
  '"',
  "u",
  "u0070",
  "0070",
  "%",
  "70",
  "%70",
  "&#112;",
  "&amp;",
  "\\u",
  "\n",
  " ",
  "é",
  "…",
  ...WAYS.map((way) => way("p")),
]
const close = Schema.Array(Schema.Literals(PIECES))

const { hide, holds, hideCut } = redactorOf([KEY, OTHER, ODD])

describe("hide", () => {
  it.prop(
    "takes a secret out in any spelling, and nothing else",
    [Schema.Literals([KEY, OTHER, ODD]), ways, Schema.Json, Schema.Json],
    ([secret, chosen, before, after]) => {
      const text = (said: string) =>
        `[${JSON.stringify(before)}, "say ${said} twice",${JSON.stringify([after], null, 1)}]`
      const echoed = text(spelled(secret, chosen))
      JSON.parse(echoed)
      expect(hide(echoed)).toBe(text("[redacted]"))
      expect(holds(text("it"))).toBe(false)
    },
  )

  it.each(WAYS.map((way, at) => [at, way] as const))(
    "takes out one with escapes in it, spelled in way %i",
    (_, way) => {
      const echoed = JSON.stringify(["before"]).replace("before", `a ${Array.from(ESCAPED, way).join("")} b`)
      JSON.parse(echoed)
      expect(redactorOf([ESCAPED]).hide(echoed)).toBe('["a [redacted] b"]')
    },
  )

  it.prop(
    "leaves JSON JSON, and JSON text in it too",
    [close, Schema.Literals([1, 2, 3])],
    ([pieces, depth]) => {
      let text: string = pieces.join("")
      for (let level = 0; level < depth; level++) text = JSON.stringify([text])
      let read: unknown = hide(text)
      expect(hide(String(read))).toBe(read)
      for (let level = 0; level < depth; level++) [read] = JSON.parse(String(read)) as [unknown]
      expect(read).not.toContain(KEY)
    },
  )

  it.each([
    ["half an escape in front", "0070abcdef", String.raw`"\u0070abcdef"`, '"[redacted]"'],
    ["the same in JSON text", "0070abcdef", String.raw`"\"\\u0070abcdef\""`, String.raw`"\"[redacted]\""`],
    ["a line end in front", "nsecret-123", String.raw`"a\nsecret-123"`, '"a[redacted]"'],
    ["half an escape behind", "secret-12\\", String.raw`"secret-12\"b"`, '"[redacted]b"'],
    ["a backslash in front of the end", "secret-12\\", String.raw`["secret-12\\",1]`, '["[redacted]",1]'],
    ["a quotation mark, escaped", 'a"secret-12', String.raw`{"x":"a\"secret-12"}`, '{"x":"[redacted]"}'],
    ["a quotation mark that ends a string", 'a":"secret', '{"a":"secret"}', '{"a":"secret"}'],
    ["the same in a text", 'a":"secret', 'no: a":"secret', "no: [redacted]"],
    ["a number", "12345678", '{"a":12345678,"b":"12345678"}', '{"a":12345678,"b":"12345678"}'],
    ["a short one", "x".repeat(MIN_SECRET_CHARS - 1), "x".repeat(50), "x".repeat(50)],
    ["the shortest", "x".repeat(MIN_SECRET_CHARS), `a${"x".repeat(MIN_SECRET_CHARS)}b`, "a[redacted]b"],
    ["overlaps", "xyxyxyxyx", "xyxyxyxyxyx-xyxyxyxyx", "[redacted]-[redacted]"],
    ["hexadecimal", KEY, Buffer.from(KEY).toString("hex").toUpperCase(), "[redacted]"],
    ["a blank", "a code of login", "say a%20code of login", "say [redacted]"],
    ["not ASCII", "schlüssel-1", String.raw`"schl\u00fcssel-1 schlüssel-1"`, '"[redacted] [redacted]"'],
  ])("%s", (_, secret, text, hidden) => {
    expect(redactorOf([secret]).hide(text)).toBe(hidden)
  })

  it.each([0, 1, 2])("base64 with %i bytes in front, also of URLs", (count) => {
    const bytes = Buffer.from(`${"x".repeat(count)}${KEY}ÿ??`)
    for (const encoding of ["base64", "base64url"] as const) {
      const hidden = hide(`say ${bytes.toString(encoding)} twice`)
      expect(hidden).toMatch(/^say \w{0,3}\[redacted\][\w+/=-]{0,8} twice$/)
    }
  })

  it("finds what is at the end of long texts, and across the windows in which it looks", () => {
    const echoed = spelled(KEY, [4])
    for (const filler of ["%70", "\\\\", "&#112;", KEY.slice(0, -1)]) {
      const many = filler.repeat(20_000)
      const hidden = hide(`${many}${echoed}${many}.${echoed}`)
      expect([filler, hidden === `${many}[redacted]${many}.[redacted]`]).toEqual([filler, true])
    }
  })
})

describe("hideCut", () => {
  it("takes beginnings out that were cut off, where they tell anything", () => {
    expect(hideCut(`a ${KEY.slice(0, 12)}… b ${KEY}… c ${KEY.slice(0, 3)}… d ${KEY.slice(0, 12)} e`)).toBe(
      `a [redacted]… b [redacted]… c ${KEY.slice(0, 3)}… d ${KEY.slice(0, 12)} e`,
    )
  })
})
