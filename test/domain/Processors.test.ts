import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  costProblem,
  estimateCostUsd,
  estimateSeconds,
  isProcessor,
  processorNames,
  SUGGESTABLE,
  typicalLatency,
  usdPerRun,
} from "../../src/domain/Processors.ts"

describe("processors", () => {
  it("are nine tiers, each also fast, at the same price", () => {
    expect(processorNames).toHaveLength(18)
    expect(new Set(processorNames).size).toBe(18)
    for (const name of processorNames) {
      const base = name.replace("-fast", "")
      expect(processorNames).toContain(`${base}-fast`)
      expect(usdPerRun(name)).toBe(usdPerRun(base))
      const [low, high] = typicalLatency(name) ?? [0, 0]
      expect(low).toBeGreaterThan(0)
      expect(high).toBeGreaterThan(low)
      expect(typicalLatency(`${base}-fast`)?.[1]).toBeLessThan(typicalLatency(base)?.[1] ?? 0)
    }
  })

  it("have the documented prices and latencies", () => {
    const prices = ["lite", "base", "core", "core2x", "pro", "ultra", "ultra2x", "ultra4x", "ultra8x"].map(
      usdPerRun,
    )
    expect(prices).toEqual([0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.6, 1.2, 2.4])
    expect(typicalLatency("core")).toEqual([60, 300])
    expect(typicalLatency("core-fast")).toEqual([15, 100])
    expect(typicalLatency("ultra8x-fast")).toEqual([60, 3600])
  })

  it("are not found under names every object has", () => {
    for (const name of [
      "constructor",
      "__proto__",
      "toString",
      "-fast",
      "fast",
      "Core",
      "core-fast-fast",
      "",
      null,
      3,
    ])
      expect(isProcessor(name)).toBe(false)
    expect(isProcessor("core2x-fast")).toBe(true)
  })

  it("are suggested from base to pro", () => {
    expect(SUGGESTABLE).toEqual(["base", "core", "core2x", "pro"])
  })
})

describe("estimateCostUsd", () => {
  it("counts without the crumbs of binary fractions", () => {
    expect(estimateCostUsd("pro", 3)).toBe(0.3)
    expect(estimateCostUsd("lite", 1)).toBe(0.005)
    expect(estimateCostUsd("core-fast", 50_000)).toBe(1250)
    expect(estimateCostUsd("core", 0)).toBe(0)
  })

  it("says nothing about what it does not know", () => {
    expect(estimateCostUsd("mega", 3)).toBeNull()
    expect(estimateCostUsd("core", Number.NaN)).toBeNull()
    expect(estimateCostUsd("core", -1)).toBeNull()
  })

  it.prop("has at most three decimals", [Schema.Int], ([runs]) => {
    for (const name of processorNames) {
      const cost = estimateCostUsd(name, Math.abs(runs) % 1_000_000) ?? 0
      expect(cost).toBe(Number(cost.toFixed(3)))
    }
  })
})

describe("estimateSeconds", () => {
  it("is the range of one run, however many: they execute at the same time", () => {
    expect(estimateSeconds("core-fast", 1)).toEqual({ min: 15, max: 100 })
    expect(estimateSeconds("core-fast", 50_000)).toEqual({ min: 15, max: 100 })
    expect(estimateSeconds("core", 0)).toEqual({ min: 0, max: 0 })
    expect(estimateSeconds("mega", 1)).toBeNull()
  })
})

describe("costProblem", () => {
  it("is there where a cap is below the estimate, or nothing is known to keep it", () => {
    expect(costProblem(undefined, "mega", 3)).toBeNull()
    expect(costProblem(null, "core", 3)).toBeNull()
    expect(costProblem(0.075, "core", 3)).toBeNull()
    expect(costProblem(0, "core", 0)).toBeNull()
    expect(costProblem(0.07, "core", 3)).toEqual({
      path: "max_cost_usd",
      message: expect.stringContaining("is 0.07, below the estimate of 0.075 USD (3 runs of core)"),
    })
    expect(costProblem(9, "mega", 3)?.message).toContain("what the processor mega costs is not known")
  })
})
