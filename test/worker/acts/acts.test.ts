import { evictDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { expectError, problemPaths, storedIn, untilEnded } from "../support/expect.ts"
import {
  companies,
  create,
  getJson,
  groupStub,
  inside,
  ORIGIN,
  post,
  realStub,
  send,
} from "../support/product.ts"
import { initOf } from "../support/group.ts"
import { act, ENDLESS, endlessGroup, QUICK, sendAct, untilState } from "../support/acts.ts"
import { newUpstream } from "../support/upstream.ts"
import { until } from "../support/until.ts"

const more = (count: number) => Array.from({ length: count }, (_, at) => ({ company: `New ${at}` }))

describe.concurrent("rows that are added", () => {
  it("continue the indexes of a group that has ended, and run there to their end", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id, url } = await create(upstream)
    await untilEnded(id)
    expect(await act(upstream, `${id}/inputs`, { inputs: [...more(2), {}], skip_empty: true })).toEqual({
      url,
      taskgroup_id: id,
      added: 2,
      first_index: 3,
      num_inputs: 5,
      estimated_cost_usd: 0.05,
      warnings: [expect.stringContaining("skip_empty")],
    })
    const data = await until("five rows at their end", async () => {
      const now = await getJson(id)
      return now.status.num_task_runs === 5 && !now.status.is_active && now
    })
    expect(data.results.map(({ company }) => company)).toEqual(
      [...companies(3), ...more(2)].map(({ company }) => company),
    )
    expect(new Set((await upstream.ledger(id)).runs.map(({ input_index }) => input_index))).toEqual(
      new Set([0, 1, 2, 3, 4]),
    )
  })

  it("come in many pieces, while the group is at work", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    const [one, two] = await Promise.all([
      act(upstream, `${id}/inputs`, { inputs: more(60) }),
      act(upstream, `${id}/inputs`, { inputs: more(70) }),
    ])
    expect([one["added"], two["added"]]).toEqual([60, 70])
    expect([
      [3, 63],
      [73, 3],
    ]).toContainEqual([one["first_index"], two["first_index"]])
    const runs = await until("all runs", async () => {
      const ledger = await upstream.ledger(id)
      return ledger.num_runs >= 133 && ledger.runs
    })
    expect(new Set(runs.map(({ input_index }) => input_index)).size).toBe(133)
  })

  it("may be behind a URL, which is asked for nobody but who has a good key", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await create(upstream)
    await upstream.serveInputs("rows", { rows: more(4) })
    const inputs = upstream.url("/_sim/inputs/rows")
    await expectError(
      await sendAct(upstream, `${id}/inputs`, { inputs }, { "x-api-key": upstream.keyThat("invalid") }),
      401,
    )
    expect(await act(upstream, `${id}/inputs`, { inputs, limit: 3 })).toMatchObject({ added: 3 })
  })

  it("are planned without a trace, and refused where they are too many or too dear", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await create(upstream)
    const before = await untilEnded(id)
    const plan = await sendAct(
      upstream,
      `${id}/inputs?dry_run=true`,
      { inputs: more(2) },
      { accept: "text/plain" },
    )
    expect(await plan.json()).toMatchObject({ dry_run: true, added: 2, first_index: 3, num_inputs: 5 })
    const dear = await sendAct(upstream, `${id}/inputs`, { inputs: more(2), max_cost_usd: 0.04 })
    const refused = await expectError(dear, 422)
    expect(refused).toMatchObject({ taskgroup_id: id, url: `${ORIGIN}/${id}` })
    expect(problemPaths(refused)).toEqual(["max_cost_usd"])
    const many = await expectError(await sendAct(upstream, `${id}/inputs`, { inputs: more(298) }), 422)
    expect(problemPaths(many)).toEqual(["inputs"])
    expect(await getJson(id)).toEqual(before)
  })
})

describe.concurrent("a retry", () => {
  it("runs again what failed, and shows the newest", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { ...QUICK.runs, failure_rate: 1 } })
    const { taskgroup_id: id } = await create(upstream)
    const first = await untilEnded(id)
    expect(first.status.task_run_status_counts).toMatchObject({ failed: 3 })
    await upstream.behave({ runs: { failure_rate: 0 } })
    const plan = await act(upstream, `${id}/retry`, { dry_run: true, processor: "pro" })
    expect(plan).toMatchObject({ dry_run: true, retried: 3, estimated_cost_usd: 0.3 })
    expect(await act(upstream, `${id}/retry`)).toMatchObject({ retried: 3, estimated_cost_usd: 0.075 })
    const data = await untilState(id, "done")
    expect(data.status.task_run_status_counts).toMatchObject({ completed: 3 })
    expect((await upstream.ledger(id)).num_runs).toBe(6)
    for (const [at, { $id }] of data.results.entries()) expect($id).not.toBe(first.results[at]?.["$id"])
    expect(await act(upstream, `${id}/retry`)).toMatchObject({ retried: 0, estimated_cost_usd: 0 })
  })

  it("takes rows by their indexes, leaves those under way, and refuses those that are none", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    const bad = await expectError(await sendAct(upstream, `${id}/retry`, { rows: [7, 1, 3] }), 422)
    expect(problemPaths(bad)).toEqual(["rows[0]", "rows[2]"])
    expect(bad).toMatchObject({ taskgroup_id: id, url: `${ORIGIN}/${id}` })
    const left = await act(upstream, `${id}/retry`, { rows: [1, 1] })
    expect(left).toMatchObject({ retried: 0, warnings: [expect.stringContaining("under way")] })
    await upstream.finish(id)
    await untilEnded(id)
    await upstream.behave(QUICK)
    const dear = await expectError(
      await sendAct(upstream, `${id}/retry`, { rows: [0], max_cost_usd: 0 }),
      422,
    )
    expect(problemPaths(dear)).toEqual(["max_cost_usd"])
    expect(await act(upstream, `${id}/retry`, { rows: [1, 1] })).toMatchObject({ retried: 1 })
    await untilState(id, "done")
    expect((await upstream.ledger(id)).num_runs).toBe(4)
  })
})

