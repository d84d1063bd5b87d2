import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { failuresText, type Followed, followGroup, type FollowOptions } from "../../src/cli/follow.ts"
import { progressLine } from "../../src/cli/following/progressLine.ts"
import { FakeGroup } from "./support/fakeGroup.ts"
import { type Kept, outputOf } from "./support/world.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const seconds = (count: number) => vi.advanceTimersByTimeAsync(1_000 * count)
const soon = () => vi.advanceTimersByTimeAsync(0)

interface Following {
  readonly group: FakeGroup
  readonly stderr: Kept
  readonly done: Promise<Followed>
}

/** `columns`: of a terminal; absent: standard error goes to a file. */
const follow = ({
  columns,
  env = {},
  total = null,
  estimatedSeconds = null,
  signal,
}: Partial<FollowOptions> & {
  readonly columns?: number
  readonly env?: Record<string, string>
}): Following => {
  const group = new FakeGroup()
  const stderr = outputOf(columns)
  const world = { stderr, env, now: () => Date.now() }
  const done = followGroup({ world, group, total, estimatedSeconds, signal })
  done.catch(() => {})
  return { group, stderr, done }
}

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
