import { expect, it, vi } from "vitest"
import { JsonText, Multitask } from "../../src/client/index.ts"
import {
  answering,
  BASE,
  clientOf,
  error,
  failureOf,
  GROUP,
  inTime,
  json,
  KEY,
  lost,
  text,
  virtualTime,
  watchedSignal,
} from "./support.ts"

virtualTime()

const created = { url: `${BASE}/${GROUP}`, taskgroup_id: GROUP, num_inputs: 1, warnings: [] }
const input = { inputs: [{ a: 1 }], output_type: "text" } as const

it("plans what it is given, whatever that says of it", async () => {
  const server = answering(json({ dry_run: true, num_inputs: 1 }))
  const plan = await inTime(clientOf(server.fetch).plan({ dry_run: false, ...input }))
  expect(plan.num_inputs).toBe(1)
  const [sent] = server.sent
  expect(sent).toMatchObject({ method: "POST", path: "/v1beta/tasks/multitask" })
  expect(JSON.parse(sent?.body ?? "")).toEqual({ ...input, dry_run: true })
  expect(Object.fromEntries(sent!.headers)).toMatchObject({
    accept: "application/json",
    "content-type": "application/json",
    "x-api-key": KEY,
  })
})

it("creates a group, and says what the server said of it", async () => {
  const server = answering(json(created))
  const group = await inTime(clientOf(server.fetch).create({ ...input, title: undefined }))
  expect(group).toMatchObject({ id: GROUP, url: `${BASE}/${GROUP}`, created })
  expect(server.sent[0]?.body).toBe('{"inputs":[{"a":1}],"output_type":"text"}')
  await inTime(group.stop())
  expect(server.sent[1]).toMatchObject({ method: "POST", path: `/${GROUP}/stop`, body: undefined })
})

it.each([null, {}, { taskgroup_id: null }])(
  "makes no group of an answer that names none: %j",
  async (answer) => {
    const server = answering(json(answer))
    expect(await failureOf(clientOf(server.fetch).create(input))).toMatchObject({
      name: "MultitaskError",
      message: expect.stringContaining("names no task group"),
    })
  },
)

it("does not create what is only to be planned", async () => {
  const server = answering(json(created))
  await expect(clientOf(server.fetch).create({ ...input, dry_run: true })).rejects.toThrow(/call `plan`/)
  expect(server.sent).toEqual([])
})

it.each([
  ["max_cost_usd", NaN],
  ["max_cost_usd", Infinity],
  ["limit", NaN],
])("sends no %s of %d, which would arrive as none", async (name, value) => {
  const server = answering(json(created))
  const client = clientOf(server.fetch)
  const group = client.group(GROUP)
  for (const call of [
    () => client.plan({ ...input, [name]: value }),
    () => client.create({ ...input, [name]: value }),
    () => group.addInputs({ inputs: [{ a: 1 }], [name]: value }),
    () => group.retry({ [name]: value }),
  ])
    await expect(call()).rejects.toThrow(
      new TypeError(`\`${name}\` is ${value}: give a number, or leave it out. Nothing was sent.`),
    )
  expect(server.sent).toEqual([])
})

it("sends JSON that comes as text to the letter", async () => {
  const server = answering(json(created))
  const inputs = new JsonText('[{"10":1.10,"2":12345678901234567890, "a":1e2}]')
  const output_schema = new JsonText('{"z":1,"properties":{"b":{},"a":{}}}')
  const client = clientOf(server.fetch)
  await inTime(client.create({ inputs, output_schema, output_type: "json" }))
  await inTime(client.group(GROUP).addInputs({ inputs }))
  expect(server.sent.map(({ body }) => body)).toEqual([
    `{"inputs":${inputs.text},"output_schema":${output_schema.text},"output_type":"json"}`,
    `{"inputs":${inputs.text}}`,
  ])
})

