import { describe, expect, it } from "vitest"
import { type Loose, harness, rows } from "./harness.ts"

describe("the control interface", () => {
  it("ledger: upstream's truth, as it will end", async () => {
    const h = harness({ runs: { failure_rate: 0.5 } })
    const group = await h.group()
    await h.add(group, rows(250))
    const before = await h.json("GET", `/_sim/ledger/${group}`)
    expect(before).toMatchObject({ taskgroup_id: group, num_runs: 250, status: { is_active: true } })
    await h.clock.advance(120_000)
    const listed = (await h.list(group, "?include_output=true")).map((event) => event.data)
    for (const [i, run] of before.runs.entries()) {
      expect(run).toMatchObject({
        input_index: i,
        run_id: listed[i].run.run_id,
        final_status: listed[i].run.status,
      })
      expect(run.output).toEqual(listed[i].output)
      expect(run.error).toEqual(listed[i].run.error)
    }
    expect(new Set(before.runs.map((run: Loose) => run.final_status))).toEqual(
      new Set(["completed", "failed"]),
    )
    expect((await h.json("GET", `/_sim/ledger/${group}?output=false`)).runs[0].output).toBe(null)
    expect((await h.json("GET", "/_sim/ledger")).map((one: Loose) => one.taskgroup_id)).toEqual([group])
  })

  it("requests: counts by method and route, open streams, and a way to start over", async () => {
    const h = harness({ events: { end: "never" } })
    const group = await h.group()
    await h.add(group, rows(1))
    const streams = [await h.open(group), await h.open(group)]
    await streams[0]!.cancel()
    await h.send("GET", "/v1/nothing")
    const seen = await h.json("GET", "/_sim/requests")
    expect(seen.counts).toEqual({
      "POST /v1/tasks/groups": 1,
      "POST /v1/tasks/groups/{group}/runs": 1,
      "GET /v1/tasks/groups/{group}/events": 2,
      "GET (unknown path)": 1,
    })
    expect(seen.event_streams).toEqual({ open: 1, max_open: 2, opened: 2 })
    expect(seen.recent[1]).toMatchObject({ group, status: 200, at: h.clock.now() })
    const after = await h.json("DELETE", "/_sim/requests")
    expect(after).toMatchObject({ counts: {}, total: 0, event_streams: { open: 1, max_open: 1 } })
  })

  it("behaviour: PATCH changes, PUT starts from the defaults, mistakes are named and change nothing", async () => {
    const h = harness()
    const defaults = await h.json("GET", "/_sim/behaviour")
    const patched = await h.json("PATCH", "/_sim/behaviour", {
      runs: { failure_rate: 0.5 },
      events: { end: "never" },
    })
    expect(patched).toEqual({
      ...defaults,
      runs: { ...defaults.runs, failure_rate: 0.5 },
      events: { ...defaults.events, end: "never" },
    })
    expect(await h.json("PUT", "/_sim/behaviour", { runs: { speed: 3 } })).toEqual({
      ...defaults,
      runs: { ...defaults.runs, speed: 3 },
    })
    const wrong = {
      runs: { failure_rate: 2, speeed: 1, queue_ms: [5, 1] },
      events: { end: "soon" },
      nonsense: {},
    }
    const refused = await h.send("PATCH", "/_sim/behaviour", wrong)
    expect(refused.status).toBe(422)
    const { error } = await refused.json()
    expect(error.detail.errors.map((p: Loose) => p.path).sort()).toEqual([
      "events.end",
      "nonsense",
      "runs.failure_rate",
      "runs.queue_ms",
      "runs.speeed",
    ])
    expect((await h.json("GET", "/_sim/behaviour")).runs.speed).toBe(3)
    expect((await h.send("PUT", "/_sim/behaviour", "{")).status).toBe(400)
  })

  it("overrides: the fate of single runs, before they are added and after", async () => {
    const h = harness({
      runs: { failure_rate: 0, overrides: [{ input_index: 0, outcome: "failed", error_message: "no luck" }] },
    })
    const group = await h.group()
    await h.send("POST", `/_sim/groups/${group}/overrides`, { input_index: 1, outcome: "cancelled" })
    const { run_ids: ids } = await h.add(group, rows(5))
    await h.send("POST", `/_sim/groups/${group}/overrides`, {
      input_index: 2,
      outcome: "action_required",
      ends_after_ms: 100,
    })
    await h.send("POST", `/_sim/groups/${group}/overrides`, {
      input_index: 3,
      output_bytes: 2_100_000,
      ends_after_ms: 0,
    })
    await h.clock.advance(120_000)
    const listed = (await h.list(group, "?include_output=true")).map((event) => event.data)
    expect(listed.map((one) => one.run.status)).toEqual([
      "failed",
      "cancelled",
      "action_required",
      "completed",
      "completed",
    ])
    expect(listed[0].run.error.message).toBe("no luck")
    expect(JSON.stringify(listed[3].output).length).toBeGreaterThan(2_000_000)
    const result = await h.json("GET", `/v1/tasks/runs/${ids[3]}/result`)
    expect(result.output).toEqual(listed[3].output)
    expect((await h.send("POST", `/_sim/groups/${group}/overrides`, { outcome: "won" })).status).toBe(422)
  })

  it("finish: all runs end at once, and everyone who waits is told", async () => {
    const h = harness({ runs: { duration_ms: [3_600_000, 3_600_000], failure_rate: 0 } })
    const group = await h.group()
    const { run_ids: ids } = await h.add(group, rows(5))
    const events = await h.open(group)
    const result = h.send("GET", `/v1/tasks/runs/${ids[0]}/result`)
    await h.clock.advance(10_000)
    expect(events.ended).toBe(false)
    expect((await h.json("POST", `/_sim/groups/${group}/finish`)).status.task_run_status_counts).toEqual({
      completed: 5,
    })
    expect((await result).status).toBe(200)
    await events.done
    expect(events.events.at(-1)!.data.status).toMatchObject({ is_active: false, num_task_runs: 5 })
    expect(h.clock.pending()).toBe(0)
    expect((await h.send("POST", "/_sim/groups/tgrp_x/finish")).status).toBe(404)
  })

  it("keys: revoked half-way, and restored", async () => {
    const h = harness()
    const group = await h.group()
    const get = async () => (await h.send("GET", `/v1/tasks/groups/${group}`)).status
    await h.send("POST", "/_sim/keys/revoke", { key: "test-key" })
    expect(await get()).toBe(401)
    await h.send("POST", "/_sim/keys/restore", { key: "test-key" })
    expect(await get()).toBe(200)
  })

  it("webhooks: records what it got and answers as told", async () => {
    const h = harness()
    const answers = [
      { status: 500 },
      { status: 307, location: "http://elsewhere.test/" },
      { status: 410, delay_ms: 1_000, lasting: true },
    ]
    await h.send("PUT", "/_sim/webhooks", answers)
    const deliver = () => h.send("POST", "/_sim/webhooks/a", '{"url":"x"}', { "webhook-id": "msg_1" })
    expect((await deliver()).status).toBe(500)
    expect((await deliver()).headers.get("location")).toBe("http://elsewhere.test/")
    const slow = deliver()
    await h.clock.advance(1_000)
    expect((await slow).status).toBe(410)
    const received = await h.json("GET", "/_sim/webhooks")
    expect(received).toHaveLength(3)
    expect(received[0]).toMatchObject({
      name: "a",
      body: '{"url":"x"}',
      answered: 500,
      headers: { "webhook-id": "msg_1" },
    })
    expect(JSON.stringify(received)).not.toContain("test-key")
    expect(await h.json("DELETE", "/_sim/webhooks")).toEqual([])
  })

  it("inputs: Loose size, status, redirect and content", async () => {
    const h = harness()
    const rowsOf = async (query: string) => (await h.json("GET", `/_sim/inputs/list${query}`)) as object[]
    expect(await rowsOf("")).toHaveLength(12)
    expect(await rowsOf("?count=0")).toEqual([])
    expect(await rowsOf("?count=1234")).toHaveLength(1_234)
    const redirect = await h.send("GET", "/_sim/inputs/list?redirect=http://elsewhere.test/x")
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, "http://elsewhere.test/x"])
    expect((await h.send("GET", "/_sim/inputs/list?status=503")).status).toBe(503)
    await h.send("PUT", "/_sim/inputs/list", { rows: [{ company: "Stripe" }] })
    expect(await rowsOf("")).toEqual([{ company: "Stripe" }])
    await h.send("PUT", "/_sim/inputs/list", { body: "<html>", content_type: "text/html" })
    expect(await (await h.send("GET", "/_sim/inputs/list")).text()).toBe("<html>")
    expect((await h.send("PUT", "/_sim/inputs/list", { size: 3 })).status).toBe(422)
  })

  it("lists its endpoints, and says so where there is none", async () => {
    const h = harness()
    expect(Object.keys(await h.json("GET", "/_sim"))).toContain("GET /_sim/ledger/{group}")
    expect((await h.send("GET", "/_sim/nothing")).status).toBe(404)
  })
})
