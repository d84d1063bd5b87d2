import { inspect } from "node:util"
import { expect, it, vi } from "vitest"
import { MultitaskError } from "../../src/client/index.ts"
import {
  type Answer,
  answering,
  BASE,
  body,
  clientOf,
  error,
  failureOf,
  GROUP,
  inTime,
  json,
  KEY,
  lost,
  never,
  text,
  virtualTime,
  watchedSignal,
} from "./support.ts"

virtualTime()

const stopped = { url: `${BASE}/${GROUP}`, taskgroup_id: GROUP, warnings: [], not_sent: 1, running: 2 }
const status = { status: { is_active: true } }

it("repeats an act under one idempotency key, whatever became of its answers", async () => {
  const cut = body(['{"not_sent":'], "close").stream
  const broken = body(['{"not_sent":1'], "break").stream
  const asJson = { headers: { "content-type": "application/json" } }
  const server = answering(
    lost,
    error(409, "the first is under way", { "retry-after": "1" }),
    text("<html>bad gateway</html>", "text/html", 502),
    () => new Response(cut, asJson),
    () => new Response(broken, asJson),
    json(stopped),
  )
  expect(await inTime(clientOf(server.fetch).group(GROUP).stop())).toEqual(stopped)
  expect(server.sent).toHaveLength(6)
  const keys = new Set(server.sent.map(({ headers }) => headers.get("idempotency-key")))
  expect(keys.size).toBe(1)
  await inTime(clientOf(server.fetch).group(GROUP).stop())
  expect(keys).not.toContain(server.sent[6]?.headers.get("idempotency-key"))
  expect([...keys][0]).toMatch(/^[0-9a-f]{32}$/)
})

it("takes the caller's idempotency key", async () => {
  const server = answering(lost, json(stopped))
  await inTime(clientOf(server.fetch).group(GROUP).stop({ idempotencyKey: "mine" }))
  expect(server.sent.map(({ headers }) => headers.get("idempotency-key"))).toEqual(["mine", "mine"])
})

it("tries for 45 s, then says that it is not known whether an act was carried out", async () => {
  const server = answering(lost)
  const failure = await failureOf(clientOf(server.fetch).group(GROUP).stop({ idempotencyKey: "mine" }))
  expect(failure).toBeInstanceOf(MultitaskError)
  expect(failure).toMatchObject({ status: 0, idempotencyKey: "mine", errors: [] })
  expect(failure.message).toBe(
    "No whole answer came from multitask.example (fetch failed: connect ECONNREFUSED). Whether the request was carried out is not known: within 24 hours it may be sent again under the same idempotency key (mine), which carries it out once.",
  )
  const last = server.sent.at(-1)?.at
  expect(last).toBeCloseTo(45_000, -1)
  // Ever more rarely.
  expect(server.sent.length).toBeLessThan(20)
})

it.each([409, 429, 500, 503])("says so where an answer was lost and a %i is the last word", async (code) => {
  const server = answering(lost, error(code, "Later.", { "retry-after": "100" }))
  const act = clientOf(server.fetch).group(GROUP).stop({ idempotencyKey: "mine" })
  expect(await failureOf(act)).toMatchObject({
    status: code,
    message: expect.stringMatching(/^Later\. Whether the request was carried out is not known: .*\(mine\)/),
  })
})

it("believes a clear refusal, whatever was lost before", async () => {
  const act = clientOf(answering(lost, error(402, "No credit.")).fetch)
    .group(GROUP)
    .retry()
  expect(await failureOf(act)).toMatchObject({ status: 402, message: "No credit." })
})

it("says of a read that no answer came, and no more", async () => {
  const failure = await failureOf(clientOf(answering(lost).fetch).group(GROUP).status())
  expect(failure).toMatchObject({ status: 0, idempotencyKey: undefined })
  expect(failure.message).toBe(
    "No whole answer came from multitask.example (fetch failed: connect ECONNREFUSED).",
  )
})

it.each([
  ["seconds", () => "7"],
  ["parts of them", () => "6.3"],
  ["a date", () => new Date(Date.now() + 7_000).toUTCString()],
])("waits as long as it is told, in %s", async (_, header) => {
  const limited: Answer = (sent) => error(429, "too many", { "retry-after": header() })(sent)
  const server = answering(limited, json(status))
  await inTime(clientOf(server.fetch).group(GROUP).status())
  expect(server.sent[1]?.at).toBeGreaterThanOrEqual(6_000)
  expect(server.sent[1]?.at).toBeLessThan(9_000)
})

