import { describe, expect, it } from "vitest"
import { progressLine } from "../../src/cli/following/progressLine.ts"

describe("progressLine", () => {
  const facts = { ended: 123, total: 300, failed: 4, perMinute: 12, secondsLeft: 370, trouble: null }

  it.each([
    [100, `[${"█".repeat(12)}${"░".repeat(18)}] 123 of 300 · 4 failed · 12/min · about 6 min left`],
    [62, "[████░░░░░░] 123 of 300 · 4 failed · 12/min · about 6 min left"],
    [61, "[███████░░░░░░░░░░░] 123 of 300 · 4 failed · about 6 min left"],
    [45, "123 of 300 · 4 failed · about 6 min left"],
    [39, "123 of 300 · 4 failed · ~6 min left"],
    [30, "123 of 300 · 4 failed"],
    [15, "123 of 300"],
    [4, "123 "],
  ])("has as much as %i characters have room for", (width, line) => {
    expect(progressLine(facts, width)).toBe(line)
  })

  it.each([
    [0.5, 30, "30/h · about 30 s left"],
    [2.5, 30 * 60, "2.5/min · about 30 min left"],
    [1500, 4 * 3600 + 130, "1,500/min · about 4 h left"],
    [60, 2 * 3600 + 11 * 60, "60/min · about 2 h 10 min left"],
    [60, 3, "60/min · about 10 s left"],
    [60, 56, "60/min · about 1 min left"],
    [0, null, "4 failed"],
  ])("says %d a minute and %d s as people do", (perMinute, secondsLeft, end) => {
    expect(progressLine({ ...facts, perMinute, secondsLeft }, 200).endsWith(end)).toBe(true)
  })
})
