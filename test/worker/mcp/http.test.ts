import { describe, expect, it, vi } from "vitest"
import { readSettings } from "../../../src/domain/Settings.ts"
import { handle, type HandlerContext } from "../../../src/http/handle.ts"
import { rateLimitsOf } from "../../../src/http/rateLimits.ts"
import { askFront, bare } from "../support/context.ts"
import { envelope, MODERN, postMcp, rpcIn, USUAL_HEADERS } from "../support/mcp.ts"
import { ORIGIN } from "../support/product.ts"

/** What `/mcp` answers before a tool is asked: nothing is behind it here. */

const KEY = "key-of-nobody"
const LIST = { jsonrpc: "2.0", id: 1, method: "tools/list" }
const STAND_IN = { PARALLEL_BASE_URL: "https://stand-in.example" }

type Env = Record<string, string>

const ask = (
  headers: Record<string, string>,
  { body = LIST, env = {}, method = "POST", origin = ORIGIN }: Partial<Asked> = {},
): Promise<Response> =>
  askFront(
    `${origin}/mcp`,
    {
      method,
      headers: { ...USUAL_HEADERS, ...headers },
      ...(method === "POST" ? { body: typeof body === "string" ? body : JSON.stringify(body) } : {}),
    },
    env,
  )

interface Asked {
  readonly body: unknown
  readonly env: Env
  readonly method: string
  readonly origin: string
}

/** What holds of every answer: no session, no other origin, nothing kept on the way, nothing of the key. */
const expectUsual = async (response: Response, key = KEY) => {
  const names = [...response.headers.keys()]
  expect(names.filter((name) => /^access-control-|^mcp-session-id$/.test(name))).toEqual([])
  expect(response.headers.get("cache-control")).toBe("no-store")
  const told = `${JSON.stringify([...response.headers])}${await response.clone().text()}`
  expect(told).not.toContain(key)
}

const METADATA = "/.well-known/oauth-protected-resource/mcp"

describe("a POST to /mcp", () => {
  it.each<[who: string, headers: Record<string, string>]>([
    ["without a key", {}],
    ["with an empty key", { "x-api-key": "" }],
    ["with another scheme", { authorization: "Basic dXNlcjpwYXNz" }],
    ["with a scheme and nothing else", { authorization: "Bearer " }],
  ])("%s is a 401 that says where to sign in, whatever it sends", async (_, headers) => {
    for (const body of [LIST, "no JSON", ""]) {
      const response = await ask(headers, { body })
      expect(response.status).toBe(401)
      expect(response.headers.get("www-authenticate")).toBe(
        `Bearer resource_metadata="${ORIGIN}${METADATA}", scope="key:read"`,
      )
      expect(await response.json()).toMatchObject({ type: "error" })
    }
  })

  it.each<[where: string, env: Env, challenge: string]>([
    ["sign-in is not offered", STAND_IN, `Bearer resource_metadata="${ORIGIN}${METADATA}"`],
    [
      "a login is named",
      { ...STAND_IN, PARALLEL_LOGIN_URL: "https://login.example" },
      `Bearer resource_metadata="${ORIGIN}${METADATA}", scope="key:read"`,
    ],
    [
      "the origin is the operator's",
      { PUBLIC_ORIGIN: "https://public.example" },
      `Bearer resource_metadata="https://public.example${METADATA}", scope="key:read"`,
    ],
  ])("without a key says so where %s", async (_, env, challenge) => {
    expect((await ask({}, { env })).headers.get("www-authenticate")).toBe(challenge)
  })

  it.each<[what: string, key: string]>([
    ["other characters than keys have", "schlüssel-4711"],
    ["a blank", "key 4711"],
    ["no end", `k${"e".repeat(20_000)}y`],
  ])("with a key that has %s is a 401 of another kind", async (_, key) => {
    for (const headers of [{ "x-api-key": key }, { authorization: `Bearer ${key}` }]) {
      const response = await ask(headers)
      expect(response.status).toBe(401)
      expect(response.headers.get("www-authenticate")).toBe(
        `Bearer resource_metadata="${ORIGIN}${METADATA}", scope="key:read", error="invalid_token"`,
      )
      await expectUsual(response, key)
    }
  })

  it("takes the key as x-api-key, or as a bearer token in any spelling of the scheme", async () => {
    for (const headers of [
      { "x-api-key": KEY },
      { authorization: `Bearer ${KEY}` },
      { authorization: `bearer  ${KEY}` },
    ]) {
      const response = await ask(headers)
      expect(response.status).toBe(200)
      await expectUsual(response)
      expect((await rpcIn(response)).result.tools).toHaveLength(7)
    }
  })
})

