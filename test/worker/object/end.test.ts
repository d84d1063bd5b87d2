import { abortAllDurableObjects } from "cloudflare:test"
import { Webhook } from "standardwebhooks"
import { describe, expect, it } from "vitest"
import { expectNothingStored, storedIn, untilEnded } from "../support/expect.ts"
import { create, getJson, groupStub, inside, ORIGIN, send } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"
import { until } from "../support/until.ts"

const withWebhook = async (upstream: Upstream) => {
  const { taskgroup_id } = await create(upstream, {
    webhook_url: upstream.url("/_sim/webhooks/hook?token=hook-secret"),
  })
  return taskgroup_id
}

const received = (upstream: Upstream, count: number) =>
  until(`${count} webhooks`, async () => {
    const webhooks = await upstream.webhooks()
    return webhooks.length >= count && webhooks
  })

const secretsOf = (id: string) =>
  inside(id, ({ storage }) => ({
    key: storage.kv.get("api_key"),
    webhook: storage.kv.get("webhook_url"),
    due: storage.kv.get<{ webhook?: number }>("alarms")?.webhook,
  }))

/** Makes a due time come now, as far as the object can tell. */
const makeDue = (id: string, name: string) =>
  inside(id, async ({ storage }) => {
    storage.kv.put("alarms", { ...storage.kv.get<object>("alarms"), [name]: Date.now() - 1 })
    await storage.setAlarm(Date.now())
  })

describe("the end", () => {
  it("deletes the key, and tells the webhook once it was accepted no more", async () => {
    const upstream = newUpstream()
    const id = await withWebhook(upstream)
    expect((await secretsOf(id)).webhook).toContain("hook-secret")
    await untilEnded(id)
    const [webhook] = await received(upstream, 1)
    expect(JSON.parse(webhook?.body ?? "")).toEqual({ url: `${ORIGIN}/${id}` })
    expect(webhook?.headers["content-type"]).toMatch(/^application\/json/)
    expect(webhook?.headers["webhook-id"]).not.toBe("")
    expect(Math.abs(Number(webhook?.headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(10)
    await until("the webhook to be accepted", async () => (await secretsOf(id)).due === undefined)
    expect((await secretsOf(id)).key).toBeUndefined()
    expect((await storedIn(id)).keys).toEqual(["alarms", "allPlain", "cursor", "deliveries", "webhook_url"])
    await abortAllDurableObjects()
    await getJson(id)
    expect(await upstream.webhooks()).toHaveLength(1)
  })

  it("signs the webhook where there is a secret, which stays where no reader looks", async () => {
    const upstream = newUpstream()
    const secret = `whsec_${btoa("a secret of 32 bytes, or so it is")}`
    const { taskgroup_id: id } = await create(upstream, {
      webhook_url: upstream.url("/_sim/webhooks/hook"),
      webhook_secret: secret,
    })
    const data = await untilEnded(id)
    const [webhook] = await received(upstream, 1)
    expect(new Webhook(secret).verify(webhook?.body ?? "", { ...webhook?.headers })).toEqual({
      url: `${ORIGIN}/${id}`,
    })
    const { raw } = await groupStub(id).raw("SELECT * FROM details")
    expect(JSON.stringify([data, raw, webhook])).not.toContain(secret.slice(6))
    expect(await inside(id, ({ storage }) => storage.kv.get("webhook_secret"))).toBe(secret)
  })

  it("comes again until 2xx, under the same id", async () => {
    const upstream = newUpstream()
    await upstream.answerWebhooks([{ status: 500 }, { status: 404 }, { status: 429 }, { status: 204 }])
    await untilEnded(await withWebhook(upstream))
    const webhooks = await received(upstream, 4)
    expect(webhooks.map(({ answered }) => answered)).toEqual([500, 404, 429, 204])
    expect(new Set(webhooks.map(({ headers }) => headers["webhook-id"])).size).toBe(1)
  })

  it("comes again after silence, and after the object was lost", async () => {
    const upstream = newUpstream()
    await upstream.answerWebhooks([{ status: 200, delay_ms: 3_000 }, { status: 503 }])
    const id = await withWebhook(upstream)
    await untilEnded(id)
    await received(upstream, 2)
    await abortAllDurableObjects()
    const webhooks = await received(upstream, 3)
    expect(new Set(webhooks.map(({ headers }) => headers["webhook-id"])).size).toBe(1)
    await until("the webhook to be accepted", async () => (await secretsOf(id)).due === undefined)
  })

  it.each([
    ["410 ends it", { status: 410 }, 1],
    ["a redirect is not followed, and counts as received", { status: 302, location: "elsewhere" }, 1],
  ])("%s", async (_, answer, attempts) => {
    const upstream = newUpstream()
    await upstream.answerWebhooks([answer])
    const id = await withWebhook(upstream)
    await untilEnded(id)
    await until("the webhook to be settled", async () => (await secretsOf(id)).due === undefined)
    const webhooks = await upstream.webhooks()
    expect(webhooks).toHaveLength(attempts)
    // Its URL stays until the group is removed: a group can have several ends.
    expect((await storedIn(id)).keys).toEqual(["alarms", "allPlain", "cursor", "deliveries", "webhook_url"])
  })

  it("gives up on a key that Parallel refuses, and says so", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const id = await withWebhook(upstream)
    await upstream.revoke(upstream.key)
    const { status } = await untilEnded(id)
    expect(status.status_message).toContain("401")
    expect(status.is_active).toBe(false)
    await received(upstream, 1)
    expect((await secretsOf(id)).key).toBeUndefined()
  })
})

describe("removal", () => {
  it("empties the object, ends viewers' streams, and nothing comes back", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id: id } = await create(upstream)
    const viewer = await send(`/${id}.sse`)
    const watched = viewer.text()
    await until(
      "the follower's stream",
      async () => ((await upstream.requests()).counts["GET /v1/tasks/groups/{group}/events"] ?? 0) > 0,
    )
    await makeDue(id, "removal")
    await until("the removal", async () => (await storedIn(id)).tables.length === 0)
    expect(await watched).not.toContain("event: done")
    await expectNothingStored(id)
    // What the follower still has under way arrives now.
    await upstream.finish(id)
    expect((await send(`/${id}.json`)).status).toBe(404)
    expect((await send(`/${id}.sse`)).status).toBe(404)
    await until("the follower to have let go", async () => {
      const { event_streams } = (await upstream.requests()) as unknown as { event_streams: { open: number } }
      return event_streams.open === 0
    })
    await expectNothingStored(id)
    await abortAllDurableObjects()
    expect((await send(`/${id}.json`)).status).toBe(404)
    await expectNothingStored(id)
  })

  it("removes an ended group when its time is up", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await create(upstream)
    await untilEnded(id)
    await makeDue(id, "removal")
    await until("the removal", async () => (await storedIn(id)).tables.length === 0)
    await expectNothingStored(id)
    expect((await send(`/${id}.json`)).status).toBe(404)
  })
})

