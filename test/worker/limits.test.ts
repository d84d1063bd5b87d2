import { describe, expect, it } from "vitest"
import { settingsWith } from "../support/settings.ts"
import { handle } from "../../src/http/handle.ts"
import { rateLimitsOf } from "../../src/http/rateLimits.ts"
import { makeRequestRuntime } from "../../src/http/runtime.ts"
import type { TaskGroupStub } from "../../src/layers/TaskGroupsObjects.ts"
import { expectError } from "./support/expect.ts"
import { CREATE, create, post, send, underVariables } from "./support/product.ts"
import { newUpstream, nobodysUpstream } from "./support/upstream.ts"
import { bare } from "./support/context.ts"

/** Nobody else's address in this test run. */
const address = () => {
  const [a, b, c] = crypto.getRandomValues(new Uint8Array(3))
  return `10.${a}.${b}.${c}`
}
const unknown = () => `tgrp_${crypto.randomUUID().replaceAll("-", "")}`
const times = <A>(count: number, ask: () => Promise<A>) => Promise.all(Array.from({ length: count }, ask))
const statusOf = async (answer: Promise<Response>) => {
  const response = await answer
  await response.body?.cancel()
  return response.status
}
const count = (statuses: ReadonlyArray<number>, wanted: number) =>
  statuses.filter((status) => status === wanted).length

describe("one client address, with the limits that wrangler.toml binds", () => {
  it("may submit 60 times a minute; the next ones hear when to come back", async () => {
    const headers = { "cf-connecting-ip": address(), "x-api-key": "k", "content-type": "application/json" }
    const submit = (via = send) => via(CREATE, { method: "POST", headers, body: "{}" })
    expect(count(await times(60, () => statusOf(submit())), 422)).toBe(60)
    const refused = await submit()
    expect(refused.headers.get("retry-after")).toBe("60")
    const { error } = await expectError(refused, 429)
    expect(error.message).toContain("submits or changes task groups too often")
    // Others may, and so may everybody where the operator says so.
    expect((await post(nobodysUpstream, { inputs: [] }, { "cf-connecting-ip": address() })).status).toBe(422)
    expect(await statusOf(submit(underVariables({ RATE_LIMITS: "false" })))).toBe(422)
  })

  it("may guess 60 ids a minute, in any format, and then reads nothing for a while", async () => {
    const headers = { "cf-connecting-ip": address() }
    const { taskgroup_id: known } = await create(newUpstream())
    const doors = ["", ".json", ".sse", ".db", "/0.json", ".html"]
    const guess = (at: number) => send(`/${unknown()}${doors[at % doors.length]}`, { headers })
    let at = 0
    expect(count(await times(60, () => statusOf(guess(at++))), 404)).toBe(60)
    expect(await statusOf(send(`/${known}.json`, { headers }))).toBe(200)
    await expectError(await guess(1), 429)
    await expectError(await send(`/${known}.json`, { headers }), 429)
    expect(await statusOf(send(`/${known}.json`))).toBe(200)
  })

  it("may send SQL 240 times a minute", async () => {
    const headers = { "cf-connecting-ip": address() }
    const { taskgroup_id: id } = await create(newUpstream())
    const ask = () => send(`/${id}.db`, { method: "POST", headers, body: "{" })
    expect(count(await times(240, () => statusOf(ask())), 400)).toBe(240)
    await expectError(await ask(), 429)
    expect(await statusOf(send(`/${id}.json`, { headers }))).toBe(200)
  })
})

describe("a group whose object is full", () => {
  const settings = settingsWith()
  const fail = () => {
    throw new Error("not asked")
  }
  const full = { fetch: async () => new Response(null, { status: 503 }) } as unknown as TaskGroupStub
  const ask = (path: string) =>
    handle(new Request(`https://multitask.example/tgrp_0123456789${path}`), {
      settings,
      runtime: makeRequestRuntime(settings, fail, fail),
      groups: () => full,
      limits: rateLimitsOf({}, settings),
      ...bare,
    })

  it.each([
    [".sse", "all the viewers that it can have (1000)", "30"],
    [".json", "Too many answers", "5"],
  ])("%s: a 503 that says so and when to come back", async (path, said, wait) => {
    const response = await ask(path)
    expect(response.headers.get("retry-after")).toBe(wait)
    const { error } = await expectError(response, 503)
    expect(error.message).toContain(said)
  })
})
