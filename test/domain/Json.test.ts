import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  compactJson,
  escapeForScript,
  escapeHtml,
  inspectJson,
  isJsonObject,
  own,
} from "../../src/domain/Json.ts"

const BOUNDS = { maxDepth: 10, maxValues: 1_000 }

describe("inspectJson", () => {
  it.prop("passes whatever JSON can hold", [Schema.fromJsonString(Schema.Json)], ([value]) => {
    expect(inspectJson(value, "x", { maxDepth: 1_000, maxValues: 1_000_000 }).problem).toBeNull()
  })

  it("names the place of what JSON cannot hold", () => {
    const problem = (value: unknown) => inspectJson(value, "inputs[0]", BOUNDS).problem
    expect(problem({ a: [1, { b: 1n }] })?.path).toBe("inputs[0].a[1].b")
    expect(problem({ when: new Date(0) })?.path).toBe("inputs[0].when")
    expect(problem({ toJSON: () => 1 })?.path).toBe("inputs[0].toJSON")
    expect(problem({ a: undefined })?.path).toBe("inputs[0].a")
    expect(problem({ toJSON: 1, ["__proto__"]: null })).toBeNull()
  })

  it("survives depth bombs, cycles and values that refer to one another", () => {
    const bomb: unknown = JSON.parse("[".repeat(200_000) + "]".repeat(200_000))
    expect(inspectJson(bomb, "x", { maxDepth: 100, maxValues: 1e9 }).problem?.message).toContain("100 levels")
    const cycle: Record<string, unknown> = {}
    cycle["self"] = cycle
    expect(inspectJson(cycle, "x", BOUNDS).problem?.message).toContain("nested more than 10 levels")
    let doubling: unknown = 1
    for (let i = 0; i < 90; i++) doubling = [doubling, doubling]
    expect(inspectJson(doubling, "x", { maxDepth: 100, maxValues: 1_000 }).problem?.message).toContain(
      "1000 values",
    )
  })

  it("accepts exactly the depth and the number of values it is given", () => {
    expect(inspectJson([[1]], "x", { maxDepth: 2, maxValues: 3 }).problem).toBeNull()
    expect(inspectJson([[[]]], "x", { maxDepth: 2, maxValues: 9 }).problem?.path).toBe("x[0][0]")
    expect(inspectJson([1, 2, 3], "x", { maxDepth: 2, maxValues: 3 }).problem).not.toBeNull()
  })

  it("measures the strings, not the keys", () => {
    expect(inspectJson({ key: ["ab", { key: "cde" }] }, "x", BOUNDS).stringLength).toBe(5)
  })
})

describe("escaping", () => {
  it.prop("a script element keeps the same JSON without < or line separators", [Schema.String], ([text]) => {
    const json = JSON.stringify({ text: `${text}</script><!--\u2028\u2029` })
    const escaped = escapeForScript(json)
    expect(escaped).not.toMatch(/[<\u2028\u2029]/)
    expect(JSON.parse(escaped)).toEqual(JSON.parse(json))
  })

  it("HTML text and attributes", () => {
    expect(escapeHtml(`<a href="x" title='y'>&amp;`)).toBe(
      "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;",
    )
  })

  it("compactJson never throws", () => {
    const cycle: Record<string, unknown> = {}
    cycle["self"] = cycle
    expect(compactJson(cycle)).toBe("[not representable as JSON]")
    expect(compactJson(undefined)).toBe("")
    expect(compactJson({ a: [1] })).toBe('{"a":[1]}')
  })
})

describe("objects", () => {
  it("finds own members only", () => {
    expect(own({}, "constructor")).toBeUndefined()
    expect(own(JSON.parse('{"__proto__":1}'), "__proto__")).toBe(1)
    expect([{}, Object.create(null)].every(isJsonObject)).toBe(true)
    expect([[], null, "x", new Date(), new Map(), undefined].some(isJsonObject)).toBe(false)
  })
})
