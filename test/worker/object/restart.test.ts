import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { expectLedgerEquals, storedIn, untilEnded } from "../support/expect.ts"
import { receivedGroup } from "../support/group.ts"
import { groupStub, inside, realStub } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"
import { until } from "../support/until.ts"

const RUNS = 40
const SLOWLY = { runs: { queue_ms: [50, 100], duration_ms: [200, 1_200] } } as const

/** How far a group is, told by upstream alone: asking the object would start its follower again. */
const upstreamRuns = async (upstream: Upstream, id: string) => {
  const { runs } = await upstream.ledger(id)
  return { added: runs.length, done: runs.filter(({ status }) => status === "completed").length }
}

const points = [
  ["right after the commit", async () => {}],
  [
    "while the runs are added",
    (upstream: Upstream, id: string) =>
      until("a batch", async () => (await upstreamRuns(upstream, id)).added > 0),
  ],
  [
    "when a third is done",
    (upstream: Upstream, id: string) =>
      until("a third", async () => (await upstreamRuns(upstream, id)).done > RUNS / 3),
  ],
  [
    "when the last run is done",
    (upstream: Upstream, id: string) =>
      until("the last", async () => (await upstreamRuns(upstream, id)).done === RUNS),
  ],
] as const

const kills = [
  ["aborted", async () => abortAllDurableObjects()],
  ["evicted", async (id: string) => evictDurableObject(realStub(id))],
] as const

/** Kills the object, and makes sure that it is another one afterwards. */
const reborn = async (id: string, kill: (id: string) => Promise<void>) => {
  const marked = await inside(id, (_, instance) => Object.assign(instance, { marked: true }).marked)
  expect(marked).toBe(true)
  await kill(id)
  expect(await inside(id, (_, instance) => Object.hasOwn(instance, "marked"))).toBe(false)
}

describe.each(kills)("an object that is %s", (_, kill) => {
  it.each(points)("%s goes on by itself, with one run an input", async (__, reach) => {
    const upstream = newUpstream()
    await upstream.behave({ ...SLOWLY, transport: { latency_by_route: { "group.runs.add": [20, 60] } } })
    const id = await receivedGroup(upstream, RUNS)
    await groupStub(id).commit(0)
    await reach(upstream, id)
    await reborn(id, kill)
    // Nobody asks the object: the watchdog alone brings its follower back.
    await until(
      "the end of all runs at Parallel",
      async () => (await upstreamRuns(upstream, id)).done === RUNS,
      15,
    )
    await expectLedgerEquals(upstream, await untilEnded(id), RUNS)
  })

  it("again and again, ends all the same", async () => {
    const upstream = newUpstream()
    await upstream.behave({ ...SLOWLY, transport: { latency_by_route: { "group.runs.add": [20, 60] } } })
    const id = await receivedGroup(upstream, RUNS)
    await groupStub(id).commit(0)
    for (let done = 0; done < RUNS;) {
      await reborn(id, kill)
      await runDurableObjectAlarm(realStub(id))
      const before = done
      done = await until("something to happen", async () => {
        const now = await upstreamRuns(upstream, id)
        return (now.added < RUNS && now.added > 0) || now.done > before + 6 || now.done === RUNS
          ? Math.max(now.done, before)
          : null
      })
    }
    await expectLedgerEquals(upstream, await untilEnded(id), RUNS)
  })
})

describe("an object between two lives", () => {
  it("takes up an initialisation that was half done", async () => {
    const upstream = newUpstream()
    const id = await receivedGroup(upstream, 3)
    await abortAllDurableObjects()
    expect(await groupStub(id).commit(5_000)).toEqual({ _tag: "Submitted" })
    await expectLedgerEquals(upstream, await untilEnded(id), 3)
  })

  it("is woken by a request before its alarm", async () => {
    const upstream = newUpstream()
    await upstream.behave(SLOWLY)
    const id = await receivedGroup(upstream, 5)
    await groupStub(id).commit(5_000)
    await abortAllDurableObjects()
    const { counts: before } = await upstream.requests()
    await groupStub(id).exists()
    await until("a request to Parallel", async () => {
      const { counts } = await upstream.requests()
      return (
        (counts["GET /v1/tasks/groups/{group}/events"] ?? 0) >
        (before["GET /v1/tasks/groups/{group}/events"] ?? 0)
      )
    })
    await expectLedgerEquals(upstream, await untilEnded(id), 5)
  })

  it("has its alarm set as long as there is work, and the removal's after the end", async () => {
    const upstream = newUpstream()
    await upstream.behave(SLOWLY)
    const id = await receivedGroup(upstream, 3)
    await groupStub(id).commit(5_000)
    const { alarm } = await storedIn(id)
    expect(alarm).toBeLessThanOrEqual(Date.now() + 1_100)
    await untilEnded(id)
    const after = await inside(id, async ({ storage }) => ({
      alarm: await storage.getAlarm(),
      times: storage.kv.get("alarms"),
    }))
    expect(after.times).toEqual({ removal: after.alarm })
    expect(after.alarm).toBeGreaterThan(Date.now() + 29 * 86_400_000)
    expect((await storedIn(id)).keys.toSorted()).toEqual(["alarms", "allPlain", "cursor"])
  })
})
