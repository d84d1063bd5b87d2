import { describe, expect, it, vi } from "vitest"
import { truthOf } from "../../simulator/index.ts"
import { HOUR, MINUTE, read, runsOf, SECOND, world } from "./story.ts"
import { spoilRow } from "./schedule.ts"
import { API_KEY, submit, type World } from "./world.ts"

vi.setConfig({ testTimeout: 60_000 })

/** A request that adds runs. */
interface Added {
  readonly first: number
  readonly at: number
  /** How many were under way when it came, this one included. */
  readonly open: number
}

/** Notes every request that adds runs; `answer` may answer one itself, by the first of its rows. */
const watchAdds = (
  of: World,
  answer: (first: number, take: () => Promise<Response>) => Promise<Response>,
): ReadonlyArray<Added> => {
  const { clock, simulator } = of
  const handle = simulator.handle.bind(simulator)
  const added: Array<Added> = []
  let open = 0
  simulator.handle = async (request) => {
    if (request.method !== "POST" || !new URL(request.url).pathname.endsWith("/runs")) return handle(request)
    const [, first = ""] = /"input_index":"(\d+)"/.exec(await request.clone().text()) ?? []
    open++
    added.push({ first: Number(first), at: clock.now(), open })
    return answer(Number(first), () => handle(request)).finally(() => open--)
  }
  return added
}

const refusal = (status: number, message: string) =>
  Response.json({ type: "error", error: { ref_id: "r", message, detail: null } }, { status })

const pause = (of: World, ms: number) =>
  new Promise<void>((resolve) => void of.clock.setTimer(ms, () => resolve()))

const lose = () => Promise.reject(new TypeError("connection reset"))

type Answer = (take: () => Promise<Response>) => Promise<Response>

/** The batches that begin with these rows are answered so once, and taken from then on. */
const once = (answers: Readonly<Record<number, Answer>>) => {
  const asked = new Set<number>()
  return (first: number, take: () => Promise<Response>) => {
    const answer = asked.has(first) ? undefined : answers[first]
    asked.add(first)
    return answer === undefined ? take() : answer(take)
  }
}

const rowsOf = (of: World) =>
  runsOf(of)
    .map((run) => truthOf(of.simulator.context, run).input_index)
    .toSorted((a, b) => a - b)

const upTo = (rows: number) => Array.from({ length: rows }, (_, at) => at)

const statuses = async (of: World) => (await read(of)).results.map((row) => row["$status"])

