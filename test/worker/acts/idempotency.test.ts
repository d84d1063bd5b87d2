import { runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import type { IdempotencyRecord } from "../../../src/domain/Idempotency.ts"
import { recordName } from "../../../src/http/idempotency.ts"
import { expectError } from "../support/expect.ts"
import { act, endlessGroup, sendAct } from "../support/acts.ts"
import { companies, getJson, post, send } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

const KEY = { "idempotency-key": "change-4711" }
const ADD = { inputs: [{ company: "New" }] }

/** Runs inside the object that keeps the record. */
const insideRecord = async <T>(
  upstream: Upstream,
  look: (storage: DurableObjectStorage) => T | Promise<T>,
) => {
  const name = await recordName(upstream.key, KEY["idempotency-key"])
  const stub = env.IDEMPOTENCY.get(env.IDEMPOTENCY.idFromName(name)) as unknown as DurableObjectStub
  return runInDurableObject(stub, (_, { storage }) => look(storage))
}

const recordOf = (upstream: Upstream) =>
  insideRecord(upstream, ({ kv }) => kv.get<IdempotencyRecord>("claim") ?? null)

/** What a Worker leaves that dies before it reports the end. */
const forgetEnd = (upstream: Upstream, changes: Partial<IdempotencyRecord>) =>
  insideRecord(upstream, ({ kv }) => {
    const record = kv.get<IdempotencyRecord>("claim")
    kv.put("claim", { ...record, ...changes, leaseUntil: Date.now() - 1 })
  })

const replay = async (response: Response) => {
  expect([response.status, response.headers.get("idempotency-replayed")]).toEqual([200, "true"])
  return response.json()
}

const ACTS: ReadonlyArray<readonly [path: string, body: unknown]> = [
  ["/inputs", ADD],
  ["/retry", { rows: [0] }],
  ["/stop", undefined],
  ["/resume", {}],
  ["", undefined],
]

describe.concurrent.each(ACTS)("an act sent twice under one Idempotency-Key: %s", (path, body) => {
  it("is done once, gets one answer, and the key is for nothing else", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    const first = await act(upstream, `${id}${path}`, body, KEY)
    expect(await replay(await sendAct(upstream, `${id}${path}`, body, KEY))).toEqual(first)
    const others = [
      sendAct(upstream, `${id}${path}${path === "" ? "?" : "/"}`, body ?? {}, KEY),
      sendAct(upstream, `${id}${path === "/stop" ? "/resume" : "/stop"}`, undefined, KEY),
      post(upstream, {}, KEY),
    ]
    for (const other of await Promise.all(others)) await expectError(other, 409)
    // What the Worker that made the act did not live to report, the group's object knows.
    if (path === "/inputs") {
      await forgetEnd(upstream, { stage: "acquired", group: null })
      expect(await replay(await sendAct(upstream, `${id}${path}`, body, KEY))).toEqual(first)
      expect((await getJson(id)).status.num_task_runs).toBe(4)
    }
    const record = JSON.stringify(await recordOf(upstream))
    expect(record).not.toContain(upstream.key)
    expect(record).not.toContain("change-4711")
  })

  it("leaves nothing of a key that Parallel refuses, or of a group that is not here", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    const stranger = { "x-api-key": upstream.keyThat("stranger"), ...KEY }
    await expectError(await sendAct(upstream, `${id}${path}`, body, stranger), 403)
    await expectError(await sendAct(upstream, `${id}x${path}`, body, KEY), 404)
    expect(await recordOf(upstream)).toBeNull()
    expect(await act(upstream, `${id}${path}`, body, KEY)).toMatchObject({ taskgroup_id: id })
  })
})

describe.concurrent("a DELETE", () => {
  it("whose Worker died is answered when the group is gone", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    const first = await act(upstream, id, undefined, KEY)
    await forgetEnd(upstream, { stage: "created" })
    expect(await replay(await sendAct(upstream, id, undefined, KEY))).toEqual(first)
    expect(await recordOf(upstream)).toMatchObject({ stage: "done" })
    await expectError(await sendAct(upstream, id), 404)
  })

  it("does not make the POST of its group submit anew, whatever became of its Worker", async () => {
    const upstream = newUpstream()
    const headers = { ...KEY, accept: "application/json" }
    const created = await (await post(upstream, {}, headers)).json<{ taskgroup_id: string }>()
    await act(upstream, created.taskgroup_id)
    expect(await replay(await post(upstream, {}, headers))).toEqual(created)
    await forgetEnd(upstream, { stage: "committing", committingAt: Date.now() - 3_600_000 })
    expect(await replay(await post(upstream, {}, headers))).toEqual(created)
    expect(await upstream.groups()).toHaveLength(1)
    await expectError(await send(`/${created.taskgroup_id}.json`), 404)
  })
})

describe.concurrent("two acts at once under one Idempotency-Key", () => {
  it("are one", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    const both = await Promise.all(
      [1, 2, 3].map(() => act(upstream, `${id}/inputs`, { inputs: companies(30) }, KEY)),
    )
    expect(both).toEqual([both[0], both[0], both[0]])
    expect((await getJson(id)).status.num_task_runs).toBe(33)
  })
})
