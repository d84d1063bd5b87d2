import { describe, expect, it, vi } from "vitest"
import { count, DAY, EVENTS, HOUR, MINUTE, read, watch, world } from "./story.ts"
import { submit, type World } from "./world.ts"

vi.setConfig({ testTimeout: 60_000 })

/** The events of an ended group's stream, as text; comments aside. */
const eventsOf = async (of: World, lastEventId: string | null): Promise<ReadonlyArray<string>> => {
  const headers = new Headers(lastEventId === null ? {} : { "last-event-id": lastEventId })
  const response = await of.host.fetch(new Request("https://object/sse", { headers }))
  let text = ""
  void response.text().then((all) => {
    text = all
  })
  await of.clock.advanceUntil(() => text !== "", MINUTE)
  return text
    .replaceAll(/^:.*\n+/gm, "")
    .split("\n\n")
    .filter((event) => event !== "")
}

describe("viewers", () => {
  it("are told first how the group stands, without an id, so that who drops after it loses nothing", async () => {
    const it = world()
    await submit(it)
    await it.clock.advance(2 * MINUTE)
    for (const lastEventId of [null, "3"]) {
      const [first, second] = await eventsOf(it, lastEventId)
      expect(first).toMatch(/^event: task_group_status$/m)
      expect(first).not.toMatch(/^id:/m)
      expect(second).toMatch(/^id: \d+$/m)
    }
  })

  it("who hang up all the time are told each end once", async () => {
    const it = world({ weather: { rows: 25 } })
    await submit(it)
    const restless = watch(it, { hangUpRate: 0.7 })
    await it.clock.advance(10 * MINUTE)
    expect(it.violations).toEqual([])
    expect(restless.connections).toBeGreaterThan(3)
    expect([...restless.runs.values()].filter(({ hasOutput }) => hasOutput)).toHaveLength(25)
  })

  it("get the full state for an id from the future", async () => {
    const it = world()
    await submit(it)
    await it.clock.advance(2 * MINUTE)
    const text = (await eventsOf(it, "99999")).join("\n")
    expect(text.match(/event: task_run.state/g)).toHaveLength(4)
    expect(text).toMatch(/event: done/)
  })

  it("may be very many: all of them see every end, none of them costs upstream anything", async () => {
    const it = world({ weather: { rows: 10 } })
    await submit(it)
    const crowd = Array.from({ length: 1_000 }, (_, at) => watch(it, { name: `viewer ${at}` }))
    await it.clock.advance(2 * MINUTE)
    expect(it.violations).toEqual([])
    expect(crowd.filter(({ finished }) => finished)).toHaveLength(1_000)
    for (const one of crowd)
      expect([...one.runs.values()].filter(({ hasOutput }) => hasOutput)).toHaveLength(10)
    expect(count(it, EVENTS)).toBeLessThan(10)
  })

  it("are let go when the object is removed after 30 days, and nothing comes back", async () => {
    const it = world()
    await submit(it)
    await it.clock.advance(2 * MINUTE)
    await it.clock.advance(31 * DAY)
    expect(it.host.disk.isEmpty()).toBe(true)
    const response = await it.host.fetch(new Request("https://object/json"))
    expect(response.status).toBe(404)
    expect(it.host.disk.isEmpty()).toBe(true)
  })
})

describe("the webhook", () => {
  it("is tried again for as long as its receiver is down, at growing distance, under one id", async () => {
    const it = world({ weather: { webhook: "fine" } })
    it.simulator.host.webhooks.answerWith([{ status: 503, lasting: true }])
    await submit(it)
    await it.clock.advance(25 * HOUR)
    const { received } = it.simulator.host.webhooks
    expect(received.length).toBeGreaterThan(20)
    expect(received.length).toBeLessThan(45)
    it.simulator.host.webhooks.answerWith([])
    await it.clock.advance(2 * HOUR)
    const after = it.simulator.host.webhooks.received
    expect(after.at(-1)?.answered).toBe(200)
    expect(new Set(after.map(({ headers }) => headers["webhook-id"])).size).toBe(1)
    expect(JSON.parse(after[0]!.body)).toEqual({ url: `https://multitask.test/${it.groupId}` })
    const sent = after.length
    await it.clock.advance(5 * HOUR)
    expect(it.simulator.host.webhooks.received).toHaveLength(sent)
  })

  it.each([302, 303])("counts as received when it is answered with %i", async (status) => {
    const it = world({ weather: { webhook: "fine" } })
    const location = "http://parallel.test/_sim/webhooks/elsewhere"
    it.simulator.host.webhooks.answerWith([{ status, location, lasting: true }])
    await submit(it)
    await it.clock.advance(50 * HOUR)
    expect(it.simulator.host.webhooks.received.map(({ name, answered }) => [name, answered])).toEqual([
      ["done", status],
    ])
    expect((await read(it)).status.status_message).toBe("")
  })

  it("is given up after two days, and that is said", async () => {
    const it = world({ weather: { webhook: "fine" } })
    it.simulator.host.webhooks.answerWith([{ status: 503, lasting: true }])
    await submit(it)
    await it.clock.advance(40 * HOUR)
    expect((await read(it)).status.status_message).toBe("")
    await it.clock.advance(20 * HOUR)
    const sent = it.simulator.host.webhooks.received.length
    expect((await read(it)).status.status_message).toMatch(/webhook/i)
    await it.clock.advance(20 * HOUR)
    expect(it.simulator.host.webhooks.received).toHaveLength(sent)
  })
})