describe("the first batches", () => {
  it("go five at once, so that five take one round trip", async () => {
    const it = world({
      weather: { rows: 10, batchSize: 2, behaviour: { transport: { latency_ms: [200, 200] } } },
    })
    const added = watchAdds(it, (_, take) => take())
    const start = it.clock.now()
    await submit(it)
    expect(added.map(({ at, open }) => [at - start, open])).toEqual(upTo(5).map((at) => [200, at + 1]))
    // The group and its runs: 200 ms each.
    expect(it.clock.now() - start).toBe(400)
  })

  it("are never more than five at once", async () => {
    const it = world({ weather: { rows: 40, batchSize: 1 } })
    const added = watchAdds(it, async (first, take) => {
      await pause(it, 100 + ((first * 37) % 300))
      return take()
    })
    await submit(it)
    expect(Math.max(...added.map(({ open }) => open))).toBe(5)
    expect(rowsOf(it)).toEqual(upTo(40))
  })

  it.each([401, 402, 403, 422])(
    "when all are refused with %i: the caller is told the first one's answer, and nothing more is sent",
    async (status) => {
      const it = world({ weather: { rows: 12, batchSize: 1 } })
      const added = watchAdds(it, async (first) => {
        // The first answer to come is not the first batch's.
        await pause(it, first === 2 ? 10 : 2 * SECOND)
        return refusal(status, `no to row ${first}`)
      })
      await submit(it)
      expect(it.refused).toBe(true)
      expect(it.timeline.find((line) => line.includes("the POST is answered"))).toContain("no to row 0")
      expect(added).toHaveLength(5)
      await it.clock.advance(HOUR)
      expect(added).toHaveLength(5)
      expect(runsOf(it)).toEqual([])
      expect(it.host.disk.isEmpty()).toBe(true)
    },
  )

  it.each([
    ["before", 10],
    ["after", 500],
  ])(
    "when the first is refused %s the others are taken: the group stays, and only the bad row fails",
    async (_, refusedAfter) => {
      const it = world({ weather: { rows: 10, batchSize: 2 } })
      spoilRow(it, 1)
      watchAdds(it, async (first, take) => {
        await pause(it, first === 0 ? refusedAfter : 100)
        return take()
      })
      await submit(it)
      expect(it.refused).toBe(false)
      await it.clock.advance(5 * MINUTE)
      expect(await statuses(it)).toEqual(upTo(10).map((row) => (row === 1 ? "failed" : "completed")))
      expect((await read(it)).runs[1]!["error"].message).toMatch(/Input should be a string/)
      expect(rowsOf(it)).toEqual(upTo(10).filter((row) => row !== 1))
    },
  )

  it("when credit is lacking for the first but not for another: the rest waits unsent, and is counted", async () => {
    const it = world({ weather: { rows: 12, batchSize: 1 } })
    let poor = true
    const added = watchAdds(it, (first, take) =>
      poor && first !== 3 ? Promise.resolve(refusal(402, "Insufficient credit in account.")) : take(),
    )
    const start = it.clock.now()
    await submit(it)
    expect(it.refused).toBe(false)
    // Credit may take hours: the caller does not wait for it.
    expect(it.clock.now() - start).toBeLessThan(SECOND)
    expect(added.map(({ first }) => first)).toEqual(upTo(5))
    expect(rowsOf(it)).toEqual([3])
    expect((await read(it)).status.status_message).toMatch(/Not enough credit.*11 inputs are not submitted/)
    await it.clock.advance(6 * MINUTE)
    // Whether there is credit is asked with one batch.
    expect(added.slice(5).map(({ first }) => first)).toEqual([0])
    poor = false
    await it.clock.advance(HOUR)
    expect(await statuses(it)).toEqual(upTo(12).map(() => "completed"))
    expect(rowsOf(it)).toEqual(upTo(12))
  })

  it.each(["all", "none"])(
    "when the first one's answer is lost (%s of it was taken) and others are taken: one run for each input",
    async (taken) => {
      const it = world({ weather: { rows: 12, batchSize: 1 } })
      const lost: Answer = async (take) => {
        await pause(it, SECOND)
        if (taken === "all") await take()
        return lose()
      }
      const slow: Answer = async (take) => {
        await pause(it, 5 * SECOND)
        return take()
      }
      const added = watchAdds(it, once({ 0: lost, 2: slow, 3: slow, 4: slow, 5: slow, 6: slow }))
      const start = it.clock.now()
      await submit(it)
      expect(it.refused).toBe(false)
      // What was under way goes on; beyond that nothing is sent while a batch is in doubt.
      expect(added.length).toBeLessThanOrEqual(6)
      expect(Math.max(...added.map(({ at }) => at)) - start).toBeLessThan(SECOND)
      const before = added.length
      await it.clock.advance(10 * MINUTE)
      expect(added[before]!.at - start).toBeGreaterThanOrEqual(90 * SECOND)
      expect(added).toHaveLength(taken === "all" ? 12 : 13)
      expect(rowsOf(it)).toEqual(upTo(12))
    },
  )

  it("when all answers are lost: nothing more goes before it is settled what arrived", async () => {
    const it = world({ weather: { rows: 12, batchSize: 1 } })
    const added = watchAdds(it, (first, take) => (first < 6 && it.clock.now() < cleared ? lose() : take()))
    const cleared = it.clock.now() + 30 * SECOND
    const start = it.clock.now()
    await submit(it)
    expect(added.map(({ first, open }) => [first, open])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ])
    await it.clock.advance(10 * MINUTE)
    expect(added[5]!.at - start).toBeGreaterThanOrEqual(90 * SECOND)
    expect(rowsOf(it)).toEqual(upTo(12))
  })

  it("when one is refused and the fate of another is unknown: nobody is told no", async () => {
    const it = world({ weather: { rows: 3, batchSize: 1 } })
    const no = async () => refusal(422, "not like this")
    watchAdds(it, once({ 0: no, 1: (take) => take().then(lose), 2: no }))
    await submit(it)
    expect(it.refused).toBe(false)
    await it.clock.advance(10 * MINUTE)
    expect(rowsOf(it)).toEqual(upTo(3))
  })

  it("when the key is refused, also for reading, and the fate of another is unknown: nobody is told no", async () => {
    const it = world({ weather: { rows: 3, batchSize: 1 } })
    const revoked: Answer = async (take) => {
      await pause(it, SECOND)
      return take()
    }
    const last: Answer = async (take) => {
      await take()
      it.simulator.revokeKey(API_KEY)
      return lose()
    }
    watchAdds(it, once({ 0: revoked, 1: revoked, 2: last }))
    await submit(it)
    expect(it.refused).toBe(false)
    it.simulator.restoreKey(API_KEY)
    await it.clock.advance(10 * MINUTE)
    expect(rowsOf(it)).toEqual(upTo(3))
  })

  it("when the first is to come later and another is refused: it comes later", async () => {
    const it = world({ weather: { rows: 4, batchSize: 2 } })
    watchAdds(
      it,
      once({
        0: async () => refusal(429, "slow down"),
        2: async () => refusal(422, "not like this"),
      }),
    )
    await submit(it)
    expect(it.refused).toBe(false)
    await it.clock.advance(5 * MINUTE)
    expect(await statuses(it)).toEqual(upTo(4).map(() => "completed"))
    expect(rowsOf(it)).toEqual(upTo(4))
  })
})
