import { describe, expect, it, vi } from "vitest"
import { readSettings } from "../../../src/domain/Settings.ts"
import { handle, type HandlerContext } from "../../../src/http/handle.ts"
import { rateLimitsOf } from "../../../src/http/rateLimits.ts"
import { askFront, bare } from "../support/context.ts"
import { envelope, expectUsual, KEY, LIST, MODERN, postMcp, rpcIn, USUAL_HEADERS } from "../support/mcp.ts"
import { ORIGIN } from "../support/product.ts"

/** Messages of the newest revision, long ones, and clients that do not wait: nothing is behind `/mcp` here. */

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
