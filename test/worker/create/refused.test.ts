import { describe, expect, it } from "vitest"
import { expectError, problemPaths } from "../support/expect.ts"
import {
  body,
  companies,
  CREATE,
  type ErrorBody,
  post,
  SCHEMA,
  send,
  underVariables,
} from "../support/product.ts"
import { newUpstream, nobodysUpstream, type Upstream } from "../support/upstream.ts"

const raw = (upstream: Upstream, init: RequestInit, headers: Record<string, string> = {}) =>
  send(CREATE, {
    method: "POST",
    headers: { "x-api-key": upstream.key, "content-type": "application/json", ...headers },
    ...init,
  })

const streamed = (text: string): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text)
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 50_000) controller.enqueue(bytes.slice(at, at + 50_000))
      controller.close()
    },
  })
}

/** The key was tried with it, and no run was asked for. */
const expectEmptyGroup = async (upstream: Upstream, error: ErrorBody) => {
  expect(await upstream.groups()).toEqual([
    expect.objectContaining({ taskgroup_id: error.taskgroup_id, num_runs: 0 }),
  ])
  expect(error).not.toHaveProperty("url")
  expect((await upstream.requests()).total).toBe(1)
}

const expectNothingAsked = async (upstream: Upstream) => expect((await upstream.requests()).total).toBe(0)

