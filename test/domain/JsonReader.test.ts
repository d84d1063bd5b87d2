import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { JsonReader } from "../../src/domain/JsonReader.ts"
import type { JsonSink, ReadFailure } from "../../src/domain/JsonSink.ts"
import { compactText } from "../../src/domain/JsonText.ts"

interface Read {
  readonly texts: ReadonlyArray<string>
  readonly problems: ReadonlyArray<string>
  readonly failure: ReadFailure | null
  readonly said: number
  readonly values: number
}

interface Options {
  readonly cuts?: ReadonlyArray<number>
  readonly many?: boolean
  readonly maxDepth?: number
  readonly maxValues?: number
  readonly maxText?: number
}

/** Text in pieces: a cut is a part of what is left. */
const inPieces = (text: string, cuts: ReadonlyArray<number>): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  let rest = text
  for (const cut of cuts) {
    const at = Math.floor(cut * (rest.length + 1))
    pieces.push(rest.slice(0, at))
    rest = rest.slice(at)
  }
  return [...pieces, rest]
}

/** Reads, and has every value at depth 0 cut out. */
const read = (json: string, options: Options = {}): Read => {
  const { cuts = [], many = false, maxDepth = 64, maxValues = 10_000, maxText = 1e9 } = options
  const texts: Array<string> = []
  const problems: Array<string> = []
  const sink: JsonSink = {
    watch: 0,
    value: () => maxText,
    end: (_, text, length) => texts.push(text ?? `${length} characters`),
    part: () => {},
    problem: (path, message) => problems.push(`${path} ${message}`),
  }
  const values = { count: 0 }
  const reader = new JsonReader({ sink, maxDepth, maxValues, values, path: "rows", many })
  for (const piece of inPieces(json, cuts)) reader.push(piece)
  reader.end()
  return { texts, problems, failure: reader.failure, said: reader.said, values: values.count }
}

const count = (value: unknown): number =>
  typeof value !== "object" || value === null
    ? 1
    : 1 + Object.values(value).reduce<number>((sum, item) => sum + count(item), 0)

const CUTS = Schema.Array(Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 0.999 }))).check(
  Schema.isMaxLength(12),
)
const SPACE = Schema.Literals(["", " ", "\t", "   "])
const wellFormed = (value: unknown) => JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, "\\u00e9")

