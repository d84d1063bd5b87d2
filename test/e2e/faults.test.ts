import { expect, it } from "vitest"
import { companies, outputSchema, Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { QUICK, servers } from "./servers.ts"
import { expectSawAll, expectTruth } from "./truth.ts"
import { isRefused, until } from "./until.ts"
import { Viewer } from "./viewer.ts"

const INPUTS = 2_000

/** Bad weather, all of it at once, for as long as the kills go on. */
const faults = [
  { route: "group.runs.add", probability: 0.06, fault: { kind: "status", status: 503, applied: "none" } },
  { route: "group.runs.add", probability: 0.06, fault: { kind: "status", status: 500, applied: "all" } },
  { route: "group.runs.add", probability: 0.06, fault: { kind: "reset", when: "after", applied: "partial" } },
  { route: "group.runs.add", probability: 0.06, fault: { kind: "status", status: 429, retry_after: 1 } },
  {
    route: "group.runs.list",
    probability: 0.1,
    fault: { kind: "cut", after_events: 60, where: "mid_character" },
  },
  { route: "group.runs.list", probability: 0.05, fault: { kind: "status", status: 502, body: "html" } },
  { route: "group.events", probability: 0.3, fault: { kind: "cut", after_events: 90, where: "mid_line" } },
  { route: "group.events", probability: 0.1, fault: { kind: "duplicate_events" } },
  { route: "group.events", probability: 0.1, fault: { kind: "reorder_events" } },
  { route: "group.events", probability: 0.1, fault: { kind: "malformed_event", after_events: 40 } },
  { route: "group.events", probability: 0.1, fault: { kind: "reset", when: "after_headers" } },
  { route: "group.get", probability: 0.08, fault: { kind: "body", body: "malformed" } },
  { route: "run.result", probability: 0.1, fault: { kind: "status", status: 500 } },
] as const

const pair = servers({
  ...QUICK,
  constants: { ...QUICK.constants, BATCH_SIZE: 100, SUBMIT_WAIT_SECONDS: 0.2 },
  scenario: {
    runs: { duration_ms: [500, 8_000], scale_by_processor: false },
    events: { missing_run_event_rate: 0.1, max_session_ms: 4_000 },
    listing: { lag_ms: 500, order: "random", duplicate_rate: 0.02 },
    outputs: { delay_ms: 400, delay_rate: 0.1 },
    status: { lag_ms: 300 },
    transport: { latency_by_route: { "group.runs.add": [250, 600] } },
    faults,
  },
})
const product = new Product(pair)

it(`brings ${INPUTS} inputs through upstream's faults and three kills, each once and right`, async () => {
  const inputs = companies(INPUTS)
  await pair.control.answerWebhooks([{ status: 500 }])
  const group = await product.submit({
    inputs,
    output_type: "json",
    output_schema: outputSchema,
    processor: "base",
    webhook_url: product.webhookUrl("faults"),
  })
  const viewer = new Viewer(`${pair.url}/${group}.sse`)
  const ended = async () => {
    const { status } = await product.json(group)
    const { completed = 0, failed = 0 } = status.task_run_status_counts
    return completed + failed
  }
  // The first kill comes during the submission, the others while results come in.
  await until("a viewer is there", 20_000, () => viewer.events.length > 0)
  const added = await until(
    "batches are accepted",
    20_000,
    async () => (await pair.control.groups())[0]?.num_runs,
  )
  expect(added).toBeLessThan(INPUTS)
  const restart = async () => {
    await pair.killWorker()
    expect(await isRefused(pair.url)).toBe(true)
    await pair.startWorker()
  }
  await restart()
  await until("300 rows have ended", 60_000, async () => (await ended()) >= 300, 200)
  await restart()
  // The last one when upstream has nothing more to tell: what was missed until then, nobody will send again.
  await until(
    "upstream is done",
    60_000,
    async () => {
      const { runs } = await pair.control.ledgerWithoutOutputs(group)
      return runs.length === INPUTS && runs.every((run) => run.status === run.final_status)
    },
    500,
  )
  await restart()
  // Whatever breaks, it stops at some time; from then on the end is near.
  await pair.control.behave({ faults: [] })
  const calm = Date.now()
  await viewer.end(60_000)
  expect(Date.now() - calm).toBeLessThan(40_000)
  const truth = await pair.control.ledger(group)
  expectTruth(await product.json(group), truth, inputs)
  expectSawAll(viewer, truth)
  expect(viewer.connections.length).toBeGreaterThan(2)
  expect((await pair.control.requests()).crashes).toEqual([])

  const webhooks = await until("the webhook is accepted", 10_000, async () => {
    const received = await pair.control.webhooks()
    return received.at(-1)?.answered === 200 ? received : null
  })
  expect(webhooks.map(({ answered }) => answered)).toEqual([500, 200])
})

it("leaves no secret in tables, formats, logs or answers", async () => {
  await expectNoSecrets(product)
})