describe("other methods", () => {
  it.each(["GET", "HEAD", "PUT", "PATCH", "DELETE"])("%s is a 405 before any key", async (method) => {
    for (const headers of [{}, { "x-api-key": KEY }, { accept: "text/event-stream" }]) {
      const response = await ask(headers, { method })
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, OPTIONS"])
      await expectUsual(response)
    }
  })

  it("OPTIONS says what there is", async () => {
    const response = await ask({}, { method: "OPTIONS" })
    expect([response.status, response.headers.get("allow")]).toEqual([204, "POST, OPTIONS"])
  })
})

describe("pages", () => {
  const LOCAL = "http://127.0.0.1:8787"
  const PUBLIC = { PUBLIC_ORIGIN: "https://public.example" }
  const PRIVATE = { ALLOW_PRIVATE_URLS: "true" }
  const REBOUND = "http://evil.example:8787"

  it.each<[who: string, isIn: boolean, headers: Record<string, string>, at?: Partial<Asked>]>([
    ["a program", true, {}],
    ["a page of this origin", true, { origin: ORIGIN }],
    ["the page of PUBLIC_ORIGIN", true, { origin: "https://public.example" }, { env: PUBLIC }],
    ["the page of the request's origin, too", true, { origin: ORIGIN }, { env: PUBLIC }],
    ["a page of another origin", false, { origin: "https://evil.example" }],
    ["a page of a neighbour", false, { origin: "https://www.multitask.example" }],
    ["a page of the same host, otherwise", false, { origin: "http://multitask.example" }],
    ["a page of the same host, at another port", false, { origin: "https://multitask.example:8443" }],
    ["a page that hides its origin", false, { origin: "null" }],
    ["a page that hides it, and is ours", false, { origin: "null", "sec-fetch-site": "same-origin" }],
    ["an empty origin", false, { origin: "" }],
    [
      "another page where a public origin is named",
      false,
      { origin: "https://evil.example" },
      { env: PUBLIC },
    ],
    // Whoever develops: such a Worker reaches what a foreign page must not see.
    ["a program, at home", true, {}, { env: PRIVATE, origin: LOCAL }],
    ["a page of one's own machine", true, { origin: LOCAL }, { env: PRIVATE, origin: LOCAL }],
    ["a name that points to this machine", false, { origin: REBOUND }, { env: PRIVATE, origin: REBOUND }],
    [
      "it, from a browser that says so",
      false,
      { origin: REBOUND, "sec-fetch-site": "same-origin" },
      { env: PRIVATE, origin: REBOUND },
    ],
    ["a link of another page", false, { "sec-fetch-site": "cross-site" }, { env: PRIVATE, origin: LOCAL }],
  ])("%s: %s", async (_, isIn, headers, at = {}) => {
    for (const key of [{ "x-api-key": KEY }, {}] as ReadonlyArray<Record<string, string>>) {
      const response = await ask({ ...headers, ...key }, at)
      expect(response.status).toBe(isIn ? ("x-api-key" in key ? 200 : 401) : 403)
      await expectUsual(response)
    }
    for (const method of ["OPTIONS", "GET"]) {
      const asked = { ...headers, "access-control-request-method": "POST" }
      const response = await ask(asked, { ...at, method })
      expect(response.status).toBe(isIn ? (method === "GET" ? 405 : 204) : 403)
      // A preflight of ours needs none: only a page of another origin sends it.
      if (!isIn) await expectUsual(response)
    }
  })
})

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

describe("a long message", () => {
  it("counts as a submission, whatever it asks for", async () => {
    const read = readSettings({})
    if (!read.ok) throw new Error(read.problems.join())
    const { settings } = read
    const nothing = () => {
      throw new Error("not asked")
    }
    const send = (text: string) =>
      handle(
        new Request(`${ORIGIN}/mcp`, {
          method: "POST",
          headers: { ...USUAL_HEADERS, "x-api-key": KEY, "cf-connecting-ip": "192.0.2.1" },
          body: text,
        }),
        {
          settings,
          runtime: { runPromise: nothing } as unknown as HandlerContext["runtime"],
          groups: nothing,
          limits: rateLimitsOf(
            { RATE_SUBMIT: { limit: () => Promise.resolve({ success: false }) } },
            settings,
          ),
          ...bare,
        },
      )
    const list = JSON.stringify(LIST)
    expect((await send(list)).status).toBe(200)
    const refused = await send(list + " ".repeat(65_536))
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"])
    await expectUsual(refused)
  })
})

