import { describe, expect, it } from "vitest"
import { nextStep, stateLabel, type StatusFacts } from "../../src/domain/nextStep.ts"

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

  it("calls an end complete only when every row is", () => {
    expect(said("done", { completed: 6, failed: 1, cancelled: 1 }).slice(0, 2)).toEqual(["Ended", "plain"])
    expect(said("done", { failed: 2 }).slice(0, 2)).toEqual(["Ended without a result", "ill"])
    expect(said("done", { completed: 0, failed: 2 }).slice(0, 2)).toEqual(["Ended without a result", "ill"])
    expect(said("given_up", { queued: 8 }).slice(0, 2)).toEqual(["Given up", "ill"])
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
