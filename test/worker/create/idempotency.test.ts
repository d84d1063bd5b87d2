import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { IdempotencyDO } from "../../../src/do/IdempotencyDO.ts"
import type { IdempotencyRecord } from "../../../src/domain/Idempotency.ts"
import { recordName, RequestHash } from "../../../src/http/idempotency.ts"
import { type IdempotencyStub, IdempotencyObjects } from "../../../src/layers/IdempotencyObjects.ts"
import { Idempotency, type IdempotentRequest } from "../../../src/services/Idempotency.ts"
import { groupId } from "../../support/ids.ts"
import { expectError, expectLedgerEquals, storedIn, untilEnded } from "../support/expect.ts"
import { initOf, texts } from "../support/group.ts"
import { body, companies, CREATE, type Created, groupStub, ORIGIN, post, send } from "../support/product.ts"
import { until } from "../support/until.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

const KEY = "order-4711"
const JSON_ANSWER = { accept: "application/json" }

const stubOf = (name: string) => env.IDEMPOTENCY.get(env.IDEMPOTENCY.idFromName(name))

/** Runs inside the object that keeps the record. */
const insideRecord = async <T>(
  upstream: Upstream,
  look: (state: DurableObjectState, instance: IdempotencyDO) => T | Promise<T>,
  key = KEY,
): Promise<T> => {
  const stub = stubOf(await recordName(upstream.key, key)) as unknown as DurableObjectStub
  return runInDurableObject(stub, (instance, state) => look(state, instance as unknown as IdempotencyDO))
}

const recordOf = (upstream: Upstream) =>
  insideRecord(upstream, ({ storage }) => storage.kv.get<IdempotencyRecord>("claim") ?? null)

const changeRecord = (upstream: Upstream, changes: Partial<IdempotencyRecord>) =>
  insideRecord(upstream, ({ storage }) => {
    storage.kv.put("claim", { ...storage.kv.get<IdempotencyRecord>("claim"), ...changes })
  })

const postWith = (
  upstream: Upstream,
  changes: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) => post(upstream, changes, { "idempotency-key": KEY, ...headers })

const created = async (response: Response): Promise<Created> => {
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  return JSON.parse(text) as Created
}

const isReplay = (response: Response) => response.headers.get("idempotency-replayed")

/** Another Worker's view of the records, for the steps of one that dies. */
const inAnotherWorker = <A, E>(program: Effect.Effect<A, E, Idempotency>): Promise<A> =>
  Effect.runPromise(
    Effect.provide(
      program,
      IdempotencyObjects(
        (name): IdempotencyStub => stubOf(name),
        (id) => groupStub(id),
      ),
    ),
  )

const requestBy = async (
  upstream: Upstream,
  token: string,
  content: unknown = body(),
): Promise<IdempotentRequest> => {
  const hash = new RequestHash({ method: "POST", url: `${ORIGIN}${CREATE}` })
  await hash.add(new TextEncoder().encode(JSON.stringify(content)))
  return { name: await recordName(upstream.key, KEY), token, bodyHash: await hash.finish() }
}

/** A Worker that dies after the given step, with its lease run out. Its group's object has all inputs. */
const deadWorker = async (upstream: Upstream, stage: "acquired" | "created" | "committing") => {
  const taskgroupId = groupId(`tgrp_dead_${crypto.randomUUID().replaceAll("-", "")}`)
  const request = await requestBy(upstream, "dead")
  const url = `${ORIGIN}/${taskgroupId}`
  const answer: Created = {
    url,
    taskgroup_id: taskgroupId,
    num_inputs: 3,
    num_inputs_left_out: 0,
    processor: "core",
    output_schema: null,
    estimated_cost_usd: 0.075,
    estimated_seconds: null,
    warnings: ["a warning"],
  }
  const steps = Effect.gen(function* () {
    const records = yield* Idempotency
    expect(yield* records.acquire(request, null)).toEqual({ _tag: "Yours" })
    if (stage === "acquired") return
    expect(yield* records.created(request, { taskgroupId, url, answer: JSON.stringify(answer) })).toBe(true)
    if (stage === "committing") expect(yield* records.committing(request)).toBe(true)
  })
  await inAnotherWorker(steps)
  await changeRecord(upstream, { leaseUntil: Date.now() - 1 })
  return { request, taskgroupId, answer }
}

