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
  ["a name in the output", '"content":{', '"content":{"PLANTED name":{"PLANTED":4711},'],
  ["metadata", '"metadata":{', '"metadata":{"PLANTED note":"PLANTED","input_index2":4711,'],
  ["an unknown field", '"run":{', '"run":{"x_new":{"deep":["PLANTED",4711]},'],
  ["a status message", '"status_message":null', '"status_message":"PLANTED"'],
  ["an error's message", '"message":"', '"message":"PLANTED for KEY '],
  ["an error's detail", '"detail":null', '"detail":{"cause":"PLANTED"}'],
  ["a type", '"type":"json"', '"type":"json PLANTED"'],
  ["a comment", ": keep-alive", ": PLANTED 4711"],
  ["an event's name", "event: task_group_status", "event: PLANTED name"],
]

const planted = new Map<string, number>()

const plant = (text: string): string =>
  PLACES.reduce((all, [name, find, instead]) => {
    planted.set(name, (planted.get(name) ?? 0) + all.split(find).length - 1)
    return all.replaceAll(find, instead.replace("KEY", KEY))
  }, text)

const plantIn = (response: Response): Response => {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  const reader = response.body?.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (done) controller.close()
        else controller.enqueue(encoder.encode(plant(decoder.decode(value))))
      },
      cancel: () => reader?.cancel(),
    },
    { highWaterMark: 0 },
  )
  const headers = new Headers(response.headers)
  headers.set("set-cookie", "session=PLANTED")
  headers.set("x-request-id", "PLANTED")
  headers.set("x-ratelimit-remaining", "12")
  return new Response(body, { status: response.status, headers })
}

describe("the recording", () => {
  let run: Smoked
  beforeAll(async () => {
    planted.clear()
    run = await smoke(
      { events: { keep_alive_ms: 2_000, end: "never" }, shapes: { extra_fields: true } },
      {
        otherKey: OTHER_KEY,
        handle: async (simulator, request) => plantIn(await simulator.handle(request)),
        prepare: (simulator) => {
          const fault = (route: string, fault: object, skip = 0) =>
            simulator.faults.push({ route, skip, fault } as never)
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
    for (const word of [KEY, OTHER_KEY, "Stripe", "Cloudflare", "Mozilla", "4711", "Bad Gateway", "日本"])
      expect(run.text).not.toContain(word)
    for (const id of [...run.simulator.ledger.runs.keys(), ...run.simulator.ledger.groups.keys()])
      expect(run.text).not.toContain(id)
  })

  it("keeps form: kinds, statuses, counts, times, names, sizes, cursors and the input's number", () => {
    for (const part of [
      '\\"status\\":\\"completed\\"',
      '\\"status\\":\\"running\\"',
      '\\"num_task_runs\\":3',
      '\\"confidence\\":\\"medium\\"',
      '\\"input_index\\":\\"2\\"',
      '\\"x_new\\":{\\"deep\\":[\\"xxxxxxx\\",1111]}',
      '\\"memory_scope_key\\":null',
      '\\"created_at\\":\\"2026-11-20T09:00:0',
      '"x-ratelimit-remaining":"12"',
      '": xxxxxxx xxxx\\n\\n"',
    ])
      expect(run.text).toContain(part)
  })

  it("is no longer than it may be, and neither are the questions", () => {
    expect(run.requests).toBeLessThan(200)
    expect(run.text.length).toBeLessThan(1_000_000)
  })
})

const redactor = () =>
  createRedactor({ secrets: ["secret_key"], ownKeys: ["founded_year"], salt: "of this test" })

describe("the redactor", () => {
  it("keeps the length and the spacing of JSON, and all of its structure", () => {
    const text = `{ "type" : "task_run.state",\n\t"output": {"content": {"founded_year": "19é8\\u00e9", "b": [1.5, true, null]}}}`
    const redacted = redactor().body(text)
    expect(redacted).toBe(
      `{ "type" : "task_run.state",\n\t"output": {"content": {"founded_year": "xxxxxxxxxx", "x": [1.1, true, null]}}}`,
    )
  })

  it("gives an id the same stand-in of the same look wherever it is", () => {
    const { body, id, path } = redactor()
    const given = "trun_0c6f2b7d9a1e4c53b8d47f10e2a96b35"
    const instead = id(given)
    expect(instead).toMatch(/^trun_[0-9a-f]{32}$/)
    expect(instead).not.toBe(given)
    expect(path(`/v1/tasks/runs/${given}/result`)).toBe(`/v1/tasks/runs/${instead}/result`)
    expect(JSON.parse(body(JSON.stringify({ run_ids: [given], run: { run_id: given } })))).toEqual({
      run_ids: [instead],
      run: { run_id: instead },
    })
    expect(id("1732615200000-A")).toMatch(/^\d{13}-[A-Z]$/)
    expect(id("1732615200000-A")).not.toBe("1732615200000-A")
    expect(id("17")).toBe("17")
  })

  it("gives other ids another stand-in, however short they are", () => {
    const { id } = redactor()
    const given = Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n))
    expect(new Set(given.map(id)).size).toBe(given.length)
  })

  it("keeps no word of the protocol that has a secret in it", () => {
    expect(redactor().body('{"type":"secret_key","status":"secret_key_1","secret_key":null}')).toBe(
      '{"type":"xxxxxxxxxx","status":"xxxxxxxxxxxx","xxxxxxxxxx":null}',
    )
  })

  it("keeps nothing but names within what nobody knows, whatever it is called there", () => {
    expect(redactor().body('{"run":{"x_new":{"status":"running","type":"a","num_task_runs":12}}}')).toBe(
      '{"run":{"x_new":{"status":"xxxxxxx","type":"x","num_task_runs":11}}}',
    )
  })

  it("keeps only the punctuation of what is no JSON", () => {
    expect(redactor().body('{"type":"error","message":"Größe 12')).toBe('{"xxxx":"xxxxx","xxxxxxx":"xxxxx xx')
  })

  it("redacts JSON that is a text within content, and it stays JSON", () => {
    const text = JSON.stringify({
      output: { type: "json", content: JSON.stringify({ founded_year: "1998" }) },
    })
    expect(JSON.parse(redactor().body(text))).toEqual({
      output: { type: "json", content: '{"founded_year":"xxxx"}' },
    })
  })
})