describe("the alarm", () => {
  it.each([
    ["Parallel is broken", { kind: "status", status: 500 }],
    ["Parallel answers nonsense", { kind: "body", body: "html" }],
    ["nobody is there", { kind: "reset", when: "before" }],
  ] as const)(
    "does not throw while %s, and the group ends when that is over",
    async (_, fault) => {
      const upstream = newUpstream()
      await upstream.behave({ runs: { duration_ms: [300, 600] } })
      const { taskgroup_id: id } = await create(upstream)
      await upstream.fault({ route: "*", times: 10_000, fault })
      await abortAllDurableObjects()
      for (let turn = 0; turn < 8; turn++) {
        await inside(id, async (__, instance) => expect(await instance.alarm()).toBeUndefined())
      }
      expect((await storedIn(id)).alarm).not.toBeNull()
      await upstream.clearFaults()
      const data = await untilEnded(id, 18)
      expect(data.status.task_run_status_counts).toEqual({ completed: 3 })
    },
    30_000,
  )

  it("in an object without anything does nothing", async () => {
    const id = `tgrp_unknown_${crypto.randomUUID()}`
    await inside(id, async (_, instance) => expect(await instance.alarm()).toBeUndefined())
    await groupStub(id).exists()
    await expectNothingStored(id)
  })

  it("of an ended group does not begin anything again", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await create(upstream)
    await untilEnded(id)
    const before = (await upstream.requests()).total
    for (const name of ["watchdog", "webhook", "uncommitted"]) {
      await makeDue(id, name)
      await inside(id, (_, instance) => instance.alarm())
    }
    await until("the alarms to be put away", async () => {
      const times = await inside(id, ({ storage }) => storage.kv.get<object>("alarms"))
      return Object.keys(times ?? {}).join() === "removal"
    })
    expect((await upstream.requests()).total).toBe(before)
    expect((await getJson(id)).status.is_active).toBe(false)
  })
})
