import { describe, expect, it } from "vitest"
import { act, ENDLESS } from "../support/acts.ts"
import { expectNothingStored, untilEnded } from "../support/expect.ts"
import { receivedGroup } from "../support/group.ts"
import { companies, create, groupStub, ORIGIN } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

describe("what a tool asks an object", () => {
  it("is how far the group is, told when a row ends, or the group", async () => {
    const upstream = newUpstream()
    await upstream.behave(ENDLESS)
    const { taskgroup_id: id } = await create(upstream, { inputs: companies(3), title: "Three" })
    const about = { taskgroupId: id, url: `${ORIGIN}/${id}`, title: "Three", numInputs: 3, statusMessage: "" }
    expect(await groupStub(id).progress(0)).toMatchObject({ ...about, isActive: true, state: "running" })
    expect((await groupStub(id).progress(100))?.counts).not.toHaveProperty("completed")
    const began = Date.now()
    const waiting = groupStub(id).progress(25_000)
    await upstream.finish(id)
    const news = await waiting
    expect(Date.now() - began).toBeLessThan(15_000)
    expect(news?.counts["completed"]).toBeGreaterThan(0)
    await untilEnded(id)
    const whole = { ...about, isActive: false, state: "done", counts: { completed: 3 } }
    expect(await groupStub(id).progress(25_000)).toEqual(whole)
  })

  it("is rows as Markdown", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await create(upstream, { inputs: companies(3) })
    await untilEnded(id)
    const all = await groupStub(id).excerpt({
      basis: "none",
      maxChars: 4_000,
      statuses: new Set(["completed"]),
      limit: 2,
    })
    expect(all).toMatchObject({ _tag: "Excerpt", shown: 2, nextAfter: 1, isActive: false })
    expect(all).toHaveProperty("markdown", expect.stringContaining("| 1 | ✅ completed | Company 1 |"))
    const row = await groupStub(id).excerpt({ basis: { index: 2 }, maxChars: 4_000 })
    expect(row).toHaveProperty("markdown", expect.stringContaining(`# Row 2 of task group`))
    const field = await groupStub(id).excerpt({ basis: { field: "cfo" }, maxChars: 4_000 })
    expect(field).toEqual({ _tag: "NoSuchField", fields: ["ceo_name", "employees"] })
  })

  it("is nothing where there is no group, and leaves nothing", async () => {
    const id = `tgrp_unknown_${crypto.randomUUID()}`
    expect(await groupStub(id).progress(25_000)).toBeNull()
    expect(await groupStub(id).excerpt({ basis: "none", maxChars: 4_000 })).toBeNull()
    await expectNothingStored(id)
  })

  it("ends when the group is deleted while it waits", async () => {
    const upstream = newUpstream()
    await upstream.behave(ENDLESS)
    const { taskgroup_id: id } = await create(upstream, { inputs: companies(1) })
    const began = Date.now()
    const waiting = groupStub(id).progress(25_000)
    await act(upstream, id)
    expect(await waiting).toBeNull()
    expect(Date.now() - began).toBeLessThan(15_000)
  })
})

it("a commit answers once the first batch is accepted, where no more is asked", async () => {
  const upstream = newUpstream()
  await upstream.fault({
    route: "group.runs.add",
    skip: 1,
    times: 4,
    fault: { kind: "hang", ms: 3_000, applied: "all" },
  })
  const id = await receivedGroup(upstream, 25)
  const began = Date.now()
  expect(await groupStub(id).commit(20_000, "first")).toEqual({ _tag: "Underway" })
  expect(Date.now() - began).toBeLessThan(2_500)
  expect(await groupStub(id).commit(20_000)).toEqual({ _tag: "Submitted" })
  expect((await upstream.ledger(id)).num_runs).toBe(25)
})
