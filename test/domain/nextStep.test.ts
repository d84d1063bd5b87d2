import { describe, expect, it } from "vitest"
import {
  buttonNames,
  headline,
  nextStep,
  stateLabel,
  type StatusFacts,
  tabText,
} from "../../src/domain/nextStep.ts"

const facts = (state: StatusFacts["state"], counts: Record<string, number>): StatusFacts => ({
  state,
  num_task_runs: Object.values(counts).reduce((sum, count) => sum + count, 0),
  task_run_status_counts: counts,
})
const said = (state: StatusFacts["state"], counts: Record<string, number>) =>
  [...stateLabel(facts(state, counts)), nextStep(facts(state, counts), "tgrp_1")] as const

describe("nextStep", () => {
  it("offers more rows where all are done, and nothing else", () => {
    const [label, look, next] = said("done", { completed: 8, failed: 0 })
    expect([label, look]).toEqual(["Complete", "well"])
    expect(next).toMatch(/^Every row is done\..*POST \/tgrp_1\/inputs/)
    expect(next).not.toMatch(/retry|resume/)
  })

  it("has a word, a look, a headline and a mark of its own for each end, and calls only a whole one complete", () => {
    const shown = (state: StatusFacts["state"], counts: Record<string, number>) => {
      const status = facts(state, counts)
      return [...stateLabel(status), headline(status), tabText(status)]
    }
    expect(shown("done", { completed: 8 })).toEqual(["Complete", "well", "All 8 rows done", "✓ 8"])
    expect(shown("done", { completed: 6, failed: 1, cancelled: 1 })).toEqual([
      "Done with failures",
      "partly",
      "6 of 8 rows done, 1 failed, 1 cancelled",
      "◑ 6/8",
    ])
    expect(shown("done", { completed: 6, cancelled: 2 })).toEqual([
      "Done in part",
      "partly",
      "6 of 8 rows done, 2 cancelled",
      "◑ 6/8",
    ])
    expect(shown("done", { completed: 0, failed: 6 })).toEqual([
      "All failed",
      "ill",
      "All 6 rows failed",
      "✗ 6 failed",
    ])
    expect(shown("done", { failed: 1, cancelled: 1 })).toEqual([
      "Ended without a result",
      "ill",
      "0 of 2 rows done, 1 failed, 1 cancelled",
      "✗ 0/2",
    ])
    expect(shown("stopped", { completed: 5, cancelled: 3 })).toEqual([
      "Stopped",
      "waiting",
      "Stopped: 5 of 8 rows done, 3 not sent",
      "■ 5/8",
    ])
    expect(shown("given_up", { completed: 1_000, queued: 4_000 })).toEqual([
      "Given up",
      "ill",
      "Given up: 1,000 of 5,000 rows finished",
      "⊘ 1,000/5,000",
    ])
    expect(shown("waiting_for_credit", { completed: 1, queued: 7 })).toEqual([
      "Waiting for credit",
      "waiting",
      "Waiting for credit: 1 of 8 rows finished",
      "$ 1/8",
    ])
    expect(shown("key_refused", { queued: 40 })).toEqual([
      "Key refused",
      "ill",
      "Key refused: 0 of 40 rows finished",
      "! 0/40",
    ])
    expect(headline(facts("done", { failed: 1 }))).toBe("The row failed")
  })

  it("counts what would be run again", () => {
    expect(said("done", { completed: 6, failed: 1 })[2]).toMatch(
      /^1 row has no result and says why: POST \/tgrp_1\/retry .* runs what failed again, as new runs\.$/,
    )
    expect(said("done", { completed: 6, failed: 1, cancelled: 2 })[2]).toMatch(
      /^3 rows have no result and say why: .* runs what failed or was cancelled again/,
    )
    expect(said("done", { failed: 2 })[2]).toMatch(
      /^Not one row has a result: each failed, .*POST \/tgrp_1\/retry/,
    )
  })

  it("says which rows a resume would send and follow", () => {
    expect(said("stopped", { completed: 5, cancelled: 3 })[2]).toBe(
      "3 rows were not sent: POST /tgrp_1/resume with an API key in x-api-key sends them.",
    )
    expect(said("stopped", { completed: 5, cancelled: 1, failed: 2 })[2]).toMatch(
      /^1 row was not sent: .*2 rows have failed; POST \/tgrp_1\/retry runs them again, as new runs, and sends what was not sent, too\.$/,
    )
    expect(said("given_up", { running: 1, failed: 2 })[2]).toMatch(/retry runs them again, as new runs\.$/)
    expect(said("stopping", { running: 5, cancelled: 3 })[2]).toMatch(
      /followed to their end\. 3 rows were not sent: /,
    )
    expect(said("stopping", { running: 5 })[2]).not.toMatch(/resume/)
    expect(said("given_up", { completed: 1, running: 2, cancelled: 4 })[2]).toMatch(
      /follows 2 rows that have not ended and sends 4 rows that were not sent\.$/,
    )
    expect(said("given_up", { completed: 1, cancelled: 1 })[2]).toMatch(/, sends 1 row that was not sent\.$/)
  })

  it("names the buttons of a page where they are, and nothing where there is none", () => {
    const shown = (state: StatusFacts["state"], counts: Record<string, number>, canStop = true) =>
      nextStep(facts(state, counts), "tgrp_1", buttonNames(canStop, null))
    expect(shown("running", { queued: 8 })).toBe(
      "Nothing need be done: results come in by themselves. To send no more rows: “Stop”.",
    )
    expect(shown("running", { running: 8 }, false)).toBe(
      "Nothing need be done: results come in by themselves.",
    )
    expect(shown("done", { completed: 8 })).toBe("Every row is done.")
    // The page's button leaves what was not sent to Resume.
    expect(shown("stopped", { completed: 5, cancelled: 1, failed: 2 })).toBe(
      "1 row was not sent: “Resume” sends them. 2 rows have failed; “Retry failed rows” runs them again, as new runs.",
    )
    expect(nextStep(facts("key_refused", { queued: 8 }), "tgrp_1", buttonNames(true, "More…"))).toBe(
      "Parallel refuses the API key that this group was given. To go on: “Resume” (under “More…”), with a key that Parallel accepts.",
    )
    for (const state of ["waiting_for_credit", "stopping", "given_up"] as const)
      expect(shown(state, { queued: 3, cancelled: 1, failed: 1 })).not.toMatch(/POST|x-api-key|null/)
  })

  it("asks for what is lacking while a group waits", () => {
    expect(said("waiting_for_credit", { queued: 8 })[2]).toMatch(
      /^Add credit.*by themselves.*24 hours.*POST \/tgrp_1\/resume/,
    )
    expect(said("key_refused", { queued: 8 })[2]).toMatch(
      /refuses the API key.*POST \/tgrp_1\/resume with a key that/,
    )
    expect(said("running", { queued: 8 })[2]).toMatch(/Nothing need be done.*POST \/tgrp_1\/stop/)
  })
})
