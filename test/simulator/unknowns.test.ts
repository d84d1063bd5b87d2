import { describe, expect, it } from "vitest"
import type { BehaviourPatch } from "../../simulator/index.ts"
import { read, rows, type Harness } from "./harness.ts"
import { END, follow, runIds, start, types } from "./unknowns.ts"

describe("unknowns of the contract, either side", () => {
  it("U1: a resumed listing goes on by position, or brings back what changed", async () => {
    for (const resumed of ["position", "changes"] as const) {
      const { h, group, ids } = await start({ listing: { resumed } })
      const cursor = (await h.list(group)).at(-1)!.data.event_id
      await h.clock.advance(END)
      await h.add(group, rows(2, 6))
      const later = runIds(await h.list(group, `?last_event_id=${cursor}`))
      expect(later.length).toBe(resumed === "position" ? 2 : 8)
      expect(later.includes(ids[0]!)).toBe(resumed === "changes")
    }
  })

  it("U2: event ids are opaque, numeric or repeated", async () => {
    const idsFor = async (event_ids: "opaque" | "numeric" | "duplicate") => {
      const { h, group } = await start({ cursors: { event_ids } })
      return (await follow(h, group)).events.map((event) => event.data.event_id as string)
    }
    const opaque = await idsFor("opaque")
    expect(new Set(opaque).size).toBe(opaque.length)
    expect([...opaque].sort()).not.toEqual(opaque)
    const numeric = await idsFor("numeric")
    expect(numeric).toEqual(numeric.map((_, i) => String(i + 1)))
    const repeated = await idsFor("duplicate")
    expect(new Set(repeated).size).toBeLessThan(repeated.length)
  })

  it("U3: cursors of one stream on the other are unknown, or work", async () => {
    for (const interchangeable of [false, true]) {
      const { h, group } = await start({ cursors: { interchangeable } })
      const ofRun = (await h.list(group))[0]!.data.event_id
      const response = await h.send("GET", `/v1/tasks/groups/${group}/events?last_event_id=${ofRun}`)
      expect(response.status).toBe(interchangeable ? 200 : 404)
      await response.body!.cancel()
    }
  })

  it("U4: a run may be listed twice, and again on resuming", async () => {
    const { h, group, ids } = await start({ listing: { duplicate_rate: 1, overlap_on_resume: 1 } })
    const listed = await h.list(group)
    expect(runIds(listed)).toEqual(ids.flatMap((id) => [id, id]))
    const resumed = runIds(await h.list(group, `?last_event_id=${listed[0]!.data.event_id}`))
    expect(resumed).toContain(ids[0])
  })

  it("U5: what comes at connect", async () => {
    const first = async (on_connect: "replay" | "status" | "new" | "silent" | "stale_status") => {
      const { h, group } = await start({ events: { on_connect, silent_ms: 30_000, end: "after_linger" } })
      await h.clock.advance(END)
      const reading = await h.open(group)
      await h.clock.advance(1)
      const atOnce = reading.events
      await h.clock.advance(120_000)
      return { atOnce, all: reading.events }
    }
    expect(runIds((await first("replay")).atOnce)).toHaveLength(6)
    expect(types((await first("status")).all)).toEqual(["task_group_status"])
    expect((await first("new")).all).toEqual([])
    const silent = await first("silent")
    expect(silent.atOnce).toEqual([])
    expect(runIds(silent.all)).toHaveLength(6)
    const stale = (await first("stale_status")).atOnce
    expect(stale[0]!.data.status).toMatchObject({ num_task_runs: 0, is_active: false })
    expect(stale.at(-1)!.data.status.num_task_runs).toBe(6)
  })

  it("U6: run events may be missing, late, or after the final status", async () => {
    const events = async (patch: NonNullable<BehaviourPatch["events"]>) => {
      const { h, group } = await start({ events: { end: "after_linger", ...patch } })
      return (await follow(h, group)).events
    }
    expect(runIds(await events({}))).toHaveLength(6)
    expect(runIds(await events({ missing_run_event_rate: 1 }))).toEqual([])
    expect(types(await events({})).at(-1)).toBe("task_group_status")
    for (const patch of [{ final_status_first: true }, { run_event_delay_ms: 3_000 }]) {
      const seen = await events(patch)
      const final = seen.findIndex((event) => event.data.status?.is_active === false)
      expect(final).toBeGreaterThan(0)
      expect(types(seen.slice(final + 1))).toContain("task_run.state")
    }
  })

  it("U7: when a session ends, and what keeps it alive", async () => {
    const at = async (patch: NonNullable<BehaviourPatch["events"]>, query = "", ms = 600_000) => {
      const { h, group } = await start({
        events: patch,
        runs: { duration_ms: [10_000, 10_000], queue_ms: [0, 0] },
      })
      const opened = h.clock.now()
      const reading = await h.open(group, query)
      for (let n = 0; n < ms && !reading.ended; n += 500) await h.clock.advance(500)
      return { ms: reading.ended ? h.clock.now() - opened : null, text: reading.text }
    }
    expect((await at({})).ms).toBe(10_000)
    expect((await at({ end: "after_linger", linger_ms: 5_000 })).ms).toBe(15_000)
    expect((await at({ end: "never" })).ms).toBe(null)
    expect((await at({ end: "on_connect" })).ms).toBe(500)
    expect((await at({ max_session_ms: 3_000 })).ms).toBe(3_000)
    expect((await at({}, "?timeout=4")).ms).toBe(4_000)
    expect((await at({ honour_timeout: false }, "?timeout=4")).ms).toBe(10_000)
    const quiet = { end: "never", keep_alive_ms: 20_000 } as const
    expect((await at(quiet, "", 100_000)).text.match(/: keep-alive/g)).toHaveLength(4)
    expect((await at({ ...quiet, keep_alive: "none" }, "", 100_000)).text).not.toContain("keep-alive")
    expect((await at({ ...quiet, keep_alive: "blank" }, "", 100_000)).text).toMatch(/\n\n\n+$/)
  })

  it("U8: old and unknown cursors", async () => {
    for (const unknown of ["404", "422", "empty", "restart", "ignored"] as const) {
      const { h, group } = await start({ cursors: { unknown } })
      await h.clock.advance(END)
      const list = await h.send("GET", `/v1/tasks/groups/${group}/runs?last_event_id=nonsense`)
      const code = unknown === "404" || unknown === "422" ? Number(unknown) : 200
      expect(list.status).toBe(code)
      if (code !== 200) continue
      const listing = read(list)
      await listing.done
      expect(listing.events.length).toBe(unknown === "empty" ? 0 : 6)
      const reading = await follow(h, group, "?last_event_id=nonsense", 1_000)
      expect(runIds(reading.events).length).toBe(unknown === "empty" ? 0 : 6)
    }
    const { h, group } = await start({ cursors: { expire_after_ms: 5_000 } })
    const cursor = (await h.list(group))[0]!.data.event_id
    expect(await h.list(group, `?last_event_id=${cursor}`)).toHaveLength(5)
    await h.clock.advance(6_000)
    expect((await h.send("GET", `/v1/tasks/groups/${group}/runs?last_event_id=${cursor}`)).status).toBe(404)
  })

  it("U9: errors in the middle, after which the stream goes on or ends", async () => {
    for (const error_event_then of ["continue", "end"] as const) {
      const { h, group } = await start({ events: { error_event_rate: 0.3, error_event_then } })
      const seen = types((await follow(h, group)).events)
      const at = seen.indexOf("error")
      expect(at).toBeGreaterThan(-1)
      expect(at === seen.length - 1).toBe(error_event_then === "end")
    }
  })

  it("U10: unknown types, extra fields, missing fields, unknown statuses", async () => {
    const { h, group } = await start({
      shapes: {
        unknown_type_rate: 1,
        extra_fields: true,
        drop_required: ["modified_at"],
        unknown_status_rate: 1,
        echo_metadata: false,
      },
    })
    const runs = (await h.list(group)).map((event) => event.data.run)
    expect(runs[0]).toMatchObject({ status: "paused", x_new_field: expect.anything() })
    expect(runs.every((run) => !("modified_at" in run) && !("metadata" in run))).toBe(true)
    const strange = (await follow(h, group)).events.find((event) => event.data.type === "task_group.insight")
    expect(strange?.data.event_id).toEqual(expect.any(String))
  })

  it("U11: the aggregate may lag, be cached, or go inactive early", async () => {
    const get = async (h: Harness, group: string) => (await h.json("GET", `/v1/tasks/groups/${group}`)).status
    const lagging = await start({
      status: { lag_ms: 10_000 },
      runs: { duration_ms: [1_000, 1_000], queue_ms: [0, 0] },
    })
    await lagging.h.clock.advance(5_000)
    expect((await get(lagging.h, lagging.group)).num_task_runs).toBe(0)
    await lagging.h.clock.advance(10_000)
    expect((await get(lagging.h, lagging.group)).task_run_status_counts).toEqual({ completed: 6 })
    const early = await start({ status: { active_false_early_ms: 60_000 } })
    expect(await get(early.h, early.group)).toMatchObject({
      is_active: false,
      task_run_status_counts: { queued: 6 },
    })
    const { h, group } = await start()
    expect((await h.add(group, rows(2, 6), "?refresh_status=false")).status.num_task_runs).toBe(0)
    expect((await h.add(group, rows(2, 8))).status.num_task_runs).toBe(10)
  })

  it("U11: parked runs make a group inactive without being final", async () => {
    const { h, group, ids } = await start({
      runs: { overrides: [{ input_index: 2, outcome: "action_required" }] },
    })
    await h.clock.advance(END)
    const { status } = await h.json("GET", `/v1/tasks/groups/${group}`)
    expect(status).toMatchObject({
      is_active: false,
      task_run_status_counts: { completed: 5, action_required: 1 },
    })
    h.sim.finish(group)
    expect((await h.json("GET", `/v1/tasks/runs/${ids[2]}`)).status).toBe("completed")
  })

  it("U12: a refused POST creates nothing, or what stands before the bad input", async () => {
    for (const partial_on_refusal of [false, true]) {
      const { h, group } = await start({ add_runs: { partial_on_refusal } }, 1)
      const inputs = [...rows(3, 1), { input: 4, processor: "core" }, ...rows(2, 4)]
      const response = await h.send("POST", `/v1/tasks/groups/${group}/runs`, { inputs })
      expect(response.status).toBe(422)
      expect(h.sim.ledger.groups.get(group)!.runs.length).toBe(partial_on_refusal ? 4 : 1)
    }
  })
})