it("does what can be done with a group by its addresses", async () => {
  const server = answering(json({ added: 1, retried: 1, resumed: 1, deleted: true }))
  const group = clientOf(server.fetch).group(GROUP)
  const options = { idempotencyKey: "mine" }
  await inTime(group.addInputs({ inputs: [{ a: 1 }], limit: 1, dry_run: true }, options))
  await inTime(group.retry())
  await inTime(group.retry({ rows: [0, 2], processor: "pro", max_cost_usd: 1 }, options))
  await inTime(group.stop(options))
  await inTime(group.resume(options))
  await inTime(group.delete(options))
  expect(server.sent.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", `/${GROUP}/inputs`, '{"inputs":[{"a":1}],"limit":1,"dry_run":true}'],
    ["POST", `/${GROUP}/retry`, undefined],
    ["POST", `/${GROUP}/retry`, '{"rows":[0,2],"processor":"pro","max_cost_usd":1}'],
    ["POST", `/${GROUP}/stop`, undefined],
    ["POST", `/${GROUP}/resume`, undefined],
    ["DELETE", `/${GROUP}`, undefined],
  ])
  const keys = server.sent.map(({ headers }) => headers.get("idempotency-key"))
  expect(keys.filter((key) => key === "mine")).toHaveLength(5)
  expect(keys[1]).not.toBe("mine")
})

it("reads the parts that it is asked for", async () => {
  const server = answering(json({ status: { is_active: false }, runs: [] }))
  const group = clientOf(server.fetch, "").group(GROUP)
  await inTime(group.get())
  await inTime(group.get({ status: ["failed", "cancelled"], limit: 10, after: 0, basis: "field:a b" }))
  await inTime(group.get({ status: "failed" }))
  await inTime(group.status())
  expect(server.sent.map(({ path }) => path)).toEqual([
    `/${GROUP}.json`,
    `/${GROUP}.json?status=failed%2Ccancelled&limit=10&after=0&basis=field%3Aa+b`,
    `/${GROUP}.json?status=failed`,
    `/${GROUP}.json?limit=1&basis=none`,
  ])
})

const active = json({ status: { is_active: true, state: "running" } })
const ended = json({ status: { is_active: false, state: "done" } })

it("waits for the end, asking ever more rarely, through an outage of any length", async () => {
  const server = answering(
    ...Array.from({ length: 12 }, () => active),
    ...Array.from({ length: 200 }, () => lost),
    text("<html>"),
    error(500, "broken"),
    error(429, "limited", { "retry-after": "600" }),
    text(null, "text/html", 302, { location: "/portal" }),
    ended,
  )
  const { signal, listening } = watchedSignal()
  expect(await inTime(clientOf(server.fetch).group(GROUP).wait({ signal }))).toEqual({
    is_active: false,
    state: "done",
  })
  const at = server.sent.map((sent) => sent.at)
  expect([at[1], at[11]! - at[10]!]).toEqual([1_000, 5_000])
  expect(at[216]! - at[215]!).toBe(5_000)
  expect(at[215]! - at[214]!).toBe(60_000)
  expect(at.at(-1)).toBeGreaterThan(10 * 60_000)
  expect([listening(), vi.getTimerCount()]).toEqual([0, 0])
})

it.each([400, 403, 404])("stops waiting at a %i", async (code) => {
  const server = answering(active, error(code, "no"))
  expect(await failureOf(clientOf(server.fetch).group(GROUP).wait())).toMatchObject({ status: code })
})

it("does not wait at an address that answers with pages, but where one comes later", async () => {
  expect(
    await failureOf(
      clientOf(answering(text("<html>")).fetch)
        .group(GROUP)
        .wait(),
    ),
  ).toMatchObject({
    status: 200,
    message: expect.stringContaining("Check that the base URL"),
  })
  const active = json({ status: { is_active: true } })
  const server = answering(active, text("<html>"), json({ status: { is_active: false } }))
  expect(await inTime(clientOf(server.fetch).group(GROUP).wait())).toEqual({ is_active: false })
})

it("does not wait at an address that redirects", async () => {
  const server = answering(text(null, "text/html", 301, { location: "https://elsewhere.example/" }))
  expect(await failureOf(clientOf(server.fetch).group(GROUP).wait())).toMatchObject({ status: 301 })
})