it("gives up at once where it is told to wait longer than it may", async () => {
  const server = answering(error(429, "too many", { "retry-after": "46" }))
  const failure = await failureOf(clientOf(server.fetch).group(GROUP).status())
  expect(failure).toMatchObject({ status: 429, retryAfter: 46, message: "too many", refId: "ref-429" })
  expect(server.sent).toHaveLength(1)
})

it.each([400, 401, 402, 403, 404, 409, 413, 422, 500, 501])("does not repeat a %i", async (code) => {
  const server = answering(error(code, "no"))
  expect(await failureOf(clientOf(server.fetch).group(GROUP).stop())).toMatchObject({
    status: code,
    message: "no",
  })
  expect(server.sent).toHaveLength(1)
})

it("counts a read that nobody answers for 30 s as lost, and one whose body falls silent", async () => {
  const silent = body(['{"status":'], "silence")
  const server = answering(
    never,
    () => new Response(silent.stream, { headers: { "content-type": "application/json" } }),
  )
  expect((await failureOf(clientOf(server.fetch).group(GROUP).status())).message).toBe(
    "No whole answer came from multitask.example (nothing came for 30 s).",
  )
  expect(server.sent).toHaveLength(2)
  expect(server.sent[1]?.at).toBeLessThan(31_000)
  expect(silent.state.cancelled).toBe(true)
})

it("leaves an act the time that the server takes", async () => {
  const slow = () =>
    new Promise<Response>((answer) => setTimeout(() => answer(Response.json(stopped)), 60_000))
  const server = answering(slow)
  expect(await inTime(clientOf(server.fetch).group(GROUP).stop())).toEqual(stopped)
  expect(server.sent).toHaveLength(1)
})

it("starts no attempt after 45 s, however late the last one broke", async () => {
  const server = answering(
    () => new Promise((_, reject) => setTimeout(() => reject(new TypeError("terminated")), 60_000)),
  )
  expect(await failureOf(clientOf(server.fetch).group(GROUP).stop())).toMatchObject({ status: 0 })
  expect(server.sent).toHaveLength(1)
})

it("says what the server said: every problem, its reference, the group", async () => {
  const refused = {
    type: "error",
    error: {
      ref_id: "r-1",
      message: "2 problems",
      detail: { errors: [{ path: "inputs[3]", message: "is empty" }, "and 4 more", { path: 1 }, null] },
    },
    taskgroup_id: GROUP,
    url: `${BASE}/${GROUP}`,
  }
  const failure = await failureOf(
    clientOf(answering(json(refused, 422)).fetch).create({ inputs: [{}], output_type: "text" }),
  )
  expect({ ...failure, message: failure.message }).toMatchObject({
    name: "MultitaskError",
    status: 422,
    message: "2 problems",
    refId: "r-1",
    errors: [
      { path: "inputs[3]", message: "is empty" },
      { path: "", message: "and 4 more" },
    ],
    taskgroupId: GROUP,
    url: `${BASE}/${GROUP}`,
  })
})

it.each([
  ["a proxy's page", "<html>secret internals</html>"],
  ["JSON of another shape", "[null]"],
  ["JSON that breaks off", '{"error":{"message":"hal'],
  ["nothing", ""],
])("says the status where the error is %s", async (_, page) => {
  const server = answering(text(page, "text/html", 403))
  const failure = await failureOf(clientOf(server.fetch).group(GROUP).stop())
  expect(failure).toMatchObject({ status: 403, errors: [] })
  expect(failure.message).toBe("The server answered 403, and nothing that says why.")
})

it("does not take a page for an answer", async () => {
  const server = answering(text("<html>"))
  const failure = await failureOf(clientOf(server.fetch).group(GROUP).status())
  expect(failure).toMatchObject({ status: 200 })
  expect(failure.message).toContain("answered text/html where JSON was asked for")
  expect(server.sent).toHaveLength(1)
})

