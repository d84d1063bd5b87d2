import { describe, expect, it } from "vitest"
import { parseRecording } from "../../simulator/index.ts"
import { smoke } from "./harness.ts"

const changed = (response: Response, change: (json: any) => void): Promise<Response> =>
  response.text().then((text) => {
    const json = JSON.parse(text) as unknown
    change(json)
    return Response.json(json, { status: response.status })
  })

describe("the product's own result", () => {
  it("is complete and right against the simulator, and nothing is left running", async () => {
    const { problems, simulator, requests, progress } = await smoke()
    expect(problems).toEqual([])
    expect(requests).toBe(simulator.requests.total)
    expect(simulator.requests.open).toBe(0)
    expect(progress).toContain("the product has its result")
    // Three runs were paid for, and no more.
    expect([...simulator.ledger.runs.values()].map(({ processor }) => processor)).toEqual([
      "lite",
      "lite",
      "lite",
    ])
  })

  it("is right when runs fail, as long as it says so", async () => {
    const { problems } = await smoke({ runs: { failure_rate: 1 } })
    expect(problems).toEqual([])
  })

  it("is held against upstream's own word at the end: another output", async () => {
    let results = 0
    const { problems } = await smoke(
      {},
      {
        handle: async (simulator, request) => {
          const response = await simulator.handle(request)
          if (!request.url.includes("/result") || response.status !== 200) return response
          // The first answer about each run is the product's.
          return changed(response, (json) => {
            json.output.content.founded_year = `changed ${results++}`
          })
        },
      },
    )
    expect(problems).toEqual([0, 1, 2].map((row) => `Row ${row} has another output than upstream.`))
  })

  it("… another status", async () => {
    const { problems } = await smoke({
      runs: { change_after_end: { rate: 1, after_ms: 2_000, to: "failed" } },
    })
    expect(problems).toContain("Row 0 is completed, upstream says failed.")
  })

  it("… runs of other inputs", async () => {
    const { problems } = await smoke(
      {},
      {
        handle: async (simulator, request) => {
          const response = await simulator.handle(request)
          if (!request.url.includes("include_input=true")) return response
          return new Response((await response.text()).replaceAll("Mozilla", "Somebody else"), response)
        },
      },
    )
    expect(problems).toEqual(["Row 2 has the run of another input."])
  })

  it("is wanting when the time is up: the recording and what it tells are there all the same", async () => {
    const { problems, verdict, tookMs, text, simulator } = await smoke(
      { outputs: { never_rate: 1 } },
      { limitMs: 60_000 },
    )
    expect(problems).toEqual(["The time limit is reached."])
    expect(tookMs).toBe(60_000)
    expect(verdict("U15").side).toBe("B")
    expect(parseRecording(text).notes.map(({ note }) => note)).toEqual(["time limit"])
    expect(simulator.requests.open).toBe(0)
  })

  it("is wanting when it is interrupted, at once and cleanly", async () => {
    for (const interruptAfterMs of [1, 1_000, 3_000, 9_000]) {
      const { problems, tookMs, simulator, text } = await smoke({}, { interruptAfterMs })
      expect(problems).toEqual(["It was interrupted."])
      expect(tookMs).toBe(interruptAfterMs)
      expect(simulator.requests.open).toBe(0)
      const open = parseRecording(text).exchanges.filter(({ end }) => end === null)
      expect(open).toEqual([])
    }
  })

  it("says why nothing could be submitted", async () => {
    const { problems } = await smoke(
      { runs: {} },
      {
        prepare: (sim) =>
          sim.faults.push({ route: "group.runs.add", fault: { kind: "status", status: 402 } } as never),
      },
    )
    expect(problems.join()).toMatch(/^The product could not submit: SubmissionRefused: /)
  })
})