describe("a bad POST asks nothing of Parallel", () => {
  it.each([
    ["no JSON", "inputs=1"],
    ["JSON that breaks off", `{"inputs": [`],
    ["nothing", ""],
    ["no UTF-8", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
  ])("400: %s", async (_, content) => {
    const upstream = newUpstream()
    await expectError(await raw(upstream, { body: content }), 400)
    await expectNothingAsked(upstream)
  })

  it.each([
    ["no key", {}],
    ["an empty key", { "x-api-key": " " }],
    ["another scheme", { authorization: "Basic eDp5" }],
    ["a key of 4,097 characters", { "x-api-key": "k".repeat(4_097) }],
  ])("401: %s", async (_, headers) => {
    const before = (await nobodysUpstream.requests()).total
    const response = await send(CREATE, {
      method: "POST",
      headers: { "content-type": "application/json", ...(headers as Record<string, string>) },
      body: JSON.stringify(body()),
    })
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/)
    await expectError(response, 401)
    expect((await nobodysUpstream.requests()).total).toBe(before)
  })

  it.each(["GET", "PUT", "DELETE", "PATCH", "HEAD"])("405: %s", async (method) => {
    const upstream = newUpstream()
    const response = await send(CREATE, { method, headers: { "x-api-key": upstream.key } })
    expect(response.status).toBe(405)
    expect(response.headers.get("allow")).toBe("POST, OPTIONS")
    if (method !== "HEAD") await expectError(response, 405)
    await expectNothingAsked(upstream)
  })

  it("OPTIONS answers a preflight", async () => {
    // Here private addresses may be asked: see test/worker/front.test.ts.
    const sendTo = underVariables({ ALLOW_PRIVATE_URLS: "false" })
    const response = await sendTo(CREATE, { method: "OPTIONS", headers: { origin: "https://a.example" } })
    expect(response.status).toBe(204)
    expect(response.headers.get("access-control-allow-origin")).toBe("*")
    expect(response.headers.get("access-control-allow-methods")).toContain("POST")
    expect(response.headers.get("access-control-allow-headers")).toContain("x-api-key")
  })

  it("413: by its Content-Length", async () => {
    const upstream = newUpstream()
    const response = await raw(upstream, { body: JSON.stringify(body({ extra: "x".repeat(200_000) })) })
    expect((await expectError(response, 413)).error.message).toContain("200000")
    await expectNothingAsked(upstream)
  })

  it("413: in a stream that does not say how long it is", async () => {
    const upstream = newUpstream()
    await expectError(
      await raw(upstream, { body: streamed(JSON.stringify(body({ extra: "x".repeat(400_000) }))) }),
      413,
    )
    await expectNothingAsked(upstream)
  })

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "415: %s",
    async (type) => {
      const upstream = newUpstream()
      await expectError(await raw(upstream, { body: JSON.stringify(body()) }, { "content-type": type }), 415)
      await expectNothingAsked(upstream)
    },
  )

  it.each(["application/json; charset=utf-8", "application/vnd.api+json"])(
    "takes %s for JSON",
    async (type) => {
      const response = await raw(newUpstream(), { body: JSON.stringify(body()) }, { "content-type": type })
      expect(response.status).toBe(200)
      await response.text()
    },
  )

  it("422: names every problem", async () => {
    const upstream = newUpstream()
    const response = await post(upstream, {
      inputs: [{ ok: 1 }, 7, null, ["a"]],
      processor: "ultra-giga",
      webhook_url: "ftp://example.com",
      output_type: "xml",
      output_description: 5,
      output_schema: { type: "array" },
    })
    const error = await expectError(response, 422)
    expect(new Set(problemPaths(error).map((path) => path.split(".")[0]))).toEqual(
      new Set([
        "inputs[1]",
        "inputs[2]",
        "inputs[3]",
        "processor",
        "webhook_url",
        "output_type",
        "output_description",
        "output_schema",
      ]),
    )
    for (const problem of error.error.detail?.errors ?? []) expect(problem.message).not.toBe("")
    await expectNothingAsked(upstream)
  })

  it.each([
    ["inputs missing", { inputs: undefined }, "inputs"],
    ["inputs empty", { inputs: [] }, "inputs"],
    ["inputs as broken JSON text", { inputs: `[{"a":1}` }, "inputs"],
    ["inputs as a word", { inputs: "companies" }, "inputs"],
    ["inputs behind a file URL", { inputs: "file:///etc/passwd" }, "inputs"],
    ["too many inputs", { inputs: companies(301) }, "inputs"],
    ["one row too large", { inputs: [{ a: 1 }, { a: "x".repeat(25_001) }] }, "inputs[1]"],
    [
      "a task spec too large",
      { output_schema: { ...SCHEMA, description: "x".repeat(15_001) } },
      "output_schema",
    ],
    [
      "a description too long for whatever schema is suggested",
      { output_schema: undefined, output_description: "x".repeat(15_000) },
      "output_description",
    ],
    [
      "a description too long for its schema",
      { output_description: "x".repeat(15_000) },
      "output_description",
    ],
    ["a schema with text", { output_type: "text" }, "output_schema"],
    ["JSON with neither schema nor description", { output_schema: undefined }, "output_schema"],
    ["no output type", { output_type: undefined }, "output_type"],
    ["a webhook with a password", { webhook_url: "https://u:p@example.com/" }, "webhook_url"],
  ])("422: %s", async (_, changes, path) => {
    const upstream = newUpstream()
    const error = await expectError(await post(upstream, changes), 422)
    expect(problemPaths(error).some((found) => found.startsWith(path))).toBe(true)
    await expectNothingAsked(upstream)
  })

  it.each([
    ["an array", "[]"],
    ["null", "null"],
    ["text", `"x"`],
  ])("422: a body that is %s", async (_, content) => {
    const upstream = newUpstream()
    await expectError(await raw(upstream, { body: content }), 422)
    await expectNothingAsked(upstream)
  })

  it.each([
    ["that is not there", "?status=404", 422],
    ["that breaks", "?status=500", 422],
    ["without JSON", "?body=no", 422],
    ["with an object", `?body=${encodeURIComponent("{}")}`, 422],
    ["with numbers", `?body=${encodeURIComponent("[1]")}`, 422],
    ["with nothing in it", `?body=${encodeURIComponent("[]")}`, 422],
    ["with too many", "?count=301", 422],
    ["with too much", "?count=5000", 413],
    ["that is silent", "?delay_ms=5000", 504],
    ["that stops in the middle", "?count=200&stall_ms=5000", 504],
    ["that redirects to a file", `?redirect=${encodeURIComponent("file:///etc/passwd")}`, 422],
  ])("an inputs URL %s", async (_, query, status) => {
    const upstream = newUpstream()
    const error = await expectError(
      await post(upstream, { inputs: upstream.url(`/_sim/inputs/list${query}`) }),
      status,
    )
    expect(JSON.stringify(error)).not.toContain("_sim")
    await expectEmptyGroup(upstream, error)
  })

  it("an inputs URL that redirects for ever", async () => {
    const upstream = newUpstream()
    await upstream.serveInputs("loop", { redirect: "loop" })
    const response = await post(upstream, { inputs: upstream.url("/_sim/inputs/loop") })
    await expectEmptyGroup(upstream, await expectError(response, 422))
  })
})
