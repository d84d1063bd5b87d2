import { describe, expect, it } from "@effect/vitest"
import { capProblems, childPath, MAX_LISTED_PROBLEMS, problemSentence } from "../../src/domain/Problem.ts"

describe("childPath", () => {
  it("reads like JavaScript", () => {
    expect(childPath("inputs", 3)).toBe("inputs[3]")
    expect(childPath("output_schema.properties", "a")).toBe("output_schema.properties.a")
    expect(childPath("", "webhook_url")).toBe("webhook_url")
    expect(childPath("a", "x.y")).toBe('a["x.y"]')
    expect(childPath("a", "")).toBe('a[""]')
    expect(childPath("a", "line\nbreak")).toBe('a["line\\nbreak"]')
  })

  it("does not repeat a huge key", () => {
    expect(childPath("a", "k".repeat(1_000_000)).length).toBeLessThan(100)
  })
})

describe("problemSentence", () => {
  it("begins with the path", () => {
    expect(problemSentence({ path: "inputs[3]", message: "must be an object." })).toBe(
      "inputs[3] must be an object.",
    )
    expect(problemSentence({ path: "", message: "must be an object." })).toBe("The body must be an object.")
  })
})

describe("capProblems", () => {
  const problems = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ path: `${i}`, message: "m" }))

  it("keeps a list that is short enough as it is", () => {
    expect(capProblems(problems(MAX_LISTED_PROBLEMS), "inputs")).toHaveLength(MAX_LISTED_PROBLEMS)
  })

  it("says how many it left out, and where they are", () => {
    const capped = capProblems(problems(50_000), "inputs")
    expect(capped).toHaveLength(MAX_LISTED_PROBLEMS + 1)
    expect(capped.at(-1)?.path).toBe("inputs")
    expect(capped.at(-1)?.message).toContain("has 49900 more problems, which are not listed")
    expect(capProblems(problems(101), "inputs").at(-1)?.message).toContain(
      "has 1 more problem, which is not listed",
    )
  })
})
