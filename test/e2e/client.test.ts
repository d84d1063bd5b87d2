import { inspect } from "node:util"
import { beforeEach, expect, it } from "vitest"
import { JsonText, Multitask, MultitaskError, type Row, type TaskGroupInput } from "../../src/client/index.ts"
import { lossyProxy } from "./lossyProxy.ts"
import { companies, outputSchema, Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { QUICK, servers } from "./servers.ts"
import { expectOneRunEach, expectTruth } from "./truth.ts"
import { until } from "./until.ts"

/** The client against the real server, over a line that loses answers. */
const pair = servers({
  ...QUICK,
  scenario: { runs: { duration_ms: [500, 4_000], scale_by_processor: false } },
})
const product = new Product(pair)
const proxy = lossyProxy(() => pair.url)
let client: Multitask

beforeEach(() => {
  client = new Multitask({ baseUrl: proxy.url, apiKey: product.key })
})

const request = (count: number) =>
  ({
    inputs: companies(count),
    output_type: "json",
    output_schema: outputSchema,
    processor: "base",
  }) as const

it("plans, creates, and gives the rows once each and whole while the server is killed and comes back", async () => {
  const asked = request(40)
  const plan = await client.plan(asked)
  expect(plan).toMatchObject({ dry_run: true, num_inputs: 40, processor: "base", warnings: [] })

  await pair.control.hold(39)
  const group = await client.create(asked)
  product.remember(group.id)
  expect(group.created).toMatchObject({ num_inputs: 40, taskgroup_id: group.id, url: group.url })
  const ending = group.wait()

  const rows: Array<Row> = []
  const reading = (async () => {
    for await (const row of group.rows()) rows.push(row)
  })()
  await until("some rows have ended", 30_000, () => rows.length >= 3)
  await pair.killWorker()
  const before = rows.length
  expect(before).toBeLessThan(40)
  await pair.startWorker()
  await until("more rows have ended", 60_000, () => rows.length > before)
  await pair.control.finish(group.id)
  await reading

  const status = await ending
  expect(status).toMatchObject({ is_active: false, state: "done" })
  const whole = await group.get()
  expectTruth(whole, await pair.control.ledger(group.id), asked.inputs)
  expect(rows.toSorted((a, b) => a.input_index - b.input_index)).toEqual(whole.runs)
  // What a group that has ended tells is the same.
  const again: Array<Row> = []
  for await (const row of client.group(`${group.url}.html`).rows()) again.push(row)
  expect(again.toSorted((a, b) => a.input_index - b.input_index)).toEqual(whole.runs)
  expect(proxy.open.size).toBe(0)
})

it("pays once where the answers to its POSTs are lost", async () => {
  const asked = request(3)
  const lostBefore = proxy.lost
  proxy.losing = 2
  const group = await client.create({ ...asked, inputs: new JsonText(JSON.stringify(asked.inputs)) })
  product.remember(group.id)
  proxy.losing = 1
  const added = await group.addInputs({ inputs: [{ company: "One more", n: 3, tags: [] }] })
  expect(added).toMatchObject({ added: 1, first_index: 3, num_inputs: 4 })
  await group.wait()
  proxy.losing = 1
  const retried = await group.retry({ rows: [1] })
  expect(retried).toMatchObject({ retried: 1 })
  await group.wait()

  expect(proxy.lost - lostBefore).toBe(4)
  const groups = (await pair.control.groups()).filter(({ num_runs }) => num_runs > 0)
  expect(groups.map(({ taskgroup_id }) => taskgroup_id)).toEqual(product.groups)
  const inputs = [...asked.inputs, { company: "One more", n: 3, tags: [] }]
  expectOneRunEach(await pair.control.ledger(group.id), inputs, [1])
  const rows: Array<Row> = []
  for await (const row of group.rows()) rows.push(row)
  expect(rows.find(({ input_index }) => input_index === 1)?.metadata).toMatchObject({ attempt: "2" })

  await group.delete()
  product.groups.splice(product.groups.indexOf(group.id), 1)
  const error = await group.status().catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(MultitaskError)
  expect(error).toMatchObject({ status: 404 })
})

it("leaves no connection open when it is aborted or left", async () => {
  await pair.control.hold(0)
  const group = await client.create(request(2))
  product.remember(group.id)
  const stop = new AbortController()
  const reads = [group.wait({ signal: stop.signal }), group.rows({ signal: stop.signal }).next()]
  const stream = await client.request({ path: `/${group.id}.sse`, signal: stop.signal })
  reads.push(stream.text() as Promise<never>)
  for await (const event of group.events()) {
    expect(event.event).toBe("task_group_status")
    break
  }
  await until("two streams are open", 10_000, () => proxy.open.size === 2)
  stop.abort(new Error("enough"))
  // The row that is not held may have ended by then, and been told.
  const outcomes = await Promise.allSettled(reads)
  for (const outcome of outcomes.filter(({ status }) => status === "rejected"))
    expect(outcome).toMatchObject({ reason: { message: "enough" } })
  expect(outcomes[0]?.status).toBe("rejected")
  await until("no connection is open", 10_000, () => proxy.open.size === 0)
  await group.stop()
  await pair.control.finish(group.id)
  expect((await group.wait()).is_active).toBe(false)
})

it("says what the server says of a wrong request, and shows nobody the key", async () => {
  // What the compiler would say is left to the server.
  const input: TaskGroupInput & { prosessor: string } = {
    inputs: [{ a: 1 }, {}],
    output_type: "json",
    prosessor: "base",
  }
  const wrong = await client.create(input).catch((failure: unknown) => failure as MultitaskError)
  if (!(wrong instanceof MultitaskError)) throw new Error("it was accepted")
  expect(wrong).toMatchObject({ status: 422, refId: expect.any(String) })
  expect(wrong.errors.map(({ path }) => path)).toEqual(expect.arrayContaining(["inputs[1]", "prosessor"]))
  product.answers.push(inspect(wrong, { depth: null }))
  await expectNoSecrets(product)
})
