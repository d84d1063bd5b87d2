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

it("lets what is saved up go at once, and then so many a second", () => {
  const { send } = sender({ rate: 20, burst: 600 })
  const times = send(1_000)
  expect(within(times, 0, 1)).toBe(600)
  expect(within(times, SECOND, 11 * SECOND)).toBe(200)
  expect(within(times, 0, MINUTE)).toBe(1_000)
  expect(times.at(-1)).toBe(20 * SECOND)
})

it("saves up again what is not used, at that rate and no more than at first", () => {
  const { send, wait } = sender({ rate: 20, burst: 600 })
  send(600)
  wait(10 * SECOND)
  expect(within(send(300), 10 * SECOND, 10 * SECOND + 1)).toBe(200)
  wait(10 * MINUTE)
  const times = send(700)
  expect(within(times, times[0]!, times[0]! + 1)).toBe(600)
})

it("always lets a second's worth go at once", () => {
  const { send } = sender({ rate: 20, burst: 1 })
  expect(within(send(25), 0, 1)).toBe(20)
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

  const other = sender({ rate: 20, burst: 600 })
  other.send(1)
  other.pace.refused(0, other.now() + 3 * SECOND)
  expect(other.send(1)[0]).toBeGreaterThanOrEqual(3 * SECOND)
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

it("comes back slowly: a request a second more for twenty that succeeded, and one more saved up for each", () => {
  const { pace, send, wait, now } = sender({ rate: 20, burst: 600 })
  pace.refused(pace.take(), now())
  send(20)
  const before = send(100, () => {})
  expect(before.at(-1)! - before[0]!).toBe(Math.round((99 / 11) * SECOND))
  send(200)
  wait(10 * MINUTE)
  const times = send(400, () => {})
  expect(within(times, times[0]!, times[0]! + 1)).toBe(10 + 20 + 200)
  expect(within(times, times[0]! + SECOND, times[0]! + 2 * SECOND)).toBe(20)
})