describe("JsonReader", () => {
  it.prop(
    "cuts out any value as it was written, without blanks",
    [Schema.Json, SPACE, CUTS],
    ([value, space, cuts]) => {
      const text = wellFormed(value)
      const spaced = JSON.stringify(JSON.parse(text), null, space).replaceAll("\n", "\r\n")
      const { texts, problems, failure, values } = read(spaced, { cuts, maxDepth: 1_000 })
      expect([failure, problems]).toStrictEqual([null, []])
      expect(texts).toStrictEqual([JSON.stringify(JSON.parse(text))])
      expect(texts).toStrictEqual([compactText(spaced)])
      expect(values).toBe(count(JSON.parse(text)))
    },
  )

  it.prop(
    "takes what JSON.parse takes, and nothing else",
    [Schema.Json, Schema.String, Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 0.999 })), CUTS],
    ([value, piece, at, cuts]) => {
      // Valid text with something in its middle that may break it.
      const text = wellFormed(value)
      const place = Math.floor(at * (text.length + 1))
      for (const broken of [
        text.slice(0, place) + text.slice(place + 1),
        text.slice(0, place) + JSON.stringify(piece).slice(0, 3) + text.slice(place),
        ...Array.from('{}[]",:\\0-.eE1tfn \n').map((char) => text.slice(0, place) + char + text.slice(place)),
      ]) {
        let valid = true
        try {
          JSON.parse(broken)
        } catch {
          valid = false
        }
        expect([broken, read(broken, { cuts, maxDepth: 1_000 }).failure === null]).toStrictEqual([
          broken,
          valid,
        ])
      }
    },
  )

  it.each([
    [
      "0",
      "-0",
      "1.10",
      "1e2",
      "1E+2",
      "1e-400",
      "738529527931269425",
      "9".repeat(300),
      `${"1".repeat(30)}.5`,
    ],
    ['"\\u0041\\/"', '"\\ud83d\\ude00"', '"\u2028"', '{"\\u0061":1}', '{"2023":1,"2021":2}', '{"":{"":[]}}'],
  ])("keeps spellings: %s …", (...texts) => {
    for (const text of texts)
      for (let cut = 0; cut < text.length; cut++)
        expect(read(text, { cuts: [cut / (text.length + 1)] })).toMatchObject({ texts: [text], problems: [] })
  })

  it.each([
    ['{"a":1,"a":1}', "rows.a is given twice"],
    ['{"a":1,"\\u0061":1}', "rows.a is given twice"],
    ['[{"b":1,"a":1,"c":2,"a":1}]', "rows[0].a is given twice"],
    ['{"a":{"b":[0,{"c":1,"c":2}]}}', "rows.a.b[1].c is given twice"],
    ['"\\ud800"', "rows holds half a character"],
    ['"\\ud83d\\ud83d\\ude00"', "rows holds half a character"],
    ['"\\ude00x"', "rows holds half a character"],
    ['"\\ud83dx"', "rows holds half a character"],
    ['["\ud83d"]', "rows[0] holds half a character"],
    ['{"a":{"x\\ud800":1}}', "rows.a has a name with half a character"],
    ["[1,-1e400]", "rows[1] is a number beyond"],
    [`[${"9".repeat(309)}]`, "rows[0] is a number beyond"],
  ])("%s", (text, problem) => {
    for (let cut = 0; cut < text.length; cut++) {
      const { problems, failure } = read(text, { cuts: [cut / (text.length + 1)] })
      expect([problems.length, failure]).toStrictEqual([1, null])
      expect(problems[0]).toContain(problem)
    }
  })

  it("does not take names for the same that only look alike", () => {
    expect(read('{"é":1,"e\u0301":1,"a":{"a":1},"A":[{"a":1},{"a":1}]}').problems).toStrictEqual([])
  })

  it("stops at bounds, before anything is built", () => {
    const deep = "[".repeat(8_000_000)
    expect(read(deep)).toMatchObject({
      texts: [],
      failure: { _tag: "TooDeep", limit: 64, path: `rows${"[0]".repeat(20)}` },
    })
    expect(read(`${"[".repeat(64)}${"]".repeat(64)}`).failure).toBeNull()
    expect(read(`[${"{},".repeat(9_998)}{}]`).failure).toBeNull()
    expect(read(`[${"{},".repeat(9_999)}{}]`).failure).toStrictEqual({ _tag: "TooManyValues", limit: 10_000 })
    expect(read('{"a":"longer"}', { maxText: 13 }).texts).toStrictEqual(["14 characters"])
  })

  it("says where a text breaks", () => {
    const where = (text: string) => read(text, { cuts: [0.3, 0.5] }).failure
    expect(where('{\n "a": 1,\n "b": tru }')).toStrictEqual({
      _tag: "NotJson",
      where: "line 3, column 7",
      atEnd: false,
    })
    expect(where('{"a":[1,2')).toStrictEqual({ _tag: "NotJson", where: "line 1, column 10", atEnd: true })
    expect(where("")).toMatchObject({ where: "line 1, column 1", atEnd: true })
    expect(where('{"a":1} x')).toMatchObject({ where: "line 1, column 9", atEnd: false })
  })

  it("reads one value after the other", () => {
    const { texts, failure } = read('{"a":1}\n{"a": 2}\r\n\n[3]', { many: true, cuts: [0.2, 0.4] })
    expect([texts, failure]).toStrictEqual([['{"a":1}', '{"a":2}', "[3]"], null])
    expect(read('{"a":1}\n{"a":1,"a":2}', { many: true }).problems).toStrictEqual([
      expect.stringContaining("rows[1].a is given twice"),
    ])
  })

  it("counts scalars that say something", () => {
    expect(read('[null,""," \\n\\t\u00a0\\u00a0",[],{},{"a":null}]').said).toBe(0)
    expect(read('[0,false,"x"," x","\\u0000"]').said).toBe(5)
  })
})
