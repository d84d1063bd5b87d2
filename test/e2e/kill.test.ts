import { type Browser } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { launch, visit } from "../browser/browser.ts"
import { connection, expectText, tableText } from "../browser/setup.ts"
import { companies, outputSchema, Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { QUICK, servers, workerdPids } from "./servers.ts"
import { expectOneRunEach, expectSawAll, expectTruth } from "./truth.ts"
import { isRefused, until } from "./until.ts"
import { Viewer } from "./viewer.ts"

/** Everything is killed, by SIGKILL to whole process groups, while work is under way. */
const pair = servers({
  ...QUICK,
  constants: { ...QUICK.constants, BATCH_SIZE: 10, SUBMIT_WAIT_SECONDS: 0.2 },
  scenario: { runs: { duration_ms: [2_000, 10_000], scale_by_processor: false } },
})
const product = new Product(pair)
let browser: Browser

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

/** Kills wrangler, and starts it again as other processes on the same state; in between nobody answers. */
const killAndRestart = async (meanwhile: () => Promise<unknown> = () => Promise.resolve()) => {
  const leader = pair.workerPid
  const workerd = workerdPids(leader)
  expect(workerd.length).toBeGreaterThan(0)
  await pair.killWorker()
  expect(await isRefused(pair.url)).toBe(true)
  await meanwhile()
  await pair.startWorker()
  expect(pair.workerPid).not.toBe(leader)
  const now = workerdPids(pair.workerPid)
  expect(now.length).toBeGreaterThan(0)
  expect(now.filter((pid) => workerd.includes(pid))).toEqual([])
}

const finishedRows = async (group: string): Promise<number> => {
  const { status } = await product.json(group)
  const { completed = 0, failed = 0 } = status.task_run_status_counts
  return completed + failed
}

it("is killed twice in the middle, and ends complete for a viewer and a page that stayed", async () => {
  const inputs = companies(60)
  await pair.control.hold(59)
  const request = { inputs, output_type: "json", output_schema: outputSchema, processor: "base" }
  const group = await product.submit(request)
  const viewer = new Viewer(`${pair.url}/${group}.sse`)
  const { page, context, alarms } = await visit(browser)
  await page.goto(`${pair.url}/${group}`)
  await connection(page, "live")

  for (const enough of [5, 20]) {
    await until(`${enough} rows have ended`, 30_000, async () => (await finishedRows(group)) >= enough)
    await killAndRestart(() => connection(page, "interrupted"))
    await connection(page, "live")
    // Still in the middle, so that the restart is what the rest came through.
    expect(await finishedRows(group)).toBeLessThan(60)
  }
  await pair.control.finish(group)
  await page.waitForSelector("#connection[data-state='ended']", { timeout: 40_000 })
  await viewer.end(40_000)

  const truth = await pair.control.ledger(group)
  expectTruth(await product.json(group), truth, inputs)
  expectSawAll(viewer, truth)
  // It was cut off twice, and came back with what it had.
  expect(viewer.connections.length).toBeGreaterThanOrEqual(3)
  expect(viewer.connections.slice(1).every(({ from }) => from !== null)).toBe(true)
  expect(viewer.refusals).toBeGreaterThan(0)
  const ended = truth.runs.filter((run) => run.final_status === "completed").length
  await expectText(
    page,
    "#headline",
    new RegExp(`^(?:All 60 rows done|${ended} of 60 rows done, \\d+ failed)$`),
  )
  // The table draws the rows that are in view: those are as the truth has them.
  const shown = await tableText(page)
  expect(shown.length).toBeGreaterThan(5)
  for (const cells of shown) {
    const run = truth.runs.find((one) => cells.includes((one.input as { company: string }).company))
    const content = run?.output?.content as { headquarters: string } | undefined
    expect(cells.join(" ")).toContain(content?.headquarters ?? run?.error?.message)
  }
  expect(alarms).toEqual([])
  await context.close()
})

it("is killed while it submits, twice, and submits every input once", async () => {
  const inputs = companies(200)
  await pair.control.behave({
    runs: { duration_ms: [500, 2_000], overrides: [] },
    transport: { latency_by_route: { "group.runs.add": [250, 600] } },
    listing: { lag_ms: 1_000 },
  })
  const group = await product.submit({ inputs, output_type: "text", processor: "lite" })
  const added = async () => (await pair.control.ledgerWithoutOutputs(group)).num_runs
  for (const enough of [20, 90]) {
    await until(`${enough} runs are added`, 30_000, async () => (await added()) >= enough)
    expect(await added()).toBeLessThan(200)
    await killAndRestart()
  }
  // Nobody asks for the group: its alarm alone brings the work back.
  await until("more runs are added", 30_000, async () => (await added()) >= 120)
  // The kills hit batches on their way: nothing of those is sent again before upstream was asked about them.
  await until("the loss is told", 30_000, async () =>
    /answer to adding \d+ runs was lost/.test((await product.json(group)).status.status_message),
  )
  const answer = await product.ended(group, 40_000)
  const truth = await pair.control.ledger(group)
  expectTruth(answer, truth, inputs)
  await pair.control.behave({ transport: { latency_by_route: {} }, listing: { lag_ms: 0 } })
})

/** An act, as `curl` sends it under an idempotency key. */
const act = async (path: string, body: object, key: string) => {
  const response = await fetch(`${pair.url}/${path}`, {
    method: "POST",
    headers: {
      "x-api-key": product.key,
      "content-type": "application/json",
      accept: "application/json",
      "idempotency-key": key,
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  })
  const text = await response.text()
  product.answers.push(text, JSON.stringify([...response.headers]))
  const replayed = response.headers.get("idempotency-replayed") === "true"
  return { status: response.status, replayed, answer: JSON.parse(text) }
}

it("is killed while rows are added and others run again, and does each attempt once", async () => {
  const inputs = companies(200)
  const failing = Array.from({ length: 30 }, (_, at) => 2 * at)
  await pair.control.behave({
    runs: {
      duration_ms: [500, 2_000],
      failure_rate: 0,
      overrides: failing.map((at) => ({ input_index: at, attempt: 1, outcome: "failed" })),
    },
    transport: { latency_by_route: { "group.runs.add": [1_500, 2_500] } },
    listing: { lag_ms: 1_000 },
  })
  const group = await product.submit({ inputs: inputs.slice(0, 60), output_type: "text", processor: "lite" })
  await product.ended(group, 40_000)

  const added = { inputs: inputs.slice(60) }
  expect(await act(`${group}/inputs`, added, `add-${group}`)).toMatchObject({
    status: 200,
    answer: { added: 140, first_index: 60, num_inputs: 200, estimated_cost_usd: 0.7 },
  })
  const viewer = new Viewer(`${pair.url}/${group}.sse`)
  // The first answer may be lost with the Worker that gives it.
  const retried = act(`${group}/retry`, {}, `again-${group}`).catch(() => null)
  const sent = async () => (await pair.control.ledgerWithoutOutputs(group)).runs
  await until("both are under way", 30_000, async () => {
    const { failed } = (await product.json(group)).status.task_run_status_counts
    return failed === undefined && (await sent()).length >= 70
  })
  let before = 0
  await killAndRestart(async () => {
    before = (await sent()).length
  })
  // In the middle: more came through the restart, after which it is killed again.
  expect(before).toBeLessThan(230)
  await until("more are added", 40_000, async () => (await sent()).length > before)
  await killAndRestart()

  const first = await retried
  // A Worker that died may have left its claim to the key: for as long as that holds, whoever repeats is told to wait.
  const second = await until("the claim of the dead Worker ends", 90_000, async () => {
    const told = await act(`${group}/retry`, {}, `again-${group}`)
    return told.status === 409 ? null : told
  })
  expect(second).toMatchObject({ status: 200, answer: { retried: 30, estimated_cost_usd: 0.15 } })
  if (first?.status === 200) expect(second).toEqual({ ...first, replayed: true })
  expect(await act(`${group}/inputs`, added, `add-${group}`)).toMatchObject({
    replayed: true,
    answer: { added: 140 },
  })
  const answer = await product.ended(group, 60_000)
  await viewer.end(40_000)
  const truth = await pair.control.ledger(group)
  expectTruth(answer, truth, inputs, failing)
  expect(answer.status).toMatchObject({ state: "done", estimated_cost_usd: 1.15 })
  expectSawAll(viewer, truth)
  const { result } = await product.sql(group, "SELECT input_index, attempt, run_id FROM runs ORDER BY 1, 2")
  expect(result.rows.map((row: any) => [row.input_index, row.attempt, row.run_id])).toEqual(
    truth.runs
      .toSorted((a, b) => a.input_index - b.input_index || a.attempt - b.attempt)
      .map((run) => [run.input_index, run.attempt, run.run_id]),
  )
  await pair.control.behave({
    transport: { latency_by_route: {} },
    listing: { lag_ms: 0 },
    runs: { overrides: [] },
  })
})

it("asks upstream before it sends again what may have arrived", async () => {
  const inputs = companies(40)
  // The last batch arrives, its answer does not, and for a second nobody can see its runs.
  await pair.control.behave({ listing: { lag_ms: 1_000 }, status: { count_lag_ms: 1_000 } })
  await pair.control.fault({ route: "group.runs.add", skip: 3, fault: { kind: "reset", when: "after" } })
  const group = await product.submit({ inputs, output_type: "text", processor: "lite" })
  await until("the loss is told", 10_000, async () =>
    /answer to adding 10 runs was lost/.test((await product.json(group)).status.status_message),
  )
  const answer = await product.ended(group, 30_000)
  const truth = await pair.control.ledger(group)
  expectTruth(answer, truth, inputs)
  expect(answer.status.status_message).not.toMatch(/lost/)
  await pair.control.behave({ listing: { lag_ms: 0 }, status: { count_lag_ms: 0 } })
})

it("goes on when upstream itself is killed and comes back", async () => {
  const inputs = companies(40)
  await pair.control.hold(39)
  const group = await product.submit({ inputs, output_type: "text", processor: "lite" })
  const viewer = new Viewer(`${pair.url}/${group}.sse`)
  await until("some rows have ended", 30_000, async () => (await finishedRows(group)) >= 5)
  const before = await pair.control.ledgerWithoutOutputs(group)
  await pair.killSimulator()
  expect(await isRefused(pair.simulatorUrl)).toBe(true)
  // Meanwhile the product answers, with what it has.
  expect((await product.json(group)).status.is_active).toBe(true)
  await pair.startSimulator()
  await pair.control.finish(group)
  await viewer.end(40_000)
  const truth = await pair.control.ledger(group)
  expect(truth.runs.map((run) => run.run_id)).toEqual(before.runs.map((run) => run.run_id))
  expectOneRunEach(truth, inputs)
  expectTruth(await product.ended(group, 10_000), truth, inputs)
  expectSawAll(viewer, truth)
  // The viewer's own connection had no part in it.
  expect(viewer.connections).toEqual([{ from: null, status: 200 }])
})

it("leaves no secret in tables, formats, logs or answers", async () => {
  await expectNoSecrets(product)
})