describe("a client that hangs up", () => {
  it.each([
    ["old", {}, {}],
    [
      "new",
      { "mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "stopTaskGroup" },
      { _meta: envelope() },
    ],
  ])("of the %s generation leaves nothing half done", async (_, headers, more) => {
    const read = readSettings({})
    if (!read.ok) throw new Error(read.problems.join())
    const { settings } = read
    const called = Promise.withResolvers<void>()
    const tool = Promise.withResolvers<unknown>()
    const runtime = { runPromise: () => (called.resolve(), tool.promise) }
    const connection = new AbortController()
    const params = { name: "stopTaskGroup", arguments: { taskgroup_id: "tgrp_nothinghere" }, ...more }
    const request = new Request(`${ORIGIN}/mcp`, {
      method: "POST",
      headers: { ...USUAL_HEADERS, "x-api-key": KEY, ...headers },
      body: JSON.stringify({ ...LIST, method: "tools/call", params }),
      signal: connection.signal,
    })
    let isOver = false
    const answered = handle(request, {
      settings,
      runtime: runtime as unknown as HandlerContext["runtime"],
      groups: () => {
        throw new Error("not asked")
      },
      limits: rateLimitsOf({}, settings),
      ...bare,
    }).finally(() => {
      isOver = true
    })
    await called.promise
    connection.abort()
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setTimeout(next))
    // The Worker lives for as long as this takes.
    expect(isOver).toBe(false)
    tool.resolve({ _tag: "Success", success: { text: "done", structured: "{}" } })
    expect(await (await answered).text()).toContain("done")
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

describe(`a message of ${MODERN}`, () => {
  const send = (message: object, headers: Record<string, string>, meta: object = envelope()) =>
    postMcp(
      {
        jsonrpc: "2.0",
        id: 1,
        ...message,
        params: { ...("params" in message ? (message.params as object) : {}), _meta: meta },
      },
      { "x-api-key": KEY, ...headers },
      (path, init) => askFront(`${ORIGIN}${path}`, init),
    )
  const says = (method: string, name?: string): Record<string, string> => ({
    "mcp-protocol-version": MODERN,
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": name }),
  })
  const call = (name: string) => ({ method: "tools/call", params: { name, arguments: {} } })

  it("is answered as one of that revision, as plain JSON, with what may be kept of lists", async () => {
    for (const [method, holds] of [
      ["tools/list", { tools: expect.any(Array) }],
      ["server/discover", { supportedVersions: [MODERN], capabilities: { tools: {} } }],
    ] as const) {
      const response = await send({ method }, says(method))
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"])
      await expectUsual(response)
      expect((await rpcIn(response)).result).toMatchObject({
        ...holds,
        resultType: "complete",
        ttlMs: 300_000,
        cacheScope: "public",
      })
    }
    const [first, second] = await Promise.all(
      [1, 2].map(() => send({ method: "tools/list" }, says("tools/list"))),
    )
    expect(await first?.text()).toBe(await second?.text())
  })

  it.each<[what: string, message: object, headers: Record<string, string>, code: number, meta?: object]>([
    ["another method in the header", { method: "tools/list" }, says("tools/call"), -32_020],
    ["no method in a header", { method: "tools/list" }, { "mcp-protocol-version": MODERN }, -32_020],
    ["another tool in the header", call("stopTaskGroup"), says("tools/call", "getStatus"), -32_020],
    ["no tool in a header", call("stopTaskGroup"), says("tools/call"), -32_020],
    ["no revision in a header", { method: "tools/list" }, { "mcp-method": "tools/list" }, -32_020],
    [
      "another revision in the header",
      { method: "tools/list" },
      { ...says("tools/list"), "mcp-protocol-version": "2025-11-25" },
      -32_020,
    ],
    [
      "a revision that there is not",
      { method: "tools/list" },
      { ...says("tools/list"), "mcp-protocol-version": "2030-01-01" },
      -32_022,
      envelope("2030-01-01"),
    ],
    [
      "nothing of what its client can do",
      { method: "tools/list" },
      says("tools/list"),
      -32_602,
      { "io.modelcontextprotocol/protocolVersion": MODERN },
    ],
  ])("with %s is a 400", async (_, message, headers, code, meta) => {
    const response = await send(message, headers, meta)
    expect(response.status).toBe(400)
    await expectUsual(response)
    const { error } = await rpcIn(response)
    expect(error?.code).toBe(code)
    if (code === -32_022) expect(error?.data).toEqual({ supported: [MODERN], requested: "2030-01-01" })
  })

  it("may name its tool in base64", async () => {
    // There is nothing behind the front: that the tool was asked is told by the log.
    const log = vi.spyOn(console, "error").mockImplementation(() => {})
    const response = await send(call("getStatus"), says("tools/call", `=?base64?${btoa("getStatus")}?=`))
    expect((await rpcIn(response)).result).toMatchObject({ isError: true, resultType: "complete" })
    expect(JSON.parse(log.mock.calls[0]?.[0] as string)).toMatchObject({ tool: "getStatus" })
    log.mockRestore()
  })

  it("asks for a method that there is not: 404", async () => {
    const response = await send({ method: "resources/list" }, says("resources/list"))
    expect(response.status).toBe(404)
    expect((await rpcIn(response)).error?.code).toBe(-32_601)
  })

  it("that wants to hear of changes opens no stream that stays", async () => {
    const response = await send(
      { method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } },
      says("subscriptions/listen"),
    )
    // It has ended, or this would never be read.
    await expectUsual(response)
    expect(response.status).toBe(200)
  })
})
