import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../src/domain/CanonicalJson.ts"
import { bodyHash, recordName } from "../../src/http/idempotency.ts"

describe("the body's hash", () => {
  const text = (value: unknown, size = 10) => [...canonicalJson(value, size)].join("")

  it("is that of its meaning", () => {
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

  it("takes bodies of any depth and size, in pieces", () => {
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

  it("tells bodies apart", async () => {
    const bodies = [
      {},
      [],
      null,
      { a: 1 },
      { a: "1" },
      { a: [1] },
      { a: [[1]] },
      { a: [1, 2] },
      { a: [2, 1] },
      { b: 1 },
    ]
    const hashes = await Promise.all(bodies.map(bodyHash))
    expect(new Set(hashes).size).toBe(bodies.length)
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it("is scoped to the API key without any ambiguity", async () => {
    const names = await Promise.all([
      recordName("a", "b:c"),
      recordName("a:b", "c"),
      recordName("b", "a"),
      recordName("a", "b"),
    ])
    expect(new Set(names).size).toBe(4)
  })
})
