import { describe, expect, it } from "vitest"
import { parseRecording, type Simulator } from "../../simulator/index.ts"
import { smoke } from "./harness.ts"

/** Upstream's last word, the listing of inputs and outputs, with something else in it. */
const changed = (from: string, to: string) => async (simulator: Simulator, request: Request) => {
  const response = await simulator.handle(request)
  if (!request.url.includes("include_input=true")) return response
  return new Response((await response.text()).replaceAll(from, to), response)
}

const allRows = (what: string) => [0, 1, 2].map((row) => `Row ${row} has ${what}.`)

describe("the product's own result", () => {
  it("is complete and right against the simulator, and nothing is left running", async () => {
    const { problems, simulator, requests, progress } = await smoke()
    expect(problems).toEqual([])
    expect(requests).toBe(simulator.requests.total)
    expect(simulator.requests.open).toBe(0)
    expect(progress).toContain("the product has its result")
    // Three runs were paid for, and no more.
    const paid = [...simulator.ledger.runs.values()].map(({ processor }) => processor)
    expect(paid).toEqual(["lite", "lite", "lite"])
  })

  it("is right when runs fail, as long as it says so", async () => {
    expect((await smoke({ runs: { failure_rate: 1 } })).problems).toEqual([])
  })

  it.each([
    ["other outputs", '"founded_year":"', '"founded_year":"x', allRows("the wrong output")],
    ["a run of another input", "Mozilla", "Somebody else", ["Row 2 has the wrong run, of another input."]],
    [
      "another number",
      '"input_index":"2"',
      '"input_index":"1"',
      ["Row 2 has the wrong run, of another number."],
    ],
    ["other runs", '"run_id":"trun_', '"run_id":"trun_0', allRows("no run of upstream's")],
    ["no runs", "task_run.state", "task_run.other", ["Upstream has 0 runs."]],
  ])("is held against upstream's own word at the end: %s", async (_, from, to, expected) => {
    expect((await smoke({}, { handle: changed(from, to) })).problems).toEqual(expected)
  })

  it("… another status", async () => {
    const change = { rate: 1, after_ms: 2_000, to: "failed" } as const
    const { problems } = await smoke({ runs: { change_after_end: change } })
    expect(problems).toContain("Row 0 has the wrong status (completed, not failed).")
  })

  it("is wanting when the time is up: the recording and what it tells are there all the same", async () => {
    const done = await smoke({ outputs: { never_rate: 1 } }, { limitMs: 60_000 })
    expect(done.problems).toEqual(["The time limit is reached."])
    expect(done.tookMs).toBe(60_000)
    expect(done.verdict("U15").side).toBe("B")
    expect(parseRecording(done.text).notes.map(({ note }) => note)).toEqual(done.problems)
    expect(done.simulator.requests.open).toBe(0)
  })

  it.each([1, 1_000, 3_000, 9_000])(
    "is wanting when it is interrupted, at once and cleanly: after %i ms",
    async (ms) => {
      const { problems, tookMs, simulator, text } = await smoke({}, { interruptAfterMs: ms })
      expect(problems).toEqual(["It was interrupted."])
      expect(tookMs).toBe(ms)
      expect(simulator.requests.open).toBe(0)
      expect(parseRecording(text).exchanges.filter(({ end }) => end === null)).toEqual([])
    },
  )

  it("says why nothing could be submitted", async () => {
    const refusal = { route: "group.runs.add", fault: { kind: "status", status: 402 } }
    const { problems } = await smoke({}, { prepare: ({ faults }) => faults.push(refusal as never) })
    expect(problems.join()).toMatch(/^The product could not submit: SubmissionRefused: /)
  })
})
