import { describe, expect, it } from "vitest"
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"
import { failureLine, failureReports } from "../../src/domain/failureReport.ts"

const KEY = "sk-live-0123456789abcdef"
const ROW = "Ada Lovelace, born 1815"

const thrown = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

const report = (error: unknown) => failureReports(Cause.die(error))[0]

class Odd extends Schema.TaggedError<Odd>()("Odd", { message: Schema.String }) {}

const mutated = new Error("short")
mutated.message = `${KEY} and more`

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error(KEY)
    },
  },
)

describe("what is logged of a failure", () => {
  it.each<[string, unknown]>([
    ["a key", new Error(`401 for ${KEY} as in ${ROW}`)],
    ["a URL with its query", new Error(`fetch failed: https://a.example/${ROW}?sig=${KEY}`)],
    ["the row that cannot be parsed", thrown(() => JSON.parse(`{"name": "${KEY}", ${ROW}}`) as unknown)],
    ["a property's name", thrown(() => (undefined as unknown as Record<string, string>)[KEY])],
    ["lines like frames", new Error(`no\n    at ${KEY} (https://a.example/${ROW.split(",")[0]}:1:1)`)],
    ["a message that was changed", mutated],
    ["a field", Object.assign(new Error("x"), { request: { headers: { "x-api-key": KEY } } })],
    ["its cause", new Error(ROW, { cause: new TypeError(`bad ${KEY}`, { cause: KEY }) })],
    ["its name", Object.assign(new Error(ROW), { name: `Error: ${KEY}` })],
    ["a thrown text", `${KEY} ${ROW}`],
    ["a thrown object", { toString: () => KEY, message: KEY, stack: `x\n    at ${KEY} (a.ts:1:1)` }],
    ["a typed error", new Odd({ message: `${KEY} ${ROW}` })],
    ["what cannot be looked at", hostile],
    ["nothing", undefined],
  ])("is not what its message quotes: %s", (_, error) => {
    for (const cause of [Cause.die(error), Cause.fail(error)]) {
      const line = JSON.stringify(failureLine("It failed", cause, { route: "GET /" }))
      expect(line).not.toContain(KEY)
      expect(line).not.toMatch(/Ada|Lovelace|1815/)
      expect(JSON.parse(line)).toMatchObject({ level: "error", message: "It failed", route: "GET /" })
    }
  })

  it("is what it was, and where", () => {
    const failed = function deep() {
      return new TypeError(`bad ${KEY}`)
    }
    const frames = report(failed())?.frames
    expect(report(failed())).toMatchObject({
      kind: "Die",
      name: "TypeError",
      message: `withheld (${KEY.length + 4} characters)`,
      causedBy: [],
    })
    expect(frames?.[0]).toMatch(/^deep \(test\/domain\/failureReport\.test\.ts:\d+:\d+\)$/)
    expect(frames?.length).toBeLessThanOrEqual(12)
    expect(failureReports(Cause.fail(new Odd({ message: "x" })))[0]).toMatchObject({
      kind: "Fail",
      name: "Odd",
    })
    expect(failureReports(Cause.interrupt(1))[0]).toMatchObject({ kind: "Interrupt" })
    const chained = report(new Error(ROW, { cause: new Error("Network connection lost.") }))
    expect(chained?.causedBy).toEqual(["Error: Network connection lost"])
  })

  it.each([
    ["Cannot read properties of undefined (reading 'secret')", "Cannot read properties of undefined"],
    ["store.rows is not a function", "store.rows is not a function"],
    ["Network connection lost.", "Network connection lost"],
    [
      "Durable Object reset because its code was updated.",
      "Durable Object reset because its code was updated",
    ],
    ["internal error; reference = 0abc9", "internal error; reference = 0abc9"],
    ["UNIQUE constraint failed: runs.x: SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT"],
  ])("are the engine's and the platform's own words: %s", (message, kept) => {
    expect(report(new Error(message))?.message).toBe(kept)
  })
})
