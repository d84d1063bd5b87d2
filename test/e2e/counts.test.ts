import { afterAll, describe, expect, it } from "vitest"
import { bundleSize, countGroup, LIMITS, RUNS, startup } from "../../bench/cases/counts.ts"
import { makeFolder } from "../../bench/lib/servers.ts"

const folder = makeFolder()
afterAll(folder.remove)

/**
 * What the benchmarks count (`npm run bench -- counts`), since a count is the same on every machine. What they time is
 * measured there and judged nowhere.
 */
describe.runIf(process.platform === "linux")("a group of a thousand runs", () => {
  it("costs few requests and few rows written when nobody watches", async () => {
    const counted = await countGroup(folder.path, false, { queue_ms: [200, 800], duration_ms: [500, 6_000] })
    console.log(JSON.stringify(counted))
    // The group, and one batch.
    expect(counted.creating).toBe(2)
    expect(counted.requests - Math.min(counted.results, RUNS)).toBeLessThanOrEqual(LIMITS.requests)
    expect(counted.results).toBeLessThanOrEqual(RUNS)
    expect(counted.writtenPerRun).toBeLessThanOrEqual(LIMITS.writtenPerRun)
  })

  it("costs no more when a viewer sees them running", async () => {
    const counted = await countGroup(folder.path, true, { queue_ms: [200, 800], duration_ms: [500, 6_000] })
    console.log(JSON.stringify(counted))
    expect(counted.requests - Math.min(counted.results, RUNS)).toBeLessThanOrEqual(LIMITS.requests)
    expect(counted.writtenPerRun).toBeLessThanOrEqual(LIMITS.writtenPerRun)
  })
})

describe("the Worker's bundle", () => {
  it("is small, since every cold start pays for it", () => {
    const { gzip } = bundleSize(folder.path)
    expect(gzip).toBeGreaterThan(50_000)
    expect(gzip).toBeLessThanOrEqual(LIMITS.bundleBytes)
  })

  it("runs its own code at a start and none of Node.js, which costs half as much again", () => {
    const urls = startup(folder.path)?.nodes.map(({ callFrame }) => callFrame.url) ?? []
    expect(urls.some((url) => url.endsWith("worker.js"))).toBe(true)
    expect(urls.filter((url) => url.startsWith("node"))).toEqual([])
  })
})
