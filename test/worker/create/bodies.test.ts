import { describe, expect, it } from "vitest"
import { expectError, expectLedgerEquals, problemPaths, untilEnded } from "../support/expect.ts"
import { body, companies, CREATE, send } from "../support/product.ts"
import { newUpstream, nobodysUpstream, type Upstream } from "../support/upstream.ts"

/** Bodies as people really send them: compressed, in other charsets, with words that the API does not have. */

const bytesOf = (text: string) => new TextEncoder().encode(text)

const compressed = async (
  bytes: Uint8Array,
  format: ConstructorParameters<typeof CompressionStream>[0],
): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(
    await new Response(
      new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream(format)),
    ).arrayBuffer(),
  )

const post = (
  upstream: Upstream,
  content: BodyInit,
  headers: Record<string, string> = {},
  query = "",
): Promise<Response> =>
  send(`${CREATE}${query}`, {
    method: "POST",
    headers: { "x-api-key": upstream.key, "content-type": "application/json", ...headers },
    body: content,
  })

const expectNothingAsked = async (upstream: Upstream) => expect((await upstream.requests()).total).toBe(0)

const TEXT = JSON.stringify(body({ inputs: companies(3) }))

describe.concurrent("a compressed body", () => {
  it.each([
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["GZIP", "gzip"],
    ["deflate", "deflate"],
    ["identity, gzip", "gzip"],
  ] as const)("%s is taken", async (encoding, format) => {
    const upstream = newUpstream()
    const content = await compressed(bytesOf(TEXT), format)
    const response = await post(upstream, content, { "content-encoding": encoding })
    const url = await response.text()
    expect([response.status, url]).toEqual([200, expect.stringContaining("http")])
    await expectLedgerEquals(upstream, await untilEnded(url.slice(url.lastIndexOf("/") + 1)), 3)
  })

  it.each(["zstd", "compress", "gzip, gzip", "gzip, br", "nonsense"])(
    "%s gets a 415 that names it",
    async (encoding) => {
      const upstream = newUpstream()
      const error = await expectError(await post(upstream, TEXT, { "content-encoding": encoding }), 415)
      expect(error.error.message).toContain(encoding)
      await expectNothingAsked(upstream)
    },
  )

  it("that is none is a 400", async () => {
    const upstream = newUpstream()
    for (const content of [TEXT, (await compressed(bytesOf(TEXT), "gzip")).slice(0, 40)])
      expect(
        (await expectError(await post(upstream, content, { "content-encoding": "gzip" }), 400)).error.message,
      ).toContain("gzip")
    await expectNothingAsked(upstream)
  })

  it("is held to the same limits, whatever it was before", async () => {
    const upstream = newUpstream()
    const bomb = await compressed(
      bytesOf(JSON.stringify(body({ output_description: "x".repeat(300_000) }))),
      "gzip",
    )
    expect(bomb.length).toBeLessThan(2_000)
    await expectError(await post(upstream, bomb, { "content-encoding": "gzip" }), 413)
    await expectNothingAsked(upstream)
  })
})

describe.concurrent("a body's charset", () => {
  it.each([
    "application/json; charset=utf-16",
    'application/json;charset="latin1"',
    "application/json; charset=x",
  ])("%s gets a 415 that names it", async (type) => {
    const upstream = newUpstream()
    const error = await expectError(await post(upstream, TEXT, { "content-type": type }), 415)
    expect(error.error.message).toContain(/charset="?([\w-]+)/.exec(type)![1])
    await expectNothingAsked(upstream)
  })

  it.each([
    "application/json; charset=UTF-8",
    "application/json;charset=utf8",
    "application/json;charset=ascii",
    "application/json; charset=",
    "application/problem+json",
  ])("%s is taken, with a byte order mark too", async (type) => {
    const upstream = newUpstream()
    expect((await post(upstream, `\ufeff${TEXT}`, { "content-type": type })).status).toBe(200)
  })
})

describe.concurrent("words that are none of the API's", () => {
  it("are refused, each with the one that was probably meant", async () => {
    const upstream = newUpstream()
    const changes = { procesor: "core", dryrun: true, max_cost: 1, output_scema: {} }
    const error = await expectError(await post(upstream, JSON.stringify(body(changes))), 422)
    expect(problemPaths(error)).toEqual(["procesor", "dryrun", "max_cost", "output_scema"])
    expect(error.error.message).toMatch(/Did you mean "processor"\?.* \(and 3 more problems, see detail\)\.$/)
    const one = await expectError(await post(upstream, JSON.stringify(body({ webhook: 1, limits: 1 }))), 422)
    expect(one.error.message).toContain("(and 1 more problem, see detail)")
    await expectNothingAsked(upstream)
  })

  it("are refused in the query too", async () => {
    const upstream = newUpstream()
    const error = await expectError(await post(upstream, TEXT, {}, "?limit=1&skip_empty=1"), 422)
    expect(problemPaths(error)).toEqual(["limit", "skip_empty"])
    const one = await expectError(await post(upstream, TEXT, {}, "?skip_empty=1"), 422)
    expect(one.error.message).toMatch(/Did you mean the field "skip_empty" of the body\?$/)
    await expectNothingAsked(upstream)
  })
})

describe.concurrent("a key that cannot be one", () => {
  it.each([
    ["x-api-key", "key\u200b"],
    ["x-api-key", "\u201ckey\u201d"],
    ["x-api-key", "tw0 w0rds"],
    ["x-api-key", "key\u00a0"],
    ["authorization", "Bearer key\u00a0"],
    ["authorization", "Bearer tw0 w0rds"],
  ])("%s: %j is told as that, before anything uses it", async (name, value) => {
    const before = (await nobodysUpstream.requests()).total
    const { "x-api-key": _, ...headers } = {
      "x-api-key": "",
      "content-type": "application/json",
      [name]: value,
    }
    const response = await send(CREATE, {
      method: "POST",
      headers: name === "x-api-key" ? { ...headers, "x-api-key": value } : headers,
      body: TEXT,
    })
    const error = await expectError(response, 401)
    expect(error.error.message).toContain("visible ASCII")
    expect(JSON.stringify(error)).not.toContain(value.replace("Bearer ", ""))
    expect((await nobodysUpstream.requests()).total).toBe(before)
  })
})

describe.concurrent("a body beyond its bounds", () => {
  it.each([
    ["deep rows", `{"inputs":${"[".repeat(150_000)}`, 422],
    ["a deep field", `{"output_schema":${'{"a":'.repeat(30_000)}`, 422],
    ["a deep body", "[".repeat(150_000), 422],
    ["deep JSON text", `{"inputs":"${"[".repeat(150_000)}"}`, 422],
  ])("%s: %#", async (_, content, status) => {
    const upstream = newUpstream()
    await expectError(await post(upstream, content, { "idempotency-key": "a" }), status)
    await expectNothingAsked(upstream)
  })

  it("names what is given twice", async () => {
    const upstream = newUpstream()
    const rows =
      '{"inputs":[{"company":"A"},{"company":"A","company":"B"}],"output_type":"text","processor":"lite"}'
    expect(problemPaths(await expectError(await post(upstream, rows), 422))).toEqual(["inputs[1].company"])
    await expectNothingAsked(upstream)
  })
})
