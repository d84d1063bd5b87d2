import { beforeAll, describe, expect, it } from "vitest"
import { createRedactor } from "../../smoke/redact.ts"
import { KEY, OTHER_KEY, smoke, type Smoked } from "./harness.ts"

/** Where content may be in an answer, and how it is planted there. */
const PLACES: ReadonlyArray<readonly [name: string, find: string, plant: string]> = [
  ["reasoning", '"reasoning":"', '"reasoning":"PLANTED a '],
  ["title", '"title":"', '"title":"PLANTED b \\"quoted\\" '],
  ["url", '"url":"', '"url":"https://PLANTED.example/'],
  ["excerpt", '"excerpts":["', '"excerpts":["PLANTED ü 日本 '],
  ["a value of the output", '"founded_year":"', '"founded_year":"PLANTED'],
  ["an element of the output", '"products":["', '"products":["PLANTED'],
  ["a name in the output", '"content":{', '"content":{"PLANTED name":{"PLANTED":471147114711},'],
  ["metadata", '"metadata":{', '"metadata":{"PLANTED note":"PLANTED","input_index2":471147114711,'],
  ["an unknown field", '"run":{', '"run":{"x_new":{"deep":["PLANTED",471147114711]},'],
  ["a status message", '"status_message":null', '"status_message":"PLANTED"'],
  ["an error's message", '"message":"', '"message":"PLANTED for KEY '],
  ["an error's detail", '"detail":null', '"detail":{"cause":"PLANTED"}'],
  ["a type", '"type":"json"', '"type":"json PLANTED"'],
  ["a comment", ": keep-alive", ": PLANTED 471147114711"],
  ["an event's name", "event: task_group_status", "event: PLANTED name"],
]

const planted = new Map<string, number>()

const plant = (text: string): string =>
  PLACES.reduce((all, [name, find, instead]) => {
    planted.set(name, (planted.get(name) ?? 0) + all.split(find).length - 1)
    return all.replaceAll(find, instead.replace("KEY", KEY))
  }, text)

const plantIn = (response: Response): Response => {
  const headers = new Headers(response.headers)
  headers.set("set-cookie", "session=PLANTED")
  headers.set("x-request-id", "PLANTED")
  headers.set("retry-after", KEY)
  headers.set("x-ratelimit-remaining", "12")
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()]
  const planting = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, to) => to.enqueue(encoder.encode(plant(decoder.decode(chunk)))),
  })
  return new Response(response.body?.pipeThrough(planting) ?? null, { status: response.status, headers })
}

describe("the recording", () => {
  let run: Smoked
  beforeAll(async () => {
    run = await smoke(
      { events: { keep_alive_ms: 2_000, end: "never" }, shapes: { extra_fields: true } },
      {
        otherKey: OTHER_KEY,
        handle: async (simulator, request) => plantIn(await simulator.handle(request)),
        prepare: ({ faults }) => {
          const fault = (route: string, fault: object, skip: number) =>
            faults.push({ route, skip, fault } as never)
          fault("group.get", { kind: "status", status: 502, body: "html", message: null }, 2)
          fault("group.runs.list", { kind: "cut", where: "mid_line" }, 1)
          fault("group.events", { kind: "malformed_event" }, 2)
          fault("group.events", { kind: "cut", where: "mid_character" }, 4)
        },
      },
    )
  })

  it("was given content everywhere", () => {
    expect(PLACES.filter(([name]) => (planted.get(name) ?? 0) === 0)).toEqual([])
    expect(run.text.length).toBeGreaterThan(50_000)
  })

  it("holds neither keys nor content", () => {
    expect(run.text).not.toMatch(/PLANTED/i)
    for (const word of [
      KEY,
      OTHER_KEY,
      "Stripe",
      "Cloudflare",
      "Mozilla",
      "471147114711",
      "Bad Gateway",
      "日本",
    ])
      expect(run.text).not.toContain(word)
    for (const id of [...run.simulator.ledger.runs.keys(), ...run.simulator.ledger.groups.keys()])
      expect(run.text).not.toContain(id)
  })

  it("keeps form: kinds, statuses, counts, times, names, sizes, cursors and the input's number", () => {
    for (const part of [
      '"status":"completed"',
      '"status":"running"',
      '"num_task_runs":3',
      '"confidence":"medium"',
      '"input_index":"2"',
      '"x_new":{"x0":["xxxxxxx",1]}',
      '"memory_scope_key":null',
      '"created_at":"2026-11-20T09:00:0',
      ": xxxxxxx xxxx",
    ])
      expect(run.text).toContain(JSON.stringify(part).slice(1, -1))
    expect(run.text).toContain('"x-ratelimit-remaining":"12"')
  })

  it("is no longer than it may be, and neither are the questions", () => {
    expect(run.requests).toBeLessThan(200)
    expect(run.text.length).toBeLessThan(1_000_000)
  })
})