/** What a browser shows of a redirect that is not followed. */
class OpaqueRedirect extends Response {
  override readonly type = "opaqueredirect"
  override readonly status = 0
  override readonly ok = false
}

it("follows no redirect, with the key or without", async () => {
  const to = text(null, "text/html", 307, { location: "https://elsewhere.example/x?token=1" })
  const opaque = () => new OpaqueRedirect(null)
  for (const answer of [to, opaque]) {
    const server = answering(answer)
    const group = clientOf(server.fetch).group(GROUP)
    for (const failure of [await failureOf(group.stop()), await failureOf(group.status())]) {
      expect(failure.status).toBe(answer === to ? 307 : 302)
      expect(failure.message).toContain("redirects")
      expect(failure.message).not.toContain("token")
    }
    expect(server.sent).toHaveLength(2)
    expect(server.sent.every(({ init }) => init.redirect === "manual")).toBe(true)
  }
})

it("sends the key with what changes something, to the base URL, and nowhere else", async () => {
  const server = answering(json({ ...stopped, ...status }))
  const client = clientOf(server.fetch)
  const group = client.group(`https://elsewhere.example/${GROUP}.csv?x=1`)
  await inTime(group.status())
  await inTime(group.stop())
  await inTime(client.request({ path: `/${GROUP}.csv` }))
  expect(server.sent.map(({ headers }) => headers.get("x-api-key"))).toEqual([null, KEY, null])
  expect(
    server.sent.every(({ url, init }) => url.startsWith(`${BASE}/`) && init.credentials === "same-origin"),
  ).toBe(true)
  await expect(client.request({ path: ".elsewhere.example/", method: "POST" })).rejects.toThrow(TypeError)
  expect(server.sent).toHaveLength(3)
})

it.each([
  ["no key", undefined, "takes a Parallel API key"],
  ["an empty one", "", "takes a Parallel API key"],
  ["one with a line end", `${KEY}\n`, "visible ASCII"],
  ["one of other letters", "schlüssel", "visible ASCII"],
])("answers an act with %s by a 401, and sends nothing", async (_, apiKey, message) => {
  const server = answering(json(stopped))
  const client = clientOf(server.fetch, apiKey ?? "")
  const group = client.group(GROUP)
  const input = { inputs: [{ a: 1 }], output_type: "text" } as const
  for (const call of [
    () => client.plan(input),
    () => client.create(input),
    () => group.addInputs({ inputs: [] }),
    () => group.retry(),
    () => group.stop(),
    () => group.resume(),
    () => group.delete(),
  ]) {
    const failure = await failureOf(call())
    expect(failure).toMatchObject({ status: 401, message: expect.stringContaining(message) })
    expect(String(failure.stack)).not.toContain(KEY)
  }
  expect(server.sent).toEqual([])
})

it("repeats no key that a server or a fetch repeats", async () => {
  const said = `no: ${KEY}`
  const detail = { errors: [{ path: said, message: said }] }
  const echo = answering(
    json({ error: { message: said, ref_id: said, detail }, taskgroup_id: said, url: said }, 403),
  )
  const thrown = answering(({ init }) => {
    const cause = Object.assign(new Error(`at ${KEY}`), { code: "ESENT" })
    throw Object.assign(new TypeError(`cannot send ${KEY}`, { cause }), { request: init, name: "SendError" })
  })
  const thrownText = answering(() => {
    // oxlint-disable-next-line typescript/only-throw-error
    throw `cannot send ${KEY}`
  })
  for (const { fetch } of [echo, thrown, thrownText]) {
    const failure = await failureOf(clientOf(fetch).group(GROUP).stop())
    const shown = inspect(failure, { depth: Infinity, showHidden: true })
    expect(shown).toContain("[key]")
    expect(shown).not.toContain(KEY)
    if (fetch === thrown.fetch) {
      expect(failure.cause).toMatchObject({ name: "SendError", message: "cannot send [key]" })
      expect(failure.cause.cause).toMatchObject({ code: "ESENT" })
    }
  }
})

