import { expect, it } from "vitest"
import { makePace, type PaceOptions } from "../../src/programs/follow/pace.ts"

const START = Date.UTC(2026, 10, 20, 9)
const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Someone who sends as soon as the pace lets it, from `START` on. */
const sender = (options: PaceOptions) => {
  const pace = makePace(options)
  let now = START
  const send = (count: number, answered: () => void = pace.succeeded) => {
    const times: Array<number> = []
    for (let sent = 0; sent < count; sent++) {
      now += pace.timeFor(1, now)
      pace.take()
      times.push(now - START)
      answered()
    }
    return times
  }
  return { pace, send, wait: (ms: number) => (now += ms), now: () => now }
}

const within = (times: ReadonlyArray<number>, from: number, to: number) =>
  times.filter((at) => at >= from && at < to).length

it("lets what is saved up go at once, and grows while that is used up: it never comes to a stop", () => {
  const { send } = sender({ rate: 20, burst: 600 })
  const times = send(1_000)
  expect(within(times, 0, 1)).toBe(600)
  expect(times.at(-1)).toBeLessThan(1.5 * SECOND)
})

it("doubles its rate each second while upstream answers", () => {
  const { send } = sender({ rate: 20, burst: 1 })
  const times = send(600)
  const seconds = [0, 1, 2].map((at) => within(times, at * SECOND + 1, (at + 1) * SECOND + 1))
  expect(seconds[0]).toBeLessThan(60)
  for (const at of [1, 2]) expect(seconds[at]! / seconds[at - 1]!).toBeGreaterThan(1.7)
})

it("does not grow where little is used up: what upstream would answer is not known then", () => {
  const { pace, send, wait, now } = sender({ rate: 20, burst: 600 })
  for (let minute = 0; minute < 60; minute++) {
    send(30)
    wait(MINUTE)
  }
  expect(pace.timeFor(640, now())).toBe(2 * SECOND)
})

it("is never faster than a thousand a second", () => {
  const { send } = sender({ rate: 20, burst: 600 })
  const times = send(60_000)
  const last = times.at(-1)!
  expect(within(times, last - 10 * SECOND, last)).toBeLessThanOrEqual(10_000)
})

it("always lets a second's worth go at once", () => {
  const { send } = sender({ rate: 20, burst: 1 })
  expect(within(send(25), 0, 1)).toBeGreaterThanOrEqual(20)
})

it("halves the rate when upstream refuses, saves nothing up for it, and waits as long as upstream asks", () => {
  const { pace, send, wait, now } = sender({ rate: 20, burst: 600 })
  send(100)
  pace.refused(0, now() + 3 * SECOND)
  wait(MINUTE)
  // A second's worth of the lower rate at once: the burst of before is not repeated.
  const after = send(30, () => {}).map((at) => at - MINUTE)
  expect(within(after, 0, 1)).toBe(10)
  expect(within(after, SECOND, 2 * SECOND)).toBe(10)
})

it("comes back slowly: a request a second more for twenty that succeeded", () => {
  const { pace, send, now } = sender({ rate: 20, burst: 20 })
  send(20, () => {})
  pace.refused(0, now())
  const times = send(400)
  const inSecond = (at: number) => within(times, at * SECOND, (at + 1) * SECOND)
  // Ten a second at first: twice as many take twenty seconds, not one.
  expect(inSecond(1)).toBeLessThanOrEqual(12)
  expect(inSecond(5)).toBeGreaterThan(inSecond(1))
  expect(inSecond(5)).toBeLessThan(2 * inSecond(1))
})

it("counts refusals of what was sent together once, and later ones again, down to one a second", () => {
  const { pace, send, now } = sender({ rate: 20, burst: 600 })
  const turns = Array.from({ length: 6 }, () => pace.take())
  for (const turn of turns) pace.refused(turn, now())
  expect(pace.timeFor(20, now())).toBe(2 * SECOND)
  for (let again = 0; again < 10; again++) pace.refused(pace.take(), now())
  const slow = send(5, () => {})
  expect(slow.map((at, index) => at - (slow[index - 1] ?? at))).toEqual(
    [0, 1, 1, 1, 1].map((s) => s * SECOND),
  )
})
