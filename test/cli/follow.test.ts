import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { follow } from "./support/following.ts"
import type { Kept } from "./support/world.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const seconds = (count: number) => vi.advanceTimersByTimeAsync(1_000 * count)
const soon = () => vi.advanceTimersByTimeAsync(0)

/** What stands on a terminal: lines, the last of which may still change. */
const screenOf = ({ text }: Kept): ReadonlyArray<string> => {
  const lines = [""]
  for (const [piece] of text.matchAll(/\n|\r|\u001b\[K|[^\n\r\u001b]+/g)) {
    if (piece === "\n") lines.push("")
    // All that is written stands at the line's begin: the rest of what was there is cleared.
    else if (piece === "\r") lines[lines.length - 1] = ""
    else if (piece !== "\u001b[K") lines[lines.length - 1] += piece
  }
  return lines
}

describe("following at a terminal", () => {
  it("shows a bar, how many rows have ended and failed, how fast and how long still", async () => {
    const { group, stderr, done } = follow({ columns: 100 })
    group.says({ queued: 300 })
    await soon()
    expect(screenOf(stderr)).toEqual([`[${"░".repeat(30)}] 0 of 300`])
    for (let at = 0; at < 120; at++) {
      group.row(at, at % 30 === 0 ? "failed" : "completed")
      await seconds(5)
    }
    expect(screenOf(stderr)).toEqual([
      `[${"█".repeat(12)}${"░".repeat(18)}] 120 of 300 · 4 failed · 12/min · about 16 min left`,
    ])
    group.ends({ completed: 296, failed: 4 })
    expect((await done).status.task_run_status_counts).toEqual({ completed: 296, failed: 4 })
    expect(screenOf(stderr)).toEqual(["300 of 300 in 10 min: 296 completed, 4 failed", ""])
    expect(group.asked).toBe(0)
  })

  it("goes on behind an event that says nothing", async () => {
    const { group, stderr, done } = follow({ columns: 100 })
    group.says({ queued: 2 })
    for (const [event, data] of [
      ["task_run.state", "{"],
      ["task_run.state", "null"],
      ["task_run.state", '{"input_index":0}'],
      ["task_group_status", "<html>"],
      ["task_group_status", "{}"],
      ["task_group_status", '{"status":{}}'],
    ] as const)
      group.emit(event, data)
    group.row(1, "failed", { error: "No source." })
    await seconds(1)
    expect(screenOf(stderr)[0]).toContain("1 of 2 · 1 failed")
    group.ends({ completed: 1, failed: 1 })
    expect((await done).unfinished).toHaveLength(1)
  })

  it("goes by the estimate until enough rows have ended to tell", async () => {
    const { group, stderr } = follow({ columns: 80, total: 10, estimatedSeconds: { min: 60, max: 180 } })
    expect(screenOf(stderr)[0]).toContain("0 of 10 · about 2 min left")
    await seconds(30)
    for (let at = 0; at < 4; at++) group.row(at, "completed")
    group.says({ completed: 4, running: 6 })
    await seconds(25)
    expect(screenOf(stderr)[0]).toContain("4 of 10 · about 1 min left")
    group.row(4, "completed")
    group.row(5, "completed")
    await seconds(30)
    // From the status on, two more have ended: too few.
    expect(screenOf(stderr)[0]).toContain("6 of 10 · about 40 s left")
    await seconds(60)
    expect(screenOf(stderr)[0]).toMatch(/6 of 10$/)
  })

  it("counts no row twice, and never back, but where rows are run again", async () => {
    const { group, stderr } = follow({ columns: 60 })
    const count = () => /(\d+) of/.exec(screenOf(stderr).at(-1)!)?.[1]
    group.says({ completed: 4, running: 6 })
    await soon()
    const seen = [count()]
    for (let at = 0; at < 5; at++) {
      group.row(at, "completed")
      group.row(at, "completed")
      await seconds(1)
      seen.push(count())
    }
    expect(seen).toEqual(["4", "4", "4", "4", "4", "5"])
    group.row(0, "queued")
    await seconds(1)
    expect(count()).toBe("4")
    group.says({ completed: 4, running: 6 })
    group.row(0, "failed")
    await seconds(1)
    expect(screenOf(stderr)[0]).toContain("5 of 10 · 1 failed")
  })

  it("does not take rows that are run again for a pace", async () => {
    const { group, stderr } = follow({ columns: 80 })
    group.says({ queued: 40 })
    for (let at = 0; at < 20; at++) {
      group.row(at, "completed")
      await seconds(1)
    }
    expect(screenOf(stderr)[0]).toMatch(/20 of 40 · \d+\/min · about/)
    for (let at = 0; at < 15; at++) group.row(at, "queued")
    await seconds(1)
    expect(screenOf(stderr)[0]).toMatch(/ 5 of 40$/)
    for (let at = 0; at < 6; at++) group.row(at, "completed")
    await seconds(12)
    expect(screenOf(stderr)[0]).toMatch(/ 11 of 40 · 28\/min · about 1 min left$/)
  })

  it("draws at most eight times a second, only what has changed, and fits a window that is resized", async () => {
    const { group, stderr } = follow({ columns: 100 })
    group.says({ queued: 1_000 })
    await soon()
    stderr.text = ""
    for (let at = 0; at < 500; at++) {
      group.row(at, "completed")
      await vi.advanceTimersByTimeAsync(2)
    }
    expect(stderr.text.split("\r").length - 1).toBeLessThanOrEqual(8)
    await seconds(1)
    stderr.text = ""
    await seconds(5)
    expect(stderr.text).toBe("")
    for (const columns of [40, 25, 12, 5]) {
      stderr.columns = columns
      stderr.text = ""
      await seconds(1)
      expect(screenOf(stderr)[0]!.length).toBeLessThan(columns)
    }
  })

  it("says once why nothing goes on, above the bar", async () => {
    const { group, stderr, done } = follow({ columns: 80 })
    group.says({ queued: 2 })
    group.says(
      { queued: 2 },
      { state: "waiting_for_credit", message: "Waiting for credit:\n\u001b[31madd some." },
    )
    group.says({ queued: 2 }, { state: "waiting_for_credit", message: "Waiting for credit, still." })
    await seconds(1)
    expect(screenOf(stderr)).toEqual([
      "Waiting for credit: \ufffd[31madd some.",
      expect.stringContaining("0 of 2"),
    ])
    group.ends({ cancelled: 2 }, "stopped", "2 rows were not sent.")
    await done
    expect(screenOf(stderr).slice(1)).toEqual(["2 rows were not sent.", "2 of 2 in 1 s: 2 cancelled", ""])
  })

  it("shows that the connection is lost, and heals", async () => {
    const { group, stderr } = follow({ columns: 100 })
    group.says({ running: 2 })
    await soon()
    group.tellState({ kind: "interrupted", attempt: 1, waitMs: 500 })
    await seconds(1)
    expect(screenOf(stderr)[0]).toContain("0 of 2 · connection lost, trying again")
    group.tellState({ kind: "busy", attempt: 2, waitMs: 500 })
    await seconds(1)
    expect(screenOf(stderr)[0]).toContain("0 of 2 · the server is busy, trying again")
    group.tellState({ kind: "live" })
    await seconds(1)
    expect(screenOf(stderr)).toEqual([expect.stringMatching(/0 of 2$/)])
  })

  it("leaves an empty line and no timer to who stops it", async () => {
    const stop = new AbortController()
    const { group, stderr, done } = follow({ columns: 100, signal: stop.signal })
    group.says({ running: 2 })
    await seconds(1)
    const reason = new Error("stopped")
    stop.abort(reason)
    await expect(done).rejects.toBe(reason)
    expect(screenOf(stderr)).toEqual([""])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ["NO_COLOR", 100, { NO_COLOR: "1" }],
    ["any", 100, {}],
  ])("uses no colour, with %s environment", async (_, columns, env) => {
    const { group, stderr, done } = follow({ columns, env })
    group.says({ queued: 1 })
    group.ends({ completed: 1 })
    await done
    // oxlint-disable-next-line no-control-regex -- it is what this is about
    expect(stderr.text.replaceAll("\u001b[K", "")).not.toMatch(/\u001b/)
  })
})

describe("following into a log", () => {
  it.each([
    ["a file", {}],
    ["a terminal that can do nothing", { columns: 80, env: { TERM: "dumb" } }],
  ])(
    "writes a line at the start, at a tenth or a minute, whichever is rarer, and at the end: %s",
    async (_, to) => {
      const { group, stderr, done } = follow(to)
      group.says({ queued: 100 })
      // 40 % within a minute, then 1 % a minute.
      for (let at = 0; at < 40; at++) {
        group.row(at, at === 3 ? "failed" : "completed")
        await seconds(1)
      }
      for (let at = 40; at < 62; at++) {
        group.row(at, "completed")
        await seconds(60)
      }
      group.ends({ completed: 99, failed: 1 })
      await done
      expect(stderr.text).toBe(
        [
          "0 of 100 rows have ended.",
          "41 of 100 rows have ended, 1 failed.",
          "50 of 100 rows have ended, 1 failed.",
          "60 of 100 rows have ended, 1 failed.",
          "100 of 100 in 22 min 40 s: 99 completed, 1 failed",
          "",
        ].join("\n"),
      )
    },
  )

  it("says a connection that stays lost, and that it is back", async () => {
    const { group, stderr } = follow({})
    group.says({ running: 2 })
    await soon()
    group.tellState({ kind: "interrupted", attempt: 1, waitMs: 500 })
    group.tellState({ kind: "live" })
    for (const attempt of [1, 2, 3]) group.tellState({ kind: "interrupted", attempt, waitMs: 500 })
    group.tellState({ kind: "live" })
    expect(stderr.text.split("\n").slice(1)).toEqual([
      "The connection is lost; trying again. The task group goes on meanwhile.",
      "Connected again.",
      "",
    ])
  })

  it("says at once that a group had ended", async () => {
    const { group, stderr, done } = follow({})
    group.says({ completed: 2, failed: 1 }, { state: "done" })
    group.row(1, "failed", { error: "no" })
    group.ends()
    expect((await done).unfinished).toHaveLength(1)
    expect(stderr.text).toBe("The task group had ended before: 3 of 3, 2 completed, 1 failed.\n")
  })

  it("asks for the status where the stream ends without one", async () => {
    const { group, done } = follow({})
    group.says({ completed: 1, running: 1 })
    await soon()
    group.last = { ...group.last, is_active: false, state: "done" }
    group.ends()
    expect((await done).status.state).toBe("done")
    expect(group.asked).toBe(1)
  })
})