describe.concurrent("the same POST again, with the same Idempotency-Key", () => {
  it("gets the same answer, and is submitted once", async () => {
    const upstream = newUpstream()
    const first = await postWith(upstream)
    expect(isReplay(first)).toBeNull()
    const url = await first.text()
    const second = await postWith(upstream)
    expect(second.status).toBe(200)
    expect(isReplay(second)).toBe("true")
    expect(second.headers.get("content-type")).toBe("text/plain; charset=utf-8")
    expect(second.headers.get("location")).toBe(url)
    expect(await second.text()).toBe(url)
    const groups = await upstream.groups()
    expect(groups).toHaveLength(1)
    await expectLedgerEquals(upstream, await untilEnded(groups[0]?.taskgroup_id ?? ""), 3)
    // After the group's end, too.
    expect(isReplay(await postWith(upstream))).toBe("true")
    expect(await upstream.groups()).toHaveLength(1)
  })

  it("answers each request as it asks, with every warning", async () => {
    const upstream = newUpstream()
    const changes = { inputs: [...companies(2), {}], skip_empty: true }
    const first = await created(await postWith(upstream, changes, JSON_ANSWER))
    expect(first.warnings).toHaveLength(1)
    expect(await created(await postWith(upstream, changes, JSON_ANSWER))).toEqual(first)
    expect(await (await postWith(upstream, changes)).text()).toBe(first.url)
  })

  it("is another one when its JSON is written otherwise", async () => {
    const upstream = newUpstream()
    const text = '{"inputs":[{"n":1.10}],"output_type":"text","output_description":"x","processor":"core"}'
    const post = (sent: string, query = "") =>
      send(`${CREATE}${query}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${upstream.key}`,
          "content-type": "application/json",
          "idempotency-key": KEY,
        },
        body: sent,
      })
    const url = await (await post(text)).text()
    const again = await post(text)
    expect([isReplay(again), await again.text()]).toEqual(["true", url])
    const turned = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toReversed()))
    for (const other of [text.replace("1.10", "1.1"), ` ${text}`, turned])
      await expectError(await post(other), 409)
    // What is not a request claims nothing and is told as what it is.
    await expectError(await post("{}"), 422)
    await expectError(await post(text, "?dryrun=true"), 422)
    expect((await post(text, "?dry_run=true")).status).toBe(200)
    await expectError(await post(text, "?dry_run=false"), 409)
    expect(await upstream.groups()).toHaveLength(1)
  })

  it("at the same moment makes one group", async () => {
    const upstream = newUpstream()
    await upstream.fault({
      route: "group.create",
      fault: { kind: "hang", ms: 700 },
    })
    const answers = await Promise.all([1, 2, 3, 4].map(async () => postWith(upstream)))
    const urls = await Promise.all(answers.map((response) => response.text()))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(new Set(urls).size).toBe(1)
    expect(answers.filter((response) => isReplay(response) === null)).toHaveLength(1)
    const withRuns = (await upstream.groups()).filter(({ num_runs }) => num_runs > 0)
    expect(withRuns.map(({ taskgroup_id }) => `${ORIGIN}/${taskgroup_id}`)).toEqual([urls[0]])
    await expectLedgerEquals(upstream, await untilEnded(withRuns[0]?.taskgroup_id ?? ""), 3)
  })

  it("is told to come back while the first is still at work", async () => {
    const upstream = newUpstream()
    const request = await requestBy(upstream, "slow")
    await inAnotherWorker(Effect.flatMap(Idempotency, (records) => records.acquire(request, null)))
    const response = await postWith(upstream)
    const error = await expectError(response, 409)
    expect(error.error.message).toContain("still being worked on")
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0)
    expect((await upstream.requests()).total).toBe(0)
  })
})

