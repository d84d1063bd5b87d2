import { describe, expect, it } from "vitest"
import { askFront } from "../support/context.ts"
import { askMcp as ask, expectUsual, KEY, LIST, MODERN, rpcIn, USUAL_HEADERS } from "../support/mcp.ts"
import { ORIGIN } from "../support/product.ts"

/** Which messages `/mcp` takes, before a tool is asked: nothing is behind it here. */

const twice = (place: string) => new RegExp(`two ways at ${place.replaceAll(".", "\\.")}:`)

describe("what is no message", () => {
  const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`
  const many = `[${"0,".repeat(2_000_001)}0]`

  it.each<[what: string, body: unknown, code: number, says: RegExp]>([
    ["no JSON", '{"jsonrpc":', -32_700, /ends too early, at line 1/],
    ["nothing", "", -32_700, /ends too early/],
    ["JSON with something behind it", '{"jsonrpc":"2.0"} x', -32_700, /line 1, column 19/],
    ["a batch", [LIST], -32_600, /one message at a time/],
    ["an empty batch", [], -32_600, /one message at a time/],
    ["null", "null", -32_600, /not a valid JSON-RPC message/],
    ["text", '"tools/list"', -32_600, /not a valid JSON-RPC message/],
    ["an object of another kind", {}, -32_600, /not a valid JSON-RPC message/],
    ["another version of JSON-RPC", { ...LIST, jsonrpc: "1.0" }, -32_600, /not a valid JSON-RPC message/],
    ["null as its id", { ...LIST, id: null }, -32_600, /not a valid JSON-RPC message/],
    ["half a number as its id", { ...LIST, id: 1.5 }, -32_600, /not a valid JSON-RPC message/],
    ["two ids", '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}', -32_600, twice("id")],
    [
      "two methods, one of them in disguise",
      '{"jsonrpc":"2.0","id":1,"method":"ping","m\\u0065thod":"tools/list"}',
      -32_600,
      twice("method"),
    ],
    [
      "two sets of parameters",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"stopTaskGroup","arguments":{"taskgroup_id":"tgrp_00000001"}},"params":{"name":"getStatus"}}',
      -32_600,
      twice("params"),
    ],
    ["two tools", call('{"name":"getStatus","name":"stopTaskGroup"}'), -32_600, twice("params.name")],
    [
      "two sets of arguments",
      call('{"name":"getStatus","arguments":{},"arguments":{}}'),
      -32_600,
      twice("params.arguments"),
    ],
    ["a revision twice", call('{"_meta":{"a":1,"a":2}}'), -32_600, twice("params._meta.a")],
    ["half a character", '{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', -32_600, twice("id")],
    ["a number beyond numbers", '{"jsonrpc":"2.0","id":1e999,"method":"ping"}', -32_600, twice("id")],
    [
      "hundreds of levels",
      call(`{"_meta":${"[".repeat(100)}${"]".repeat(100)}}`),
      -32_600,
      /nested too deeply at params\._meta/,
    ],
    [
      "a long text beside the arguments",
      call(`{"name":"getStatus","_meta":{"a":"${"x".repeat(70_000)}"}}`),
      -32_600,
      /more than 65536 characters beside a tool's arguments, at params\._meta/,
    ],
    [
      "as many values as would fill the memory",
      call(`{"name":"getStatus","_meta":[${"{},".repeat(1_000_000)}{}],"arguments":{}}`),
      -32_600,
      /more than 65536 characters/,
    ],
    [
      "very many members",
      `{${Array.from({ length: 20_000 }, (_, at) => `"m${at}":0`).join(",")}}`,
      -32_600,
      /more than 65536 characters/,
    ],
    ["parameters that are a long list", call(`[${"0,".repeat(50_000)}0]`), -32_600, /at params\./],
    [
      "millions of values",
      call(`{"name":"x","arguments":{"inputs":${many}}}`),
      -32_600,
      /more than 2000000 values/,
    ],
  ])("%s is a 400", async (_, body, code, says) => {
    const response = await ask({ "x-api-key": KEY }, { body })
    expect(response.status).toBe(400)
    await expectUsual(response)
    const { error } = await rpcIn(response)
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(says)
  })

  it("is no larger than the operator takes anywhere", async () => {
    const sent = (chars: number) =>
      askFront(
        `${ORIGIN}/mcp`,
        {
          method: "POST",
          headers: { ...USUAL_HEADERS, "x-api-key": KEY },
          body: JSON.stringify({ ...LIST, params: { pad: "x".repeat(chars) } }),
        },
        { MAX_BODY_BYTES: "2000" },
      )
    expect((await sent(2_000)).status).toBe(413)
    expect((await sent(1_000)).status).toBe(200)
  })

  it.each<[what: string, status: number, headers: Record<string, string>, body?: BodyInit]>([
    ["another type", 415, { "content-type": "text/plain" }],
    ["an encoding that nobody knows", 415, { "content-encoding": "zstd" }],
    ["no text", 400, {}, new Uint8Array([0x22, 0xff, 0x22])],
    ["more than 4 MiB", 413, {}, JSON.stringify({ ...LIST, params: { pad: "x".repeat(4_194_304) } })],
  ])("%s is a %i", async (_, status, headers, body = JSON.stringify(LIST)) => {
    const response = await askFront(`${ORIGIN}/mcp`, {
      method: "POST",
      headers: { ...USUAL_HEADERS, "x-api-key": KEY, ...headers },
      body,
    })
    expect(response.status).toBe(status)
    await expectUsual(response)
    expect(await response.json()).toMatchObject({ type: "error" })
  })

  it("with an error of HTTP: who does not take an answer's types gets a 406", async () => {
    expect((await ask({ "x-api-key": KEY, accept: "text/html" })).status).toBe(406)
  })
})

describe("a message", () => {
  const say = (body: object, headers: Record<string, string> = {}) =>
    ask({ "x-api-key": KEY, ...headers }, { body })

  it.each([
    { method: "notifications/initialized" },
    { method: "notifications/cancelled", params: { requestId: 1 } },
    { method: "notifications/unheard-of" },
    { id: 5, result: {} },
    { id: 5, error: { code: -1, message: "no" } },
  ])("that wants no answer gets 202 and nothing: %o", async (message) => {
    const response = await say({ jsonrpc: "2.0", ...message })
    expect([response.status, await response.clone().text()]).toEqual([202, ""])
    await expectUsual(response)
  })

  it("may begin with what editors put before text, and be compressed", async () => {
    expect((await ask({ "x-api-key": KEY }, { body: `\uFEFF${JSON.stringify(LIST)}` })).status).toBe(200)
    const body = new Response(JSON.stringify(LIST)).body!.pipeThrough(new CompressionStream("gzip"))
    const response = await askFront(`${ORIGIN}/mcp`, {
      method: "POST",
      headers: { ...USUAL_HEADERS, "x-api-key": KEY, "content-encoding": "gzip" },
      body: await new Response(body).arrayBuffer(),
    })
    expect((await rpcIn(response)).result.tools).toHaveLength(7)
  })

  it.each(["2025-03-26", "2025-06-18", "2025-11-25"])("in %s begins with initialize", async (version) => {
    const response = await say({
      jsonrpc: "2.0",
      id: "one",
      method: "initialize",
      params: { protocolVersion: version, capabilities: {}, clientInfo: { name: "old", version: "1" } },
    })
    await expectUsual(response)
    const { id, result } = await rpcIn(response)
    expect(id).toBe("one")
    expect(result).toMatchObject({
      protocolVersion: version,
      capabilities: { tools: {} },
      serverInfo: { name: "parallel-multitask", version: expect.any(String), websiteUrl: ORIGIN },
      instructions: expect.stringContaining("planTaskGroup"),
    })
    const listed = await say(LIST, { "mcp-protocol-version": version, "mcp-session-id": "anything" })
    expect((await rpcIn(listed)).result.tools).toHaveLength(7)
  })

  it("of an older or newer revision gets the newest of the old ones offered", async () => {
    for (const version of ["2024-01-01", MODERN, "2099-01-01"]) {
      const { result } = await rpcIn(
        await say({
          jsonrpc: "2.0",
          id: 1,
          method: "initialize",
          params: { protocolVersion: version, capabilities: {}, clientInfo: { name: "x", version: "1" } },
        }),
      )
      expect(result.protocolVersion).toBe("2025-11-25")
    }
  })

  it("that names a revision which is none is a 400", async () => {
    const response = await say(LIST, { "mcp-protocol-version": "1999-01-01" })
    expect(response.status).toBe(400)
    expect((await rpcIn(response)).error?.message).toContain("1999-01-01")
  })

  it.each<[what: string, message: object, code: number, says: RegExp]>([
    ["a method that there is not", { method: "resources/list" }, -32_601, /not found/],
    [
      "a tool that there is not",
      { method: "tools/call", params: { name: "getstatus", arguments: {} } },
      -32_602,
      /no tool "getstatus"\. There are planTaskGroup, createTaskGroup, getStatus,/,
    ],
    [
      "a tool with a name that never ends",
      { method: "tools/call", params: { name: "x".repeat(10_000), arguments: {} } },
      -32_602,
      /^There is no tool "x{60}"/,
    ],
    ["no tool", { method: "tools/call", params: {} }, -32_602, /name/],
    ...[null, [], 7, "{}"].map((args): [string, object, number, RegExp] => [
      `arguments that are ${JSON.stringify(args)}`,
      { method: "tools/call", params: { name: "getStatus", arguments: args } },
      -32_602,
      /arguments/,
    ]),
  ])("that asks for %s gets an error of JSON-RPC", async (_, message, code, says) => {
    const response = await say({ jsonrpc: "2.0", id: 3, ...message })
    expect(response.status).toBe(200)
    const { id, error } = await rpcIn(response)
    expect([id, error?.code]).toEqual([3, code])
    expect(error?.message).toMatch(says)
  })
})
