import { beforeAll, describe, expect, it, vi } from "vitest"
import { readSettings } from "../../../src/domain/Settings.ts"
import { handle } from "../../../src/http/handle.ts"
import { rateLimitsOf } from "../../../src/http/rateLimits.ts"
import type { RequestRuntime } from "../../../src/http/runtime.ts"
import { CreationFailed } from "../../../src/programs/createErrors.ts"
import { groupId } from "../../support/ids.ts"
import { endlessGroup } from "../support/acts.ts"
import { bare } from "../support/context.ts"
import { callTool, done, failed, sendCall } from "../support/mcp.ts"
import { companies, ORIGIN, SCHEMA } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

/** Whose key it is, what a refused one is told, and that it is told to nobody. */

const CHALLENGE = `Bearer resource_metadata="${ORIGIN}/.well-known/oauth-protected-resource/mcp", scope="key:read", error="invalid_token"`

const argsOf = (taskgroup_id: string): Readonly<Record<string, object>> => ({
  planTaskGroup: { inputs: companies(1), output: "who leads it" },
  createTaskGroup: { inputs: companies(1), output: SCHEMA, processor: "core", request_id: "r" },
  addInputs: { taskgroup_id, inputs: companies(1), request_id: "r" },
  retryFailed: { taskgroup_id, rows: [0], request_id: "r" },
  stopTaskGroup: { taskgroup_id },
})

describe("a key that Parallel refuses", () => {
  let upstream: Upstream
  let id = ""

  beforeAll(async () => {
    upstream = newUpstream()
    id = (await endlessGroup(upstream)).taskgroup_id
  })

  it.each(Object.keys(argsOf("")))("is a 401, and not a tool's answer, for %s", async (tool) => {
    for (const key of [upstream.keyThat("invalid"), upstream.keyThat("revoked")])
      for (const headers of [{ "x-api-key": key }, { "x-api-key": "", authorization: `Bearer ${key}` }]) {
        const response = await sendCall(upstream, tool, argsOf(id)[tool], { headers })
        expect(response.status).toBe(401)
        expect(response.headers.get("www-authenticate")).toBe(CHALLENGE)
        expect(await response.text()).not.toContain(key)
      }
  })

  it("may read what is public all the same", async () => {
    const key = upstream.keyThat("invalid")
    for (const tool of ["getStatus", "getResultMarkdown"])
      expect((await callTool(upstream, tool, { taskgroup_id: id }, { key })).isError).toBe(false)
  })

  it("claims no request_id", async () => {
    const other = newUpstream()
    const key = other.keyThat("soon")
    await other.fault({ route: "group.create", fault: { kind: "status", status: 401 } })
    const args = argsOf("")["createTaskGroup"]
    expect((await sendCall(other, "createTaskGroup", args, { key })).status).toBe(401)
    await done(other, "createTaskGroup", args, { key })
  })

  it("of somebody else changes nothing", async () => {
    const key = upstream.keyThat("stranger")
    for (const tool of ["addInputs", "retryFailed", "stopTaskGroup"])
      expect(await failed(upstream, tool, argsOf(id)[tool], { key })).toContain(
        "Stop and tell the person: another key is needed.",
      )
    expect(await done(upstream, "getStatus", { taskgroup_id: id }, { key })).toMatchObject({
      state: "running",
      num_inputs: 3,
    })
  })
})

const ECHO = "plain {key:plain}, url {key:url}, base64 {key:base64}, unicode {key:unicode}"

