import { describe, expect, it } from "vitest"
import { failuresText } from "../../src/cli/follow.ts"
import { follow } from "./support/following.ts"

describe("rows that did not complete", () => {
  it("are those whose last state says so, by what people know them by, without anything that a terminal obeys", async () => {
    const { group, done } = follow({})
    group.says({ queued: 5 })
    group.row(3, "failed", {
      error: "first\u001b[2J\r\nsecond \u202ethird",
      input: { id: 7, "0": "", url: "x".repeat(90), name: "Ac\u0007me\nLtd" },
    })
    group.row(0, "failed", { error: "soon well" })
    group.row(0, "queued")
    group.row(0, "completed")
    group.row(1, "running", { input: { n: 12 } })
    group.row(2, "cancelled", { error: "stopped", input: { a: { b: "nested" } } })
    group.ends({ completed: 2, failed: 1, cancelled: 1, running: 1 }, "given_up", "Given up.")
    const followed = await done
    expect(followed.unfinished).toEqual([
      { index: 1, label: "12", status: "running", message: "" },
      { index: 2, label: "", status: "cancelled", message: "stopped" },
      { index: 3, label: "Ac\ufffdme Ltd", status: "failed", message: "first\ufffd[2J second \ufffdthird" },
    ])
    expect(failuresText(followed)).toBe(
      [
        "3 rows did not complete:",
        "  row 2 (12): running",
        "  row 3: cancelled: stopped",
        "  row 4 (Ac\ufffdme Ltd): failed: first\ufffd[2J second \ufffdthird",
      ].join("\n"),
    )
  })

  it("are told to be so many, the first hundred with their reasons", async () => {
    const { group, done } = follow({})
    group.says({ queued: 250 })
    for (let at = 249; at >= 0; at--) group.row(at, "failed", { error: "no" })
    group.ends({ failed: 250 })
    const followed = await done
    expect([followed.total, followed.unfinishedCount, followed.unfinished.length]).toEqual([250, 250, 100])
    expect(failuresText(followed)).toBe(
      "250 rows did not complete:\n  rows 1–100: failed: no\n  … and 150 more.",
    )
  })

  it("share a line where they share a reason, and are told up to twenty lines", () => {
    const row = (index: number, message: string) => ({ index, label: `r${index}`, status: "failed", message })
    const some = [row(0, "a"), row(3, "b"), row(4, "b"), row(6, "b"), row(7, "b"), row(8, "b")]
    expect(failuresText({ unfinished: some, unfinishedCount: 6 })).toBe(
      "6 rows did not complete:\n  row 1 (r0): failed: a\n  rows 4, 5, 7–9: failed: b",
    )
    const many = Array.from({ length: 30 }, (_, at) => row(at, `reason ${at}`))
    const lines = failuresText({ unfinished: many, unfinishedCount: 30 }).split("\n")
    expect([lines.length, lines.at(-2), lines.at(-1)]).toEqual([
      22,
      "  row 20 (r19): failed: reason 19",
      "  … and 10 more.",
    ])
    const scattered = Array.from({ length: 30 }, (_, at) => row(2 * at, "same"))
    expect(failuresText({ unfinished: scattered, unfinishedCount: 30 })).toContain(
      "  rows 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and 20 more: failed: same",
    )
    expect(failuresText({ unfinished: some.slice(0, 1), unfinishedCount: 1 })).toMatch(
      /^1 row did not complete:/,
    )
    expect(failuresText({ unfinished: [], unfinishedCount: 0 })).toBe("")
  })
})
