import { describe, expect, it } from "vitest"
import { type Limited, rateLimitsOf } from "../../src/http/rateLimits.ts"
import { settingsWith } from "../support/settings.ts"

const from = (address: string | null) =>
  new Request("https://multitask.example/", {
    headers: address === null ? {} : { "cf-connecting-ip": address },
  })

/** Limits of which each key has so many. */
const limitsOf = (allowed: number, changes: Parameters<typeof settingsWith>[0] = {}) => {
  const keys: Array<string> = []
  const binding = {
    limit: async ({ key }: { key: string }) => {
      keys.push(key)
      return { success: keys.filter((known) => known === key).length <= allowed }
    },
  }
  const time = { now: 0 }
  const bindings: Record<Limited, typeof binding> = {
    RATE_SUBMIT: binding,
    RATE_SQL: binding,
    RATE_UNKNOWN: binding,
  }
  return { keys, time, limits: rateLimitsOf(bindings, settingsWith(changes), () => time.now) }
}

describe("rate limits", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:db8::3:4:5:6:7", "2001:db8:0:3"],
    ["2001:db8::", "2001:db8:0:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4"],
  ])("count %s as %s", async (address, key) => {
    const { keys, limits } = limitsOf(1)
    await limits.count("RATE_SQL", from(address))
    expect(keys).toEqual([key])
  })

  it.each([null, "", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])(
    "do not count %s",
    async (address) => {
      const { keys, limits } = limitsOf(0)
      expect(await limits.count("RATE_SUBMIT", from(address))).toBeNull()
      expect(keys).toEqual([])
    },
  )

  it("are off where the operator says so, or binds none", async () => {
    const off = limitsOf(0, { RATE_LIMITS: false })
    expect(await off.limits.count("RATE_SUBMIT", from("203.0.113.7"))).toBeNull()
    expect(off.keys).toEqual([])
    expect(await rateLimitsOf({}, settingsWith()).count("RATE_SQL", from("203.0.113.7"))).toBeNull()
  })

  it("keep who guesses ids away for a minute, and nobody else", async () => {
    const { limits, time } = limitsOf(2)
    const guess = (address: string) => limits.count("RATE_UNKNOWN", from(address))
    expect([await guess("203.0.113.7"), await guess("203.0.113.7")]).toEqual([null, null])
    expect(limits.guesser(from("203.0.113.7"))).toBeNull()
    const refusal = { status: 429, headers: { "retry-after": "60" } }
    expect(await guess("203.0.113.7")).toMatchObject(refusal)
    expect(limits.guesser(from("203.0.113.7"))).toMatchObject(refusal)
    expect(limits.guesser(from("203.0.113.8"))).toBeNull()
    expect(limits.guesser(from(null))).toBeNull()
    time.now = 60_000
    expect(limits.guesser(from("203.0.113.7"))).toBeNull()
  })

  it("remember a bounded number of them", async () => {
    const { limits } = limitsOf(0)
    for (let n = 0; n <= 1_000; n++) await limits.count("RATE_UNKNOWN", from(`10.0.${n >> 8}.${n & 255}`))
    expect(limits.guesser(from("10.0.0.0"))).toBeNull()
    expect(limits.guesser(from("10.0.0.1"))).not.toBeNull()
  })
})