it("stops waiting with its signal's reason", async () => {
  const { controller, signal, listening } = watchedSignal()
  const waiting = clientOf(answering(active).fetch)
    .group(GROUP)
    .wait({ signal })
    .catch((failure: unknown) => failure)
  await vi.advanceTimersByTimeAsync(500)
  controller.abort("enough")
  expect(await waiting).toBe("enough")
  expect([listening(), vi.getTimerCount()]).toEqual([0, 0])
})

it.each([
  GROUP,
  ` ${GROUP}\n`,
  `${BASE}/${GROUP}`,
  `${BASE}/${GROUP}/`,
  `${BASE}/${GROUP}.CSV?bom=0#x`,
  `${BASE}/${GROUP}.json/`,
  `${BASE}/${GROUP}/3`,
  `${BASE}/${GROUP}/12345678.md`,
  `${BASE}/${GROUP}/trun_1234567890.html`,
  `${BASE}/${GROUP}/an-opaque-run`,
  `http://elsewhere.example:8080/${GROUP}.db`,
  `https://elsewhere.example/multitasking/${GROUP}`,
  `https://elsewhere.example/multitasking/${GROUP}/3.md`,
  `https://elsewhere.example/multitasking/${GROUP}/trun_1234567890`,
])("finds the group in %s", (address) => {
  const group = clientOf(answering(json({})).fetch).group(address)
  expect([group.id, group.url]).toEqual([GROUP, `${BASE}/${GROUP}`])
})

it.each([
  "",
  "short",
  `${GROUP}.csv`,
  "a b c d e f g h",
  BASE,
  `${BASE}/`,
  `${BASE}/x.json`,
  `ftp://a.example/${GROUP}`,
  `/${GROUP}`,
  "x".repeat(129),
])("finds no group in %j", (address) => {
  expect(() => clientOf(answering(json({})).fetch).group(address)).toThrow(TypeError)
  expect(() => clientOf(answering(json({})).fetch).group(address)).toThrow(/give its id/)
})

it.each([
  ["https://multitask.example", BASE],
  ["https://multitask.example/", BASE],
  ["HTTPS://Multitask.Example:443//", BASE],
  ["http://127.0.0.1:8787", "http://127.0.0.1:8787"],
  [new URL("https://example.com/tools/multitasking/"), "https://example.com/tools/multitasking"],
])("takes %s for a base URL", async (baseUrl, shown) => {
  const server = answering(json(created))
  const client = new Multitask({ baseUrl, apiKey: KEY, fetch: server.fetch })
  expect(client.group(GROUP).url).toBe(`${shown}/${GROUP}`)
  for (const address of [`${shown}/${GROUP}`, `${shown}/${GROUP}.csv`, `${shown}/${GROUP}/an-opaque-run`])
    expect(client.group(address).id).toBe(GROUP)
  await inTime(client.create(input))
  expect(server.sent[0]?.url).toBe(`${shown}/v1beta/tasks/multitask`)
})

it.each([
  ["", "whole http or https URL"],
  ["multitask.example", "whole http or https URL"],
  ["ftp://multitask.example", "whole http or https URL"],
  ["https://me:secret@multitask.example", "user name or a password"],
  ["https://multitask.example/?key=secret", "no query"],
  ["https://multitask.example/#", "no query"],
])("refuses %s as a base URL, and does not repeat it", (baseUrl, message) => {
  expect(() => new Multitask({ baseUrl })).toThrow(TypeError)
  expect(() => new Multitask({ baseUrl })).toThrow(message)
  expect(() => new Multitask({ baseUrl })).not.toThrow("secret")
})

it("uses the platform's fetch, as it is when it is called", async () => {
  const client = new Multitask({ baseUrl: BASE })
  vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json({ status: { state: "done" } }))
  expect((await inTime(client.group(GROUP).status())).state).toBe("done")
})

it("calls a fetch as a function, which browsers' own insists on", async () => {
  const receivers: Array<unknown> = []
  const answers = [Response.json({ status: { state: "done" } }), new Response(null, { status: 204 })]
  const client = new Multitask({
    baseUrl: BASE,
    fetch(this: unknown) {
      receivers.push(this)
      return Promise.resolve(answers.shift() as Response)
    },
  })
  await inTime(client.group(GROUP).status())
  await inTime(client.group(GROUP).rows().next())
  expect(receivers).toEqual([undefined, undefined])
})
