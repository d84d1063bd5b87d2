import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { recordName, RequestHash } from "../../src/http/idempotency.ts"

const hashOf = async (request: { method: string; url: string }, pieces: ReadonlyArray<string>) => {
  const hash = new RequestHash(request)
  for (const piece of pieces) await hash.add(new TextEncoder().encode(piece))
  return hash.finish()
}

const POST = { method: "POST", url: "https://multitask.example/v1beta/tasks/multitask" }

describe("a request's hash", () => {
  it("tells requests apart: their texts, methods, paths and queries", async () => {
    const bodies = [
      "",
      "{}",
      "[]",
      '{"a":1}',
      '{"a": 1}',
      '{"a":1.0}',
      '{"a":"1"}',
      '{"b":1,"a":1}',
      '{"a":1,"b":1}',
    ]
    const hashes = await Promise.all([
      ...bodies.map((body) => hashOf(POST, [body])),
      hashOf({ ...POST, method: "PUT" }, ["{}"]),
      hashOf({ ...POST, url: `${POST.url}s` }, ["{}"]),
      hashOf({ ...POST, url: `${POST.url}?a=1` }, ["{}"]),
    ])
    expect(new Set(hashes).size).toBe(hashes.length)
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it.effect.prop(
    "is the same however the body is cut",
    [
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 700_000 }))).check(
        Schema.isMaxLength(4),
      ),
    ],
    ([cuts]) =>
      Effect.promise(async () => {
        const body = "0123456789".repeat(60_000)
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, body.length)).toSorted((a, b) => a - b),
          body.length,
        ]
        const pieces = places.slice(1).map((to, at) => body.slice(places[at], to))
        expect(await hashOf(POST, pieces)).toBe(await hashOf(POST, [body]))
      }),
  )
})

describe("a record's name", () => {
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