describe.concurrent("a stop, and a resume", () => {
  it("leave unsent what no credit is there for, and go on with it under another key", async () => {
    const upstream = newUpstream()
    const poor = upstream.keyThat("credit-1")
    await upstream.behave(QUICK)
    const response = await post(
      upstream,
      { inputs: companies(25), processor: "pro" },
      { "x-api-key": poor, accept: "application/json" },
    )
    const { taskgroup_id: id } = await response.json<{ taskgroup_id: string }>()
    await untilState(id, "waiting_for_credit")
    await upstream.behave({ shapes: { foreign_key: "allowed" } })
    const stopped = await act(upstream, `${id}/stop`, undefined, { "x-api-key": poor })
    expect(Number(stopped["not_sent"])).toBeGreaterThan(0)
    const data = await untilState(id, "stopped")
    expect(data.status.task_run_status_counts["cancelled"]).toBe(stopped["not_sent"])
    expect(await act(upstream, `${id}/stop`)).toMatchObject({ not_sent: 0, running: 0 })
    expect(await act(upstream, `${id}/resume`)).toMatchObject({ resumed: stopped["not_sent"] })
    await untilState(id, "done")
    const { runs } = await upstream.ledger(id)
    expect(runs).toHaveLength(25)
    expect(new Set(runs.map(({ input_index }) => input_index)).size).toBe(25)
    expect(await act(upstream, `${id}/resume`)).toMatchObject({ resumed: 0 })
  })

  it("stop what is at Parallel from nothing", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    expect(await act(upstream, `${id}/stop`)).toMatchObject({ not_sent: 0, running: 3 })
    expect((await getJson(id)).status.is_active).toBe(true)
  })
})

describe.concurrent("a DELETE", () => {
  it("takes everything away at once, and leaves a 404", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id, url } = await endlessGroup(upstream)
    expect(await act(upstream, id)).toEqual({
      url,
      taskgroup_id: id,
      deleted: true,
      running: 3,
      warnings: [],
    })
    await expectError(await send(`/${id}.json`), 404)
    await expectError(await sendAct(upstream, id), 404)
    await expectError(await sendAct(upstream, `${id}/retry`), 404)
    const { tables } = await storedIn(id)
    expect(tables).toEqual([])
  })

  it("is known for a day, to an object that starts anew as well, which takes nothing of this id in", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    await act(upstream, id)
    for (const _ of ["at once", "looked for before"]) {
      await evictDurableObject(realStub(id))
      expect([await groupStub(id).exists(), await groupStub(id).wasHere()]).toEqual([false, true])
      const begun = await groupStub(id).begin(initOf(id, 1), { apiKey: upstream.key, webhookUrl: null })
      expect(begun).toBe("different")
      const due = await inside(id, ({ storage }) => storage.getAlarm())
      expect(due! - Date.now()).toBeGreaterThan(23 * 3_600_000)
    }
  })
})

describe.concurrent("whoever acts", () => {
  it.each(["403", "404"])("has a key that Parallel lets read the group (it says %s)", async (foreign_key) => {
    const upstream = newUpstream()
    await upstream.behave({ ...ENDLESS, shapes: { foreign_key } })
    const { taskgroup_id: id } = await create(upstream)
    for (const path of [id, ...["inputs", "retry", "stop", "resume"].map((name) => `${id}/${name}`)]) {
      const body = path.endsWith("inputs") ? { inputs: more(1) } : undefined
      const headers = { "x-api-key": upstream.keyThat("another") }
      const { error } = await expectError(await sendAct(upstream, path, body, headers), 403)
      expect(error.message).toContain("may not read")
    }
    expect((await getJson(id)).status).toMatchObject({ num_task_runs: 3, state: "running" })
    expect((await upstream.ledger(id)).num_runs).toBe(3)
  })

  it("needs Parallel's word, but to stop or delete with the group's own key", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await endlessGroup(upstream)
    await upstream.fault({ route: "group.get", times: 1_000, fault: { kind: "status", status: 503 } })
    await expectError(await sendAct(upstream, `${id}/resume`), 502)
    await expectError(await sendAct(upstream, `${id}/inputs`, { inputs: more(1) }), 502)
    await expectError(
      await sendAct(upstream, `${id}/stop`, undefined, { "x-api-key": upstream.keyThat("b") }),
      502,
    )
    expect(await act(upstream, `${id}/stop`)).toMatchObject({ running: 3 })
    expect(await act(upstream, id)).toMatchObject({ deleted: true })
  })
})
