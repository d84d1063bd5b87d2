import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, expect, it } from "vitest"
import type { Answer } from "../support/recording.ts"
import { startRecordingServer } from "../support/recordingServer.ts"
import { companies, Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { QUICK, servers } from "./servers.ts"
import type { ReceivedWebhook } from "./simulatorControl.ts"
import { expectTruth } from "./truth.ts"
import { until } from "./until.ts"

/** What goes in besides the rows themselves: rows by URL, mistakes; and what goes out besides answers: the webhook. */
const pair = servers({
  ...QUICK,
  vars: { ...QUICK.vars, MAX_BODY_BYTES: 20_000, MAX_INPUTS: 50 },
  scenario: { runs: { queue_ms: [50, 200], duration_ms: [100, 800], scale_by_processor: false } },
})
const product = new Product(pair)

let outside: Awaited<ReturnType<typeof startRecordingServer>>
beforeAll(async () => {
  outside = await startRecordingServer()
})
afterAll(() => outside.stop())

const text = (inputs: unknown) => ({
  inputs,
  output_type: "text",
  processor: "lite",
  output_description: "one line",
})

it("takes the rows from a URL, through redirects", async () => {
  const rows = companies(12)
  await pair.control.serveInputs("rows", { rows })
  await pair.control.serveInputs("moved", { redirect: `rows?token=${product.inputsToken}`, status: 308 })
  await pair.control.serveInputs("elsewhere", { redirect: product.inputsUrl("moved") })
  for (const name of ["rows", "elsewhere"]) {
    const group = await product.submit(text(product.inputsUrl(name)))
    expectTruth(await product.ended(group, 20_000), await pair.control.ledger(group), rows)
  }
})

const umlauts = companies(3).map(({ company }) => ({ company, city: "Köln", note: "a; b", n: "007" }))
const names = Object.keys(umlauts[0]!)
const table = (delimiter: string) =>
  [names, ...umlauts.map((row) => Object.values(row).map((cell) => `"${cell}"`))]
    .map((cells) => cells.join(delimiter))
    .join("\r\n")
const lines = umlauts.map((row) => JSON.stringify(row)).join("\n")
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64")

const formats: ReadonlyArray<readonly [string, Answer]> = [
  [
    "CSV in Latin-1 that says so",
    { body_base64: base64(Buffer.from(table(","), "latin1")), content_type: "text/csv;charset=ISO-8859-1" },
  ],
  ["TSV in UTF-16 with a mark", { body_base64: base64(Buffer.from(`\ufeff${table("\t")}`, "utf16le")) }],
  [
    "JSON Lines in UTF-16 that say so",
    {
      body_base64: base64(Buffer.from(lines, "utf16le")),
      content_type: "application/jsonl; charset=utf-16le",
    },
  ],
  [
    "packed CSV with semicolons",
    {
      body_base64: base64(gzipSync(table(";"))),
      headers: { "content-encoding": "gzip" },
      content_type: "text/csv",
    },
  ],
  ["what is given to callers with a name only", { body: lines, needs_user_agent: true }],
]

it.each(formats)("takes %s from a signed URL, through a redirect", async (_, answer) => {
  const signed = "?d=a%20b&flag&t=~x*(!)&list=a,b:c@d/e;f&lower=%2f"
  const from = `/from-${crypto.randomUUID()}`
  const to = `/to-${crypto.randomUUID()}`
  await outside.answer(from, { location: `${outside.url}${to}${signed}` })
  await outside.answer(to, answer)
  const group = await product.submit(text(`${outside.url}${from}${signed}`))
  expectTruth(await product.ended(group, 20_000), await pair.control.ledger(group), umlauts)
  expect((await outside.requests(from)).map(({ target }) => target)).toEqual([`${from}${signed}`])
  expect((await outside.requests(to)).map(({ target }) => target)).toEqual([`${to}${signed}`])
})

const byUrl: ReadonlyArray<readonly [string, object, number, RegExp]> = [
  ["more than the limit", { count: 5_000 }, 413, /more than 20000 bytes/],
  ["more rows than allowed", { count: 51 }, 422, /50/],
  [
    "a login page",
    { body: "<html>sign in</html>", content_type: "text/html" },
    422,
    /text\/html.* login.* begins with “<html>sign in/,
  ],
  ["broken JSON", { body: '[{"a":1},\n{"a":]' }, 422, /line 2, column 6/],
  ["a sentence", { body: "Not found", content_type: "text/plain" }, 422, /neither JSON nor a table/],
  ["a wrapper", { body: '{"rows":[{"a":1}]}' }, 422, /member .*rows.* send that array/],
  ["an empty array", { body: "[]" }, 422, /inputs/],
  ["rows that are no objects", { body: '[{"a":1},2]' }, 422, /inputs\[1\]/],
  ["not found", { status: 404 }, 422, /404/],
  ["broken for good", { status: 503 }, 422, /503/],
  ["a redirect to a file", { redirect: "file:///etc/passwd" }, 422, /not allowed/],
  ["a redirect to itself", { redirect: "loop" }, 422, /redirects more than/],
]

it.each(byUrl)("refuses a URL that answers %s, and runs nothing", async (_, spec, status, message) => {
  await pair.control.serveInputs("loop", spec)
  await pair.control.forgetRequests()
  const answer = await product.post(text(product.inputsUrl("loop")))
  expect(answer.text).toMatch(message)
  expect(answer.status).toBe(status)
  const [group] = await pair.control.groups().then((all) => all.slice(-1))
  expectError(answer, { taskgroup_id: group?.taskgroup_id })
  expect((await product.get(`${group?.taskgroup_id}.json`)).status).toBe(404)
  expect((await pair.control.requests()).total).toBe(1)
})

it("asks no address for a key that Parallel refuses, and says the same whatever is there", async () => {
  const answers: ReadonlyArray<Answer> = [
    { body: '[{"a":1}]' },
    { body: "<html>secret", content_type: "text/html" },
    { status: 404 },
    { status: 503 },
    { location: "http://127.0.0.1:9/" },
  ]
  const said = new Set<string>()
  for (const [at, answer] of answers.entries()) {
    await outside.answer(`/guess-${at}`, answer)
    const key = `invalid-${product.key}`
    const refused = await product.post(text(`${outside.url}/guess-${at}`), { "x-api-key": key })
    expect(await outside.requests(`/guess-${at}`)).toEqual([])
    expect(refused.status).toBe(401)
    said.add(JSON.parse(refused.text).error.message)
  }
  // Nobody is there.
  const nobody = await product.post(text("http://127.0.0.1:9/"), { "x-api-key": `invalid-${product.key}` })
  expect([...said]).toEqual([JSON.parse(nobody.text).error.message])
})

const expectError = ({ text, headers }: { text: string; headers: Headers }, more: object = {}) => {
  expect(headers.get("content-type")).toMatch(/^application\/json/)
  expect(JSON.parse(text)).toEqual({
    type: "error",
    error: { ref_id: expect.any(String), message: expect.any(String), detail: expect.toSatisfy(isDetail) },
    ...more,
  })
}
const isDetail = (detail: unknown) => detail === null || typeof detail === "object"

const schema = { type: "object", properties: { a: { type: "string" } } }
const one = [{ a: 1 }]

const mistakes: ReadonlyArray<
  readonly [string, unknown, Record<string, string>, number, ReadonlyArray<string>]
> = [
  ["no key", text(one), { "x-api-key": "" }, 401, []],
  ["no JSON", "{", {}, 400, []],
  ["no object", "[]", {}, 422, [""]],
  ["another content type", text(one), { "content-type": "text/plain" }, 415, []],
  ["too large a body", text([{ a: "x".repeat(20_000) }]), {}, 413, []],
  ["no inputs", { output_type: "text" }, {}, 422, ["inputs"]],
  ["empty inputs", text([]), {}, 422, ["inputs"]],
  ["a row that is no object, twice", text([1, { a: 1 }, "b"]), {}, 422, ["inputs[0]", "inputs[2]"]],
  ["too many inputs", text(companies(51)), {}, 422, ["inputs"]],
  ["inputs as text that is neither", text("no url"), {}, 422, ["inputs"]],
  ["inputs from a file", text("file:///etc/passwd"), {}, 422, ["inputs"]],
  ["no output type", { inputs: one }, {}, 422, ["output_type"]],
  ["a schema for text", { ...text(one), output_schema: schema }, {}, 422, ["output_schema"]],
  ["JSON of no kind", { inputs: one, output_type: "json" }, {}, 422, ["output_schema"]],
  ["an unknown processor", { ...text(one), processor: "huge" }, {}, 422, ["processor"]],
  ["a webhook that is no URL", { ...text(one), webhook_url: "mailto:a@b.c" }, {}, 422, ["webhook_url"]],
  [
    "several mistakes at once",
    { inputs: [], output_type: "xml", processor: 5 },
    {},
    422,
    ["inputs", "output_type", "processor"],
  ],
]

it.each(mistakes)("refuses %s, and creates nothing", async (_, body, headers, status, paths) => {
  await pair.control.forgetRequests()
  const answer = await product.post(body, headers)
  expect(answer.status).toBe(status)
  expectError(answer)
  const errors: ReadonlyArray<{ path: string }> = JSON.parse(answer.text).error.detail?.errors ?? []
  expect(errors.map(({ path }) => path).toSorted()).toEqual(paths)
  expect((await pair.control.requests()).total).toBe(0)
})

it("passes upstream's refusals on, and keeps no group nobody will see", async () => {
  for (const [key, status] of [
    [`invalid-${product.key}`, 401],
    [`nocredit-${product.key}`, 402],
  ] as const) {
    const before = (await pair.control.groups()).map((group) => group.taskgroup_id)
    const answer = await product.post(text(one), { "x-api-key": key })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ type: "error", error: { message: expect.any(String) } })
    const made = (await pair.control.groups()).filter((group) => !before.includes(group.taskgroup_id))
    expect(made.every((group) => group.num_runs === 0)).toBe(true)
    for (const { taskgroup_id } of made) expect((await product.get(`${taskgroup_id}.json`)).status).toBe(404)
  }
})