describe("the redactor", () => {
  const { body, id, path, events } = createRedactor(["secret_key"], ["founded_year"])

  it.each([
    // Content
    [
      '{"output":{"content":{"founded_year":"19é8","b":[1.5,true,null]}}}',
      '{"output":{"content":{"founded_year":"xxxx","x1":[1,false,null]}}}',
    ],
    // Words of the protocol with a key in them
    [
      '{"type":"secret_key","status":"secret_key_1","secret_key":null}',
      '{"type":"xxxxxxxxxx","status":"xxxxxxxxxxxx","x2":null}',
    ],
    // All in what nobody knows, whatever it is called
    [
      '{"run":{"x_new":{"status":"running","num_task_runs":12}}}',
      '{"run":{"x_new":{"x0":"xxxxxxx","x1":1}}}',
    ],
    // All but the punctuation of what is no JSON
    ['{"type":"error","message":"Größe 12', '{"xxxx":"xxxxx","xxxxxxx":"xxxxx xx'],
    // JSON that is a text within content
    [
      '{"output":{"content":"{\\"founded_year\\":\\"1998\\"}"}}',
      '{"output":{"content":"{\\"founded_year\\":\\"xxxx\\"}"}}',
    ],
    // Names that a prototype has
    ['{"__proto__":{"a":"b"},"constructor":"c"}', '{"__proto__":{"x0":"x"},"constructor":"x"}'],
  ])("replaces what may not stay: %s", (given, expected) => {
    expect(body(given)).toBe(expected)
  })

  it("keeps the fields, the line ends and the cut of an event", () => {
    const text = ': ping\r\n\r\nid: 7\r\nevent: a.b\r\ndata: {"type":"x",\r\ndata: "run_cursor":null}\r\n\r\n'
    const lines = ["{", ' "type": "x",', ' "run_cursor": null', "}"]
      .map((line) => `data: ${line}\r\n`)
      .join("")
    expect(events(text)).toBe(`: ping\r\n\r\nid: 7\r\nevent: a.b\r\n${lines}\r\n`)
  })

  it("gives an id the same stand-in of the same look wherever it is", () => {
    const given = "trun_0c6f2b7d9a1e4c53b8d47f10e2a96b35"
    const instead = id(given)
    expect(instead).toMatch(/^trun_[0-9a-f]{32}$/)
    expect(instead).not.toBe(given)
    expect(path(`/v1/tasks/runs/${given}/result`)).toBe(`/v1/tasks/runs/${instead}/result`)
    const ids = { run_ids: [given], run: { run_id: given } }
    expect(body(JSON.stringify(ids))).toBe(JSON.stringify(ids).replaceAll(given, instead))
    expect(id("1732615200000-A")).toMatch(/^\d{13}-[A-Z]$/)
    expect(id("17")).toBe("17")
  })

  it("gives other ids another stand-in, however short they are, and keeps the order of numbers", () => {
    const given = Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n))
    expect(new Set(given.map(id)).size).toBe(given.length)
    expect(BigInt(id("1732615200001")) - BigInt(id("1732615200000"))).toBe(1n)
    expect(id("1732615200000")).not.toBe("1732615200000")
  })
})