describe("a key that Parallel repeats", () => {
  it.each([401, 402, 403, 404, 422, 429, 500])("is not in what a %i makes of a call", async (status) => {
    const upstream = newUpstream()
    const key = upstream.keyThat("pk/live+9f2c~7b51")
    await upstream.behave({ rewrites: [{ find: '"message":"', put: `"message":"${ECHO} ` }] })
    await upstream.fault({ route: "*", times: 50, fault: { kind: "status", status, retry_after: 60 } })
    const log = (["log", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(() => {}),
    )
    for (const tool of ["planTaskGroup", "createTaskGroup"]) {
      const response = await sendCall(upstream, tool, argsOf("")[tool], { key })
      const text = await response.text()
      expect([tool, response.status]).toEqual([tool, status === 401 ? 401 : 200])
      for (const secret of [key, "pk/live", "7b51", encodeURIComponent("pk/live+9f2c~7b51")])
        expect([tool, text.includes(secret)]).toEqual([tool, false])
      // Where a suggestion is gone, a plan does without.
      if (status < 429 && !text.includes("structuredContent")) expect(text).toContain("[redacted]")
    }
    const logged = JSON.stringify(log.map(({ mock }) => mock.calls))
    expect(logged).not.toContain("7b51")
    for (const spy of log) spy.mockRestore()
  })
})

describe("a key that was taken for an argument", () => {
  it("is not repeated where it is refused", async () => {
    const upstream = newUpstream()
    const key = upstream.keyThat("live9f2c7b51")
    const rows = companies(1)
    for (const [tool, args] of [
      ["getStatus", { taskgroup_id: `${key}!` }],
      ["getStatus", { taskgroup_id: "tgrp_00000001", [key]: 1 }],
      ["getResultMarkdown", { taskgroup_id: "tgrp_00000001", status: key }],
      ["planTaskGroup", { inputs: rows, output: "x", processor: key }],
      ["planTaskGroup", { inputs: rows, output: "x", output_type: key }],
      ["planTaskGroup", { inputs: [{ a: key }], output: "x" }],
      ["planTaskGroup", { inputs: `${key},b`, output: "x" }],
    ] as const) {
      const text = await failed(upstream, tool, args, { key })
      expect([args, text.includes("9f2c7b51")]).toEqual([args, false])
    }
    expect((await upstream.requests()).total).toBe(0)
  })
})

describe("a fault of ours", () => {
  const KEY = "sk-live-0123456789abcdef"
  const defect = new TypeError(`no room for ${KEY}`)
  const group = { taskgroupId: groupId("tgrp_0123456789"), url: `${ORIGIN}/tgrp_0123456789` }

  it.each<[when: string, error: unknown, says: RegExp, about: object]>([
    [
      "before there is a group",
      defect,
      /Call again only with the same request_id, where the tool has one\.$/,
      {},
    ],
    [
      "after there is one",
      new CreationFailed({ ...group, defect }),
      /The task group is tgrp_0123456789: https:\/\/multitask\.example\/tgrp_0123456789$/,
      { taskgroup_id: group.taskgroupId },
    ],
  ])(
    "%s is a tool's failure whose reference finds the line in the log, without the key",
    async (_, error, says, about) => {
      const read = readSettings({})
      if (!read.ok) throw new Error(read.problems.join())
      const { settings } = read
      const log = vi.spyOn(console, "error").mockImplementation(() => {})
      const text = await failed(newUpstream(), "createTaskGroup", argsOf("")["createTaskGroup"], {
        key: KEY,
        sending: (path, init) =>
          handle(new Request(`${ORIGIN}${path}`, init), {
            settings,
            runtime: { runPromise: () => Promise.reject(error) } as unknown as RequestRuntime,
            groups: () => {
              throw defect
            },
            limits: rateLimitsOf({}, settings),
            ...bare,
          }),
      })
      const lines = log.mock.calls.map(([line]) => JSON.parse(line as string) as Record<string, unknown>)
      log.mockRestore()
      const [, refId] = /reference ([0-9a-f-]{36})/.exec(text) ?? []
      expect(text).toMatch(says)
      expect(lines).toEqual([
        expect.objectContaining({ ref_id: refId, route: "POST /mcp", tool: "createTaskGroup", ...about }),
      ])
      expect(`${text}${JSON.stringify(lines)}`).not.toContain(KEY)
    },
  )
})