describe.concurrent("a POST with the same Idempotency-Key and", () => {
  it("another body is refused", async () => {
    const upstream = newUpstream()
    await created(await postWith(upstream, {}, JSON_ANSWER))
    const error = await expectError(await postWith(upstream, { inputs: companies(2) }), 409)
    expect(error.error.message).toContain("another body")
    expect(await upstream.groups()).toHaveLength(1)
  })

  it("another API key is another request", async () => {
    const upstream = newUpstream()
    const other = upstream.keyThat("other")
    const first = await created(await postWith(upstream, {}, JSON_ANSWER))
    const second = await postWith(upstream, { inputs: companies(2) }, { "x-api-key": other, ...JSON_ANSWER })
    expect(isReplay(second)).toBeNull()
    expect((await created(second)).taskgroup_id).not.toBe(first.taskgroup_id)
    expect(await upstream.groups()).toHaveLength(2)
  })

  it("a corrected body is taken, when the first was refused", async () => {
    const upstream = newUpstream()
    await expectError(await postWith(upstream, { processor: "nope" }), 422)
    expect(await recordOf(upstream)).toBeNull()
    await upstream.fault({
      route: "group.create",
      fault: { kind: "status", status: 402, message: "No credit" },
    })
    await expectError(await postWith(upstream), 402)
    const response = await postWith(upstream, { inputs: companies(4) }, JSON_ANSWER)
    expect(isReplay(response)).toBeNull()
    const { taskgroup_id } = await created(response)
    await expectLedgerEquals(upstream, await untilEnded(taskgroup_id), 4)
  })

  it("the same body is submitted, when Parallel refused the first batch", async () => {
    const upstream = newUpstream()
    await upstream.fault({
      route: "group.runs.add",
      fault: { kind: "status", status: 402, message: "No credit" },
    })
    const { taskgroup_id: refused } = await expectError(await postWith(upstream), 402)
    const { taskgroup_id } = await created(await postWith(upstream, {}, JSON_ANSWER))
    expect(taskgroup_id).not.toBe(refused)
    await expectLedgerEquals(upstream, await untilEnded(taskgroup_id), 3)
    expect((await upstream.ledger(refused ?? "")).runs).toHaveLength(0)
  })
})

describe.concurrent("a Worker that died", () => {
  it.each(["acquired", "created"] as const)(
    "after it had %s is replaced, and may not commit any more",
    async (stage) => {
      const upstream = newUpstream()
      const { request } = await deadWorker(upstream, stage)
      const response = await postWith(upstream, {}, JSON_ANSWER)
      expect(isReplay(response)).toBeNull()
      const { taskgroup_id } = await created(response)
      await expectLedgerEquals(upstream, await untilEnded(taskgroup_id), 3)
      // Should it live after all.
      expect(
        await inAnotherWorker(Effect.flatMap(Idempotency, (records) => records.committing(request))),
      ).toBe(false)
      await inAnotherWorker(Effect.flatMap(Idempotency, (records) => records.release(request)))
      expect(isReplay(await postWith(upstream))).toBe("true")
    },
  )

  it("after the commit leaves its answer", async () => {
    const upstream = newUpstream()
    const { taskgroupId, answer } = await deadWorker(upstream, "committing")
    await groupStub(taskgroupId).begin(initOf(taskgroupId, 3), { apiKey: upstream.key, webhookUrl: null })
    await groupStub(taskgroupId).addInputs(0, texts(3))
    await groupStub(taskgroupId).commit(0)
    const response = await postWith(upstream, {}, JSON_ANSWER)
    expect(isReplay(response)).toBe("true")
    expect(await created(response)).toEqual(answer)
    expect(await recordOf(upstream)).toMatchObject({ stage: "done" })
    expect(await upstream.groups()).toEqual([])
  })

  it("before the commit, having announced it, is waited for as long as it could still come", async () => {
    const upstream = newUpstream()
    const { taskgroupId } = await deadWorker(upstream, "committing")
    await groupStub(taskgroupId).begin(initOf(taskgroupId, 3), { apiKey: upstream.key, webhookUrl: null })
    await groupStub(taskgroupId).addInputs(0, texts(3))
    const early = await postWith(upstream)
    expect(Number(early.headers.get("retry-after"))).toBeGreaterThan(30)
    const error = await expectError(early, 409)
    expect(error.error.message).toContain("may or may not have been submitted")
    expect(error).toMatchObject({ taskgroup_id: taskgroupId, url: `${ORIGIN}/${taskgroupId}` })
    expect((await upstream.requests()).total).toBe(0)
    // The group's object removes itself; the record waits a minute longer than that.
    await until("the removal", async () => (await storedIn(taskgroupId)).tables.length === 0)
    await changeRecord(upstream, { committingAt: Date.now() - 120_000 })
    const { taskgroup_id } = await created(await postWith(upstream, {}, JSON_ANSWER))
    await expectLedgerEquals(upstream, await untilEnded(taskgroup_id), 3)
    expect((await upstream.groups()).map((group) => group.taskgroup_id)).toEqual([taskgroup_id])
  })
})

