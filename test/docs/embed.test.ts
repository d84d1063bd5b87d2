import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, it, vi } from "vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { createVirtualClock } from "../../simulator/index.ts"
import { buildPackage } from "../../scripts/lib/build.ts"
import { localGroupLayers } from "../../src/entry/layers.ts"
import { awaitTaskGroup, createMultitask, renderTaskGroup } from "../../src/entry/programs.ts"
import { groupInProcess, nodeSqliteStorage } from "../../src/entry/testing.ts"

const KEY = "embed-key-0123456789"

const BODY = {
  inputs: [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }],
  output_type: "json",
  output_description: "Founding year of the company",
}

const enrich = Effect.fn("enrich")(function* (body: unknown) {
  const created = yield* createMultitask({ body, key: Redacted.make(KEY), origin: "https://example.com" })
  const status = yield* awaitTaskGroup()
  const markdown = yield* renderTaskGroup("md").pipe(Stream.decodeText(), Stream.mkString)
  return { created, status, markdown }
})

it("the example in the README, run as it is, prints a finished group", async () => {
  await buildPackage(`${process.cwd()}/`)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["examples/embed.ts"])
  expect(stderr).toBe("")
  expect(stdout).toContain("3 of 3 completed")
  for (const { company } of BODY.inputs)
    expect(stdout).toMatch(new RegExp(`\\| ✅ completed \\| ${company} \\|`))
  expect(stdout).not.toContain("any-key")
})

it("a group in the process takes hours of virtual time at once, and the same course for the same seed", async () => {
  const course = async () => {
    const clock = createVirtualClock()
    const slow = { runs: { queue_ms: [60_000, 600_000], duration_ms: [600_000, 7_200_000] } } as const
    const group = groupInProcess({ seed: "course", clock, behaviour: slow })
    const began = clock.now()
    try {
      const { created, status, markdown } = await group.run(enrich(BODY))
      expect(status.is_active).toBe(false)
      expect(group.simulator.ledger.groups.get(created.taskgroup_id)?.runs).toHaveLength(3)
      expect(markdown).not.toContain(KEY)
      return { markdown, took: clock.now() - began, drawn: await group.run(Random.next) }
    } finally {
      await group.close()
    }
  }
  const first = await course()
  expect(first.took).toBeGreaterThan(660_000)
  expect(first.markdown).toContain("3 of 3 completed")
  expect(await course()).toEqual(first)
})

it("a storage whose members are on its prototype, as the platform's are, will do", async () => {
  const { simulator, storage, settings, close } = groupInProcess()
  const fetch = (input: URL | RequestInfo, init?: RequestInit) => simulator.handle(new Request(input, init))
  const layers = localGroupLayers(Object.create(storage) as typeof storage, settings).pipe(
    Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)),
  )
  try {
    const { status } = await Effect.runPromise(Effect.provide(enrich(BODY), layers))
    expect(status.task_run_status_counts).toMatchObject({ completed: 3 })
  } finally {
    await close()
  }
})

it("a request that cannot be right fails before anything is sent", async () => {
  const group = groupInProcess()
  try {
    const failure = await group.run(Effect.flip(enrich({ inputs: [], output_type: "json" })))
    expect(failure._tag).toBe("InvalidRequest")
    expect(group.simulator.requests.total).toBe(0)
  } finally {
    await group.close()
  }
})

it("a Node without what the storage takes is told which one has it", () => {
  const builtin = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined)
  try {
    expect(nodeSqliteStorage).toThrow(/needs node:sqlite as of Node 22\.16 .* this is Node \d+\./)
  } finally {
    builtin.mockRestore()
  }
})

it("a second program goes on at once with what the first has left", async () => {
  const clock = createVirtualClock()
  const group = groupInProcess({ clock })
  try {
    await group.run(createMultitask({ body: BODY, key: Redacted.make(KEY), origin: "https://example.com" }))
    const status = await group.run(awaitTaskGroup(), 5_000)
    expect(status.task_run_status_counts).toMatchObject({ completed: 3 })
  } finally {
    await group.close()
  }
})

it("closing ends what runs, and leaves nothing behind that would", async () => {
  const logged = vi.spyOn(console, "log").mockImplementation(() => {})
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval", "Date"] })
  try {
    const group = groupInProcess({ behaviour: { runs: { duration_ms: [60_000, 60_000] } } })
    const ended = group.run(enrich(BODY)).catch((error: unknown) => String(error))
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(100)
      expect(group.simulator.ledger.groups.size).toBe(1)
    })
    await Promise.all([group.close(), group.close()])
    expect(await ended).toContain("interrupted")
    await expect(group.run(awaitTaskGroup())).rejects.toThrow("This group is closed")
    await vi.advanceTimersByTimeAsync(300_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(logged).not.toHaveBeenCalled()
  } finally {
    vi.useRealTimers()
    logged.mockRestore()
  }
})

it("a program that time is up for is ended", async () => {
  const clock = createVirtualClock()
  const group = groupInProcess({ clock, behaviour: { runs: { duration_ms: [60_000, 60_000] } } })
  try {
    await expect(group.run(enrich(BODY), 30_000)).rejects.toThrow("not done within 30000 ms")
    const asked = group.simulator.requests.total
    await clock.advance(300_000)
    expect(group.simulator.requests.total).toBe(asked)
  } finally {
    await group.close()
  }
})
