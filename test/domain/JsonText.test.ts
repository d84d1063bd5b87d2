import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  compactText,
  elementsOf,
  escapeRaw,
  fieldsOf,
  hasRaw,
  kindOf,
  mayHaveMember,
  membersOf,
  membersWithout,
  objectText,
  readableText,
  shownText,
} from "../../src/domain/JsonText.ts"

const NAMES = ["basis", "confidence", "$id", "$status", "a", "", '"', "\\", "/", 'x\\"y', "é", "\u2028", "1"]
const name = Schema.Literals(NAMES)
const value = Schema.Union([Schema.Json, Schema.Array(name)])
const members = Schema.Array(Schema.Tuple([Schema.Union([name, Schema.String]), value]))
const LEFT_OUT = ["basis", "confidence", "a", "1", "", "/", "é"]

describe("membersWithout", () => {
  it.prop(
    "is what parsing, leaving out and writing again gives",
    [members, Schema.Array(Schema.Literals(LEFT_OUT))],
    ([entries, names]) => {
      const object = Object.fromEntries(entries)
      const kept = Object.entries(object).filter(([key]) => !names.includes(key))
      const text = JSON.stringify(Object.fromEntries(kept)).slice(1, -1)
      expect(membersWithout(JSON.stringify(object), new Set(names))).toBe(text === "" ? "" : `,${text}`)
    },
  )

  it.each([
    [`{}`, ""],
    [`{"basis":[]}`, ""],
    [`{"type":"json","basis":[{"field":"a,\\"b]}"}]}`, `,"type":"json"`],
    [`{"basis":[[],{}],"x":"\\\\","y":-1e3}`, `,"x":"\\\\","y":-1e3`],
    [`{"a":{"basis":1},"basis":null}`, `,"a":{"basis":1}`],
  ])("%s", (object, members) => {
    expect(membersWithout(object, new Set(["basis"]))).toBe(members)
  })
})

/** A name as JSON may have it: as `JSON.stringify` writes it, or with escapes that nobody needs. */
const spelled = (text: string, way: number): string => {
  const all = Array.from(text, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${hex(char.charCodeAt(at))}`).join(""),
  )
  if (way === 1) return `"${all.join("")}"`
  if (way === 2 && all.length > 0) return `"${all[0]}${JSON.stringify(text.slice(1)).slice(1, -1)}"`
  return way === 3 ? JSON.stringify(text).replaceAll("/", "\\/") : JSON.stringify(text)
}
const hex = (code: number) => code.toString(16).padStart(4, "0")

describe("mayHaveMember", () => {
  it.prop(
    "never misses a member, however its name is spelled",
    [members, Schema.Literals([0, 1, 2, 3])],
    ([entries, way]) => {
      const texts = entries.map(([key, of]) => `${spelled(key.toWellFormed(), way)}:${JSON.stringify(of)}`)
      const text = `{${texts.join(", ")}}`
      for (const key of Object.keys(JSON.parse(text) as object)) expect(mayHaveMember(text, [key])).toBe(true)
    },
  )

  it("knows when there is none", () => {
    const object = `{"company":"A \\"quoted\\"\\nname","price":"$5"}`
    expect(mayHaveMember(object, ["$id", "$status", "ceo"])).toBe(false)
    expect(mayHaveMember(object, ["ceo", "price"])).toBe(true)
    expect(mayHaveMember(`{"\\u0024id":1}`, ["$id"])).toBe(true)
    expect(mayHaveMember(object, ["\ud800"])).toBe(true)
  })
})

const JSON_VALUE = Schema.Json

describe("texts taken apart", () => {
  it.prop(
    "an object put together again is the same text",
    [Schema.Record(Schema.String, JSON_VALUE)],
    ([object]) => {
      const text = JSON.stringify(object)
      expect(objectText(membersOf(text))).toBe(text)
      // Of the object, not of what JSON.parse makes of the text: V8 may take a name with an escape for another that it
      // has just read in its place ("\\u0001" for "\\\\").
      const entries = Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)] as const)
      expect([...fieldsOf(text)]).toStrictEqual(entries)
    },
  )

  it.prop("so is an array", [Schema.Array(JSON_VALUE)], ([array]) => {
    const text = JSON.stringify(array)
    expect(`[${elementsOf(text).join(",")}]`).toBe(text)
  })

  it.prop(
    "blanks between tokens go, and nothing else",
    [JSON_VALUE, Schema.Literals(["\t", 1, 4])],
    ([value, space]) => {
      expect(compactText(JSON.stringify(value, null, space))).toBe(JSON.stringify(value))
      expect(compactText(` \r\n${JSON.stringify(value)} `)).toBe(JSON.stringify(value))
    },
  )

  it.prop("kinds and shown texts", [JSON_VALUE], ([value]) => {
    const text = JSON.stringify(value)
    const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value
    expect(kindOf(text)).toBe(kind)
    expect(shownText(text)).toBe(
      typeof value === "string" ? value.toWellFormed() : value === null ? "" : text,
    )
  })

  it("keeps digits, spellings, order and names given twice", () => {
    const text = '{"b":738529527931269425,"2023":1.10,"2021":-0,"b":1e2,"\\u0061":"\\ud800"}'
    expect(membersOf(text).map(({ name, key, value }) => [name, key, value])).toStrictEqual([
      ["b", '"b"', "738529527931269425"],
      ["2023", '"2023"', "1.10"],
      ["2021", '"2021"', "-0"],
      ["b", '"b"', "1e2"],
      ["a", '"\\u0061"', '"\\ud800"'],
    ])
    expect([...fieldsOf(text)]).toStrictEqual([
      ["b", "1e2"],
      ["2023", "1.10"],
      ["2021", "-0"],
      ["a", '"\\ud800"'],
    ])
    expect(shownText('"\\ud800"')).toBe("\ufffd")
  })
})

describe("escapeRaw", () => {
  it.prop(
    "changes no value, and leaves nothing that breaks lines",
    [JSON_VALUE, Schema.String],
    ([value, more]) => {
      const text = JSON.stringify([value, more, "\u2028\u2029\u0085\u007f\u009b[0m"])
      const escaped = escapeRaw(text)
      expect(JSON.parse(escaped)).toStrictEqual(JSON.parse(text))
      expect(hasRaw(text)).toBe(true)
      expect(hasRaw(escaped)).toBe(false)
    },
  )
})

describe("readableText", () => {
  it.prop("is what JSON.stringify makes, on one line and indented", [Schema.Json], ([json]) => {
    // Half a character is shown as U+FFFD.
    const text = JSON.stringify(json).replace(/\\(?:ud[89a-f]..|[^])/g, (escape) =>
      escape.length > 2 ? escape.slice(1) : escape,
    )
    expect(readableText(text)).toBe(text)
    expect(readableText(text, 2)).toBe(JSON.stringify(JSON.parse(text), null, 2))
  })

  it("keeps numbers, the order of names and those given twice, and spells strings plainly", () => {
    const text = '{"2023":1.10,"2021":[-0,738529527931269425,1e400],"a":{},"a":"caf\\u00e9\\/\\n"}'
    expect(readableText(text)).toBe(
      '{"2023":1.10,"2021":[-0,738529527931269425,1e400],"a":{},"a":"café/\\n"}',
    )
    expect(readableText(text, 1)).toBe(
      '{\n "2023": 1.10,\n "2021": [\n  -0,\n  738529527931269425,\n  1e400\n ],\n "a": {},\n "a": "café/\\n"\n}',
    )
  })
})