it("ends with the signal's own reason, wherever it is, and leaves nothing behind", async () => {
  const slow = body(['{"status":'], "silence")
  const places = {
    "waiting for an answer": never,
    "waiting for a fetch that hears no signal": () => new Promise<Response>(() => {}),
    "reading a body": () => new Response(slow.stream, { headers: { "content-type": "application/json" } }),
    "waiting to try again": error(503, "later", { "retry-after": "20" }),
  }
  for (const [place, answer] of Object.entries(places)) {
    const { controller, signal, listening, everListened } = watchedSignal()
    const reason = new Error(`enough of ${place}`)
    const call = clientOf(answering(answer).fetch).group(GROUP).status({ signal })
    const outcome = call.catch((failure: unknown) => failure)
    await vi.advanceTimersByTimeAsync(5)
    expect(everListened(), place).toBe(true)
    controller.abort(reason)
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount(), place).toBe(0)
    expect(await outcome).toBe(reason)
    expect(listening(), place).toBe(0)
  }
  expect(slow.state.cancelled).toBe(true)
})

it("ends with the signal's own reason however long it has tried", async () => {
  const { controller, signal } = watchedSignal()
  const call = clientOf(answering(never).fetch).group(GROUP).stop({ signal })
  const outcome = call.catch((failure: unknown) => failure)
  await vi.advanceTimersByTimeAsync(50_000)
  controller.abort("enough")
  expect(await outcome).toBe("enough")
})

it("takes one signal for many calls, without a warning of a leak", async () => {
  const { controller, signal, listening } = watchedSignal()
  const { sent, fetch } = answering(never)
  const group = clientOf(fetch).group(GROUP)
  const calls = [
    ...Array.from({ length: 20 }, () => failureOf(group.status({ signal }))),
    failureOf(group.rows({ signal }).next()),
  ]
  await vi.advanceTimersByTimeAsync(0)
  expect(listening()).toBe(1)
  controller.abort("enough")
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["enough"]))
  expect(sent.every(({ init }) => init.signal?.aborted)).toBe(true)
  expect([listening(), vi.getTimerCount()]).toEqual([0, 0])
})

it("sends nothing under a signal that has been aborted", async () => {
  const server = answering(json(stopped))
  const signal = AbortSignal.abort("no more")
  expect(await failureOf(clientOf(server.fetch).group(GROUP).stop({ signal }))).toBe("no more")
  expect(server.sent).toEqual([])
})

it("leaves neither timer nor listener behind an answer", async () => {
  const { signal, listening, everListened } = watchedSignal()
  const server = answering(lost, error(429, "later"), json(status))
  await inTime(clientOf(server.fetch).group(GROUP).status({ signal }))
  expect(everListened()).toBe(true)
  expect(listening()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

it("hands over an answer as it is, and its body as it comes, until the signal ends it", async () => {
  const { controller, signal, listening } = watchedSignal()
  const csv = body(["a,b\n", "1,2\n"], "silence")
  const server = answering(
    () => new Response(csv.stream, { status: 206, headers: { "content-type": "text/csv", link: "<x>" } }),
  )
  const client = clientOf(server.fetch)
  const response = await inTime(
    client.request({ path: "/x.csv", query: { bom: 0, limit: undefined }, accept: "text/csv", signal }),
  )
  expect(server.sent[0]).toMatchObject({ path: "/x.csv?bom=0" })
  expect(server.sent[0]?.headers.get("accept")).toBe("text/csv")
  expect([response.status, response.headers.get("link")]).toEqual([206, "<x>"])
  // By demand: nothing was read yet.
  expect(csv.state.read).toBe(0)
  const reader = response.body!.getReader()
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("a,b\n")
  await reader.read()
  const next = reader.read().catch((failure: unknown) => failure)
  controller.abort("enough")
  expect(await next).toBe("enough")
  await vi.advanceTimersByTimeAsync(0)
  expect([csv.state.cancelled, listening(), vi.getTimerCount()]).toEqual([true, 0, 0])
})

it("closes the connection of an answer that is cancelled while it is read", async () => {
  const { signal, listening } = watchedSignal()
  const endless = body([], "silence")
  const server = answering(() => new Response(endless.stream))
  const response = await inTime(clientOf(server.fetch).request({ path: "/x.sse", signal }))
  const reader = response.body!.getReader()
  const reading = reader.read()
  await reader.cancel()
  expect((await reading).done).toBe(true)
  expect([endless.state.cancelled, listening(), vi.getTimerCount()]).toEqual([true, 0, 0])
})
