import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../src/domain/CanonicalJson.ts"

describe("canonicalJson", () => {
  const text = (value: unknown, size = 10) => [...canonicalJson(value, size)].join("")

  it("is the same for what means the same", () => {
    const values = [
      null,
      0,
      'a\u2028"',
      [],
      {},
      [[], [{}]],
      { b: 1, a: [true, null, { d: "x", c: -1.5 }] },
      { __proto__x: 1 },
    ]
    for (const value of values) expect(JSON.parse(text(value))).toEqual(value)
    expect(text({ b: [1, 2], a: { d: 1, c: 2 } })).toBe(`{"a":{"c":2,"d":1},"b":[1,2]}`)
    expect(text(JSON.parse(`{"__proto__":1}`))).toBe(`{"__proto__":1}`)
  })

  it("takes values of any depth and size, in pieces", () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown
    expect(text(deep, 1000)).toHaveLength(200_000)
    const pieces = [
      ...canonicalJson(
        Array.from({ length: 1000 }, () => "x".repeat(50)),
        1000,
      ),
    ]
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1100)
  })
})
