import { abortAllDurableObjects } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { expectLedgerEquals, untilEnded } from "../support/expect.ts"
import { companies, create, getJson, inside, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"
import { until } from "../support/until.ts"
import { finalStates, idsNeverFall, runsIn, watch } from "../support/viewer.ts"

const RUNS = 30

/** Runs that end one after the other, with outputs of some size, so that a stream can be cut anywhere. */
const slowGroup = async () => {
  const upstream = newUpstream()
  await upstream.behave({
    runs: { queue_ms: [10, 100], duration_ms: [300, 3_000], overrides: [{ output_bytes: 40_000 }] },
  })
  const { taskgroup_id: id } = await create(upstream, { inputs: companies(RUNS) })
  return { upstream, id }
}

describe("the object restarts while a viewer watches", () => {
  // Eviction waits for open streams to end, so that it takes none of them by surprise.
  it("again and again: the same connection goes on, with no gap and no id twice", async () => {
    const { upstream, id } = await slowGroup()
    const viewers = [await watch(`/${id}.sse`), await watch(`/${id}.sse`)]
    for (let round = 1; round <= 5; round++) {
      await until("another event", () =>
        viewers.every((viewer) => runsIn(viewer.events()).length > RUNS * 0.5 + round * 2 || viewer.isOver()),
      )
      await abortAllDurableObjects()
    }
    await untilEnded(id)
    const heard = await Promise.all(viewers.map((viewer) => viewer.untilOver()))
    for (const [at, events] of heard.entries()) {
      expect(idsNeverFall(events)).toBe(true)
      const ids = runsIn(events).map((event) => event.id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(events.at(-1)?.name).toBe("done")
      expect(viewers[at]?.rest()).toBe("")
      const { runs } = await getJson(id)
      for (const run of runs) {
        const told = finalStates(events).get(Number(run["input_index"]))
        expect([told?.run?.status, told?.output]).toEqual([run["status"], run["output"]])
      }
    }
    await expectLedgerEquals(upstream, await getJson(id), RUNS)
  })

  it("while a large present state is on its way: every event arrives whole and once", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { overrides: [{ output_bytes: 100_000 }] } })
    const { taskgroup_id: id } = await create(upstream, { inputs: companies(40) })
    await untilEnded(id)
    const response = await send(`/${id}.sse`)
    const reader = response.body!.getReader()
    const decoder = new TextDecoder()
    let text = ""
    let cuts = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
      if (cuts < 6 && text.length > (cuts + 1) * 300_000) {
        cuts++
        await abortAllDurableObjects()
      }
    }
    expect(cuts).toBe(6)
    const events = text
      .split("\n\n")
      .filter((block) => block !== "" && !block.startsWith(":"))
      .map((block) => /^(?:id: (\d+)\n)?event: (\S+)\ndata: (\{.*\})$/.exec(block))
    expect(events.every((event) => event !== null)).toBe(true)
    const runs = events.filter((event) => event?.[2] === "task_run.state").map((event) => event?.[1])
    expect(runs).toHaveLength(40)
    expect(new Set(runs).size).toBe(40)
    expect(events.at(-1)?.[2]).toBe("done")
  })

  it("and the group is removed meanwhile: the stream ends", async () => {
    const { id } = await slowGroup()
    const viewer = await watch(`/${id}.sse`)
    await viewer.untilEvent("a status", ({ name }) => name === "task_group_status")
    await inside(id, ({ storage }) => storage.deleteAll())
    await abortAllDurableObjects()
    const events = await viewer.untilOver()
    expect(events.some(({ name }) => name === "done")).toBe(false)
    expect((await send(`/${id}.sse`)).status).toBe(404)
  })
})
