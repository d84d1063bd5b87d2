import { expect, it } from "vitest"
import { compareCounts, type Counts } from "../../src/domain/Counts.ts"

const cases: ReadonlyArray<readonly [says: string, upstream: Counts, ours: Counts, result: string]> = [
  ["nothing new", { completed: 2, running: 1 }, { completed: 2, running: 1 }, "same"],
  ["nothing new, zeros named", { completed: 2, failed: 0 }, { completed: 2 }, "same"],
  ["that runs have begun", { running: 3 }, { queued: 3 }, "active"],
  ["that runs have ended", { completed: 1, running: 2 }, { running: 3 }, "ended"],
  ["that a run is parked", { action_required: 1 }, { running: 1 }, "ended"],
  ["that a run is in a status nobody knows", { paused: 1 }, { running: 1 }, "ended"],
  ["that there are more runs", { queued: 4 }, { queued: 3 }, "ended"],
  ["that a run has ended otherwise", { completed: 1, failed: 1 }, { completed: 2 }, "ended"],
  ["what was the case a moment ago", { completed: 1, running: 2 }, { completed: 2, running: 1 }, "active"],
  ["that new runs are not counted yet", { completed: 1 }, { completed: 1, queued: 5 }, "active"],
  ["something old and something new", { completed: 1, failed: 1 }, { completed: 5 }, "ended"],
]

it.each(cases)("upstream's counts can say %s", (_says, upstream, ours, result) => {
  expect(compareCounts(upstream, ours)).toBe(result)
})
