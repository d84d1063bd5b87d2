import { describe, expect, it } from "vitest"
import { harness, rows, type Harness } from "./harness.ts"

const RUNS = 50_000

const fillGroup = async (h: Harness) => {
  const group = await h.group()
  let slowest = 0
  for (let from = 0; from < RUNS; from += 1_000) {
    const started = performance.now()
    await h.add(group, rows(1_000, from))
    slowest = Math.max(slowest, performance.now() - started)
  }
  return { group, slowest }
}

describe("50,000 runs in a group", () => {
  it("are added, followed, counted and listed in bounded time", { timeout: 60_000 }, async () => {
    const h = harness({ cursors: { event_ids: "opaque" } })
    const { group, slowest } = await fillGroup(h)
    expect(slowest).toBeLessThan(5_000)
    expect(h.clock.pending()).toBe(0)
    await h.clock.advance(60_000)

    const counted = performance.now()
    const { status } = await h.json("GET", `/v1/tasks/groups/${group}`)
    expect(status.num_task_runs).toBe(RUNS)
    expect(performance.now() - counted).toBeLessThan(500)

    const started = performance.now()
    const response = await h.send("GET", `/v1/tasks/groups/${group}/runs`)
    let events = 0
    let largest = 0
    for await (const chunk of response.body!) {
      largest = Math.max(largest, (chunk as Uint8Array).length)
      events += new TextDecoder().decode(chunk).split("event: ").length - 1
    }
    expect(events).toBe(RUNS)
    // Made while it is read: no chunk holds more than a small part of the listing.
    expect(largest).toBeLessThan(512 * 1024)
    expect(performance.now() - started).toBeLessThan(20_000)

    const followed = await h.open(group)
    await followed.done
    expect(followed.events.filter((event) => event.data.type === "task_run.state")).toHaveLength(RUNS)
  })
})

describe("a slow client", () => {
  it("is sent only what it reads, and meanwhile nothing is made for it", async () => {
    const h = harness({ listing: { ms_per_output: 0 } })
    const group = await h.group()
    for (let from = 0; from < 3_000; from += 1_000) await h.add(group, rows(1_000, from))
    await h.clock.advance(60_000)
    const response = await h.send("GET", `/v1/tasks/groups/${group}/runs?include_output=true`)
    const reader = response.body!.getReader()
    await reader.read()
    // The rest is made from the behaviour as it is when it is read: nothing of it was made before.
    h.sim.behaviour.patch({ shapes: { extra_fields: true } })
    await h.clock.advance(60_000)
    const second = new TextDecoder().decode((await reader.read()).value)
    expect(second.split("event: ").length).toBeLessThan(500)
    expect(second).toContain("x_new_field")
    await reader.cancel()
  })

  it("does not hold up events for others, and misses none", async () => {
    const h = harness()
    const group = await h.group()
    await h.add(group, rows(500))
    const slow = await h.send("GET", `/v1/tasks/groups/${group}/events`)
    const quick = await h.open(group)
    await h.clock.advance(60_000)
    expect(quick.ended).toBe(true)
    expect(await slow.text()).toBe(quick.text)
  })
})
