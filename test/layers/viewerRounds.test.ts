import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import { makePublisher } from "../../src/layers/PublisherLive.ts"
import { makeRounds, VIEWERS } from "../../src/layers/viewerRounds.ts"

/** Time that stands still until it is told to go on. */
const makeTime = () => {
  let now = 1_000_000
  const alarms = new Set<{ readonly at: number; readonly ring: () => void }>()
  return {
    now: () => now,
    pending: () => alarms.size,
    later: (ms: number, ring: () => void) => {
      const alarm = { at: now + ms, ring }
      alarms.add(alarm)
      return () => void alarms.delete(alarm)
    },
    setBack: (ms: number) => void (now -= ms),
    advance: (ms: number) => {
      const end = now + ms
      for (;;) {
        const [next] = [...alarms].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
        if (next === undefined) break
        alarms.delete(next)
        now = Math.max(now, next.at)
        next.ring()
      }
      now = end
    },
  }
}

/** Viewers that wait again as soon as they are told, and note when that was. */
const play = (count: number, withinMs = 15_000) => {
  const time = makeTime()
  const rounds = makeRounds(time, VIEWERS)
  const told: Array<Array<number>> = Array.from({ length: count }, () => [])
  const leave: Array<() => void> = []
  const join = (viewer: number) => {
    leave[viewer] = rounds.join(
      () => {
        told[viewer]!.push(time.now())
        join(viewer)
      },
      withinMs,
      false,
    )
  }
  for (let viewer = 0; viewer < count; viewer++) join(viewer)
  return { time, rounds, told, leave: (viewer: number) => leave[viewer]?.() }
}

describe("rounds of viewers", () => {
  it("tell a single viewer at once, every time", () => {
    const { time, rounds, told } = play(1)
    for (let at = 0; at < 10; at++) {
      rounds.announce()
      expect(told[0]).toHaveLength(at + 1)
      time.advance(1)
    }
  })

  it("tell many together, the more they are the rarer, and nobody later than a quarter of a second", () => {
    for (const count of [2, 50, 500, 2_000]) {
      const { time, rounds, told } = play(count)
      const start = time.now()
      for (let ms = 0; ms < 2_000; ms += 5) {
        rounds.announce()
        time.advance(5)
      }
      const last = time.now()
      rounds.announce()
      time.advance(250)
      for (const times of told) expect(times).toEqual(told[0])
      const spacing = Math.min((count - 1) / 2, 250)
      expect(told[0]!.length).toBeLessThanOrEqual((time.now() - start) / spacing + 2)
      expect(told[0]!.length).toBeGreaterThan(2_000 / (spacing + 5) - 1)
      expect(told[0]!.at(-1)).toBeGreaterThanOrEqual(last)
    }
  })

  it("wake each at the time it asked for, or at most 50 ms later, with one alarm for all", () => {
    const { time, told } = play(300, 15_000)
    for (let ms = 0; ms < 60_000; ms += 100) {
      time.advance(100)
      expect(time.pending()).toBeLessThanOrEqual(1)
    }
    for (const times of told) {
      expect(times.length).toBeGreaterThanOrEqual(3)
      times.forEach((at, n) => expect(at - (times[n - 1] ?? 1_000_000)).toBeLessThanOrEqual(15_050))
    }
  })

  it("tell who comes late, and is behind already, with the next round", () => {
    const { time, rounds } = play(50)
    rounds.announce()
    let woken = false
    rounds.join(() => (woken = true), 15_000, true)
    time.advance(250)
    expect(woken).toBe(true)
  })

  it("forget who has left, and keep no alarm for them for long", () => {
    const { time, rounds, told, leave } = play(3)
    for (const viewer of [0, 1, 2]) leave(viewer)
    rounds.announce()
    time.advance(20_000)
    expect(told.flat()).toEqual([])
    expect(time.pending()).toBe(0)
  })

  it("end everybody's wait when the object is removed", () => {
    const { rounds, told } = play(1)
    let woken = 0
    rounds.join(() => woken++, 15_000, false)
    rounds.close()
    expect(woken).toBe(1)
    expect(told[0]).toHaveLength(1)
  })
})

describe("a publisher", () => {
  const play = () => {
    const time = makeTime()
    const publisher = makePublisher(time)
    const waits = (wait: Effect.Effect<void>) => {
      const fiber = Effect.runFork(wait)
      return {
        isOver: () => fiber.pollUnsafe() !== undefined,
        leave: () => Effect.runPromise(Fiber.interrupt(fiber)),
      }
    }
    return { time, publisher, waits }
  }

  it("wakes programs of what is not shown, and no viewer", () => {
    const { time, publisher, waits } = play()
    const program = waits(publisher.waitBeyond(publisher.version()))
    const viewer = waits(publisher.waitForRound(publisher.version(), 15_000))
    publisher.stir()
    time.advance(1_000)
    expect([program.isOver(), viewer.isOver()]).toEqual([true, false])
    publisher.publish()
    expect(viewer.isOver()).toBe(true)
  })

  it("tells a viewer of what came between its look and its wait, and only if it is shown", () => {
    const { time, publisher, waits } = play()
    const seen = publisher.version()
    publisher.stir()
    const unmoved = waits(publisher.waitForRound(seen, 15_000))
    time.advance(1_000)
    expect(unmoved.isOver()).toBe(false)
    publisher.publish()
    publisher.stir()
    time.advance(1)
    const behind = waits(publisher.waitForRound(seen, 15_000))
    time.advance(1)
    expect(behind.isOver()).toBe(true)
  })

  it("wakes whoever waits also when the clock was set back", () => {
    const { time, publisher, waits } = play()
    waits(publisher.waitBeyond(publisher.version()))
    waits(publisher.waitForRound(publisher.version(), 15_000))
    publisher.publish()
    time.setBack(3_600_000)
    const program = waits(publisher.waitBeyond(publisher.version()))
    const viewer = waits(publisher.waitForRound(publisher.version(), 15_000))
    publisher.publish()
    expect([program.isOver(), viewer.isOver()]).toEqual([true, true])
  })

  it("wakes a program at its time, on one alarm for all, and leaves none behind", async () => {
    const { time, publisher, waits } = play()
    const soon = waits(publisher.waitBeyond(publisher.version(), 7))
    const late = waits(publisher.waitBeyond(publisher.version(), 60_000))
    expect(time.pending()).toBe(1)
    time.advance(6)
    expect(soon.isOver()).toBe(false)
    time.advance(1)
    expect([soon.isOver(), late.isOver()]).toEqual([true, false])
    await late.leave()
    expect(time.pending()).toBe(0)
  })
})
