import { expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { enrich, layersOn } from "../../examples/embed.ts"
import { systemClock } from "../../simulator/http.ts"
import { createSimulator } from "../../simulator/index.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { settingsWith } from "../support/settings.ts"

const KEY = "embed-key-0123456789"

const SETTINGS = settingsWith({ PARALLEL_BASE_URL: "http://parallel.test" })

/** The simulator as `fetch`: no server, no port. */
const upstream = () => {
  const simulator = createSimulator({
    clock: systemClock,
    seed: "embed",
    behaviour: {
      runs: { queue_ms: [5, 20], duration_ms: [20, 80], scale_by_processor: false, failure_rate: 0 },
    },
  })
  const fetch = (input: URL | RequestInfo, init?: RequestInit) => simulator.handle(new Request(input, init))
  return { simulator, fetch }
}

const network = (fetch: typeof globalThis.fetch) => Layer.succeed(FetchHttpClient.Fetch, fetch)

it("the example in the README enriches rows in one process", async () => {
  const storage = nodeSqliteStorage()
  const { simulator, fetch } = upstream()
  const body = {
    inputs: [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }],
    output_type: "json",
    output_description: "Founding year of the company",
  }
  try {
    const { group, status, markdown } = await Effect.runPromise(
      enrich(body, KEY).pipe(Effect.provide(layersOn(storage, SETTINGS).pipe(Layer.provide(network(fetch))))),
    )
    expect(status.is_active).toBe(false)
    expect(group.num_inputs).toBe(3)
    expect(markdown).toContain("3 of 3 completed")
    for (const { company } of body.inputs)
      expect(markdown).toMatch(new RegExp(`\\| ✅ completed \\| ${company} \\|`))
    expect(simulator.ledger.groups.get(group.taskgroup_id)?.runs).toHaveLength(3)
    expect(simulator.requests.open).toBe(0)
    expect(markdown).not.toContain(KEY)
  } finally {
    simulator.close()
    storage.close()
  }
})

it("a request that cannot be right fails before anything is sent", async () => {
  const storage = nodeSqliteStorage()
  const { simulator, fetch } = upstream()
  try {
    const failure = await Effect.runPromise(
      enrich({ inputs: [], output_type: "json" }, KEY).pipe(
        Effect.provide(layersOn(storage, SETTINGS).pipe(Layer.provide(network(fetch)))),
        Effect.flip,
      ),
    )
    expect(failure._tag).toBe("InvalidRequest")
    expect(simulator.requests.total).toBe(0)
  } finally {
    simulator.close()
    storage.close()
  }
})
