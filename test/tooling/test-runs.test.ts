import { describe, expect, it } from "vitest"
import { checkedEnough } from "../../scripts/check/diagnostics.ts"
import { runSteps } from "../../scripts/check/run.ts"
import { planTests, projects, stages } from "../../scripts/test/args.ts"
import { countRun, failuresOf, projectsWithoutTests, sum, summary } from "../../scripts/test/counts.ts"
import config from "../../vitest.config.ts"

describe("the arguments of npm test", () => {
  it("run everything when there are none", () => {
    expect(planTests([])).toEqual({ stages, vitestArgs: [] })
  })

  it("choose projects, and hand the rest to vitest", () => {
    expect(planTests(["--project", "unit", "foo", "--project=e2e", "-t", "a name"])).toEqual({
      stages: [["unit"], ["e2e"]],
      vitestArgs: ["foo", "-t", "a name"],
    })
  })

  it("refuse a project that does not exist", () => {
    expect(() => planTests(["--project", "unti"])).toThrow("no project unti")
  })

  it("know every project there is", () => {
    const configured: ReadonlyArray<unknown> = config.test?.projects ?? []
    const names = configured.map((project) => (project as { test: { name: string } }).test.name)
    expect(names.toSorted()).toEqual(projects.toSorted())
  })
})

describe("counting", () => {
  const report = { numPassedTests: 5, numFailedTests: 0, testResults: [] }

  it("takes vitest's numbers", () => {
    expect(countRun(report, 0)).toEqual({ passed: 5, failed: 0 })
    expect(countRun({ ...report, numFailedTests: 2 }, 1)).toEqual({ passed: 5, failed: 2 })
  })

  it("counts a file that could not be loaded", () => {
    const testResults = [
      { name: "a", status: "failed", assertionResults: [] },
      { name: "b", status: "failed", assertionResults: [{}] },
      { name: "c", status: "passed", assertionResults: [{}] },
    ]
    expect(countRun({ ...report, numFailedTests: 1, testResults }, 1)).toEqual({ passed: 5, failed: 2 })
  })

  it("counts a run that ended badly, or without a report, though no test failed", () => {
    expect(countRun(report, 1)).toEqual({ passed: 5, failed: 1 })
    expect(countRun(undefined, 0)).toEqual({ passed: 0, failed: 1 })
    expect(countRun(undefined, 134)).toEqual({ passed: 0, failed: 1 })
  })

  it("misses a project that ran nothing", () => {
    const ran = (...files: ReadonlyArray<string>) => ({
      ...report,
      testResults: files.map((name) => ({ name, status: "passed", assertionResults: [{}] })),
    })
    const missing = (...files: ReadonlyArray<string>) =>
      projectsWithoutTests(ran(...files), ["unit", "worker"], projects)
    expect(missing("/p/test/domain/a.test.ts", "/p/test/worker/b.test.ts")).toEqual([])
    expect(missing("/p/test/domain/a.test.ts")).toEqual(["worker"])
    expect(missing("/p/test/worker/b.test.ts")).toEqual(["unit"])
    expect(missing()).toEqual(["unit", "worker"])
  })

  it("names what failed, and why, in few lines", () => {
    const failureMessages = [`AssertionError: expected 1 to be 2\n${"    at somewhere\n".repeat(50)}`]
    const testResults = [
      { name: "/p/test/worker/a.test.ts", status: "failed", message: "no such file", assertionResults: [] },
      {
        name: "/p/test/domain/b.test.ts",
        status: "failed",
        assertionResults: [
          { fullName: "adds", status: "failed", failureMessages },
          { fullName: "subtracts", status: "passed", failureMessages: [] },
        ],
      },
    ]
    const failures = failuresOf({ ...report, testResults })
    expect(failures).toHaveLength(2)
    expect(failures[0]).toBe("FAILED test/worker/a.test.ts > could not be loaded\n    no such file")
    expect(failures[1]).toMatch(
      /^FAILED test\/domain\/b.test.ts > adds\n {4}AssertionError: expected 1 to be 2\n/,
    )
    expect(failures[1]?.split("\n").length).toBeLessThan(15)
    const many = Array.from({ length: 100 }, () => testResults[0]!)
    expect(failuresOf({ ...report, testResults: many }).at(-1)).toBe("… and 60 more")
    expect(failuresOf(undefined)).toEqual([])
  })

  it("sums up in the line that .ci/run reads", () => {
    expect(summary(sum([countRun(report, 0), countRun(report, 1)]))).toBe("10 passed, 1 failed")
  })
})

describe("the check", () => {
  it("does not believe Effect diagnostics that looked at nothing, or at too little", () => {
    expect(checkedEnough("Checked 0 files out of 0 files.\n0 errors", 0).ok).toBe(false)
    expect(checkedEnough("Checked 3 files out of 3 files.\n0 errors", 40).ok).toBe(false)
    expect(checkedEnough("something else", 1).ok).toBe(false)
    expect(checkedEnough("Checked 42 files out of 42 files.\n0 errors", 40).ok).toBe(true)
  })

  it("runs every step, whatever fails, so many at a time, and keeps their order", async () => {
    let running = 0
    let most = 0
    const step = (name: string, ms: number, ok: boolean) => ({
      name,
      run: async () => {
        most = Math.max(most, ++running)
        await new Promise((done) => setTimeout(done, ms))
        running--
        if (name === "throws") throw new Error("broken step")
        return { ok, output: "" }
      },
    })
    const steps = [
      step("slow", 30, true),
      step("throws", 1, true),
      step("bad", 1, false),
      step("good", 1, true),
    ]
    const done = await runSteps(steps, 2)
    expect(done.map(({ name, ok }) => [name, ok])).toEqual([
      ["slow", true],
      ["throws", false],
      ["bad", false],
      ["good", true],
    ])
    expect(done[1]?.output).toContain("broken step")
    expect(most).toBe(2)
  })
})