it("calls the webhook until it is accepted, under one id", async () => {
  await pair.control.answerWebhooks([
    { status: 500 },
    { status: 503 },
    { status: 302, location: "/elsewhere" },
  ])
  const group = await product.submit({ ...text(one), webhook_url: product.webhookUrl("ended") })
  const isAccepted = (received: ReadonlyArray<ReceivedWebhook>) =>
    received.some(({ answered }) => answered === 302)
  const received = await until("the webhook is accepted", 30_000, async () => {
    const all = await pair.control.webhooks()
    return isAccepted(all) ? all : null
  })
  expect(received.map(({ name, answered }) => [name, answered])).toEqual([
    ["ended", 500],
    ["ended", 503],
    // The receiver has run; where it points to is not asked.
    ["ended", 302],
  ])
  for (const { body, headers } of received) {
    expect(JSON.parse(body)).toEqual({ url: `${pair.url}/${group}` })
    expect(headers).toMatchObject({
      "content-type": expect.stringMatching(/^application\/json/),
      "webhook-id": expect.stringMatching(/./),
      "webhook-timestamp": expect.stringMatching(/^\d{10}$/),
    })
  }
  expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1)
  // What the receiver is sent to is complete.
  expect((await product.json(group)).status.is_active).toBe(false)
})

it("leaves no secret in tables, formats, logs or answers", async () => {
  await expectNoSecrets(product)
})