describe.concurrent("the object of an idempotency key", () => {
  it("holds neither key, nor the body, nor the header", async () => {
    const upstream = newUpstream()
    await postWith(upstream, { webhook_url: upstream.url("/_sim/webhooks?secret-path") })
    const stored = await insideRecord(upstream, ({ id, storage }) =>
      JSON.stringify([
        id.name,
        [...storage.kv.list()],
        [...storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_schema")].map(({ name }) => name),
      ]),
    )
    expect(stored).toContain(`"stage":"done"`)
    for (const secret of [upstream.key, KEY, "secret-path", "Company 1"]) expect(stored).not.toContain(secret)
  })

  it("forgets everything after 24 h, and not before", async () => {
    const upstream = newUpstream()
    const first = await created(await postWith(upstream, {}, JSON_ANSWER))
    const stub = stubOf(await recordName(upstream.key, KEY)) as unknown as DurableObjectStub
    const hours = await insideRecord(
      upstream,
      async ({ storage }) => (((await storage.getAlarm()) ?? 0) - Date.now()) / 3_600_000,
    )
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThanOrEqual(24)
    // An alarm that comes too early is set again.
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await recordOf(upstream)).toMatchObject({ stage: "done" })
    await changeRecord(upstream, { expiresAt: Date.now() - 1 })
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(
      await insideRecord(upstream, async ({ storage }) => [[...storage.kv.list()], await storage.getAlarm()]),
    ).toEqual([[], null])
    const second = await postWith(upstream, { inputs: companies(2) }, JSON_ANSWER)
    expect(isReplay(second)).toBeNull()
    expect((await created(second)).taskgroup_id).not.toBe(first.taskgroup_id)
  })

  it("does not hold a key longer when its alarm is late", async () => {
    const upstream = newUpstream()
    await created(await postWith(upstream, {}, JSON_ANSWER))
    await changeRecord(upstream, { expiresAt: Date.now() - 1 })
    expect(isReplay(await postWith(upstream, { inputs: companies(2) }))).toBeNull()
    expect(await upstream.groups()).toHaveLength(2)
  })

  it("that does not answer lets nothing through", async () => {
    const upstream = newUpstream()
    const working = await insideRecord(upstream, (_, instance) => {
      const internals = instance as unknown as { object: unknown }
      const { object } = internals
      internals.object = null
      return object
    })
    const response = await postWith(upstream)
    expect(response.headers.get("retry-after")).toBe("5")
    const error = await expectError(response, 503)
    expect(error.error.message).toContain("Nothing was submitted")
    expect((await upstream.requests()).total).toBe(0)
    await insideRecord(upstream, (_, instance) => {
      ;(instance as unknown as { object: unknown }).object = working
    })
    expect(isReplay(await postWith(upstream))).toBeNull()
  })
})

describe.concurrent("the header", () => {
  it.each([
    ["is empty", "", 400],
    ["is blank", "  ", 400],
    ["holds a space", "a b", 422],
    ["is not ASCII", "schlüssel", 422],
    ["is too long", "x".repeat(256), 422],
    ["came twice", "a, b", 422],
  ])("is refused when it %s", async (_, value, status) => {
    const upstream = newUpstream()
    const error = await expectError(await post(upstream, {}, { "idempotency-key": value }), status)
    expect(error.error.message).toContain("Idempotency-Key")
    expect((await upstream.requests()).total).toBe(0)
  })

  it.each([
    ["long", "x".repeat(255)],
    ["quoted", `"8e03978e-40d5-43dd-bc93-6894a57f9324"`],
    ["any visible characters", "~!:/"],
  ])("may be %s", async (_, value) => {
    const upstream = newUpstream()
    const headers = { "idempotency-key": value }
    const url = await (await post(upstream, {}, headers)).text()
    expect(await (await post(upstream, {}, headers)).text()).toBe(url)
    expect(await upstream.groups()).toHaveLength(1)
  })

  it("changes nothing for those who send none", async () => {
    const upstream = newUpstream()
    const urls = [await (await post(upstream)).text(), await (await post(upstream)).text()]
    expect(new Set(urls).size).toBe(2)
  })
})
