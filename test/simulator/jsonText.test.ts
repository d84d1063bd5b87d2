import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spaced } from "../../simulator/core/jsonSpelling.ts"
import { elementsOf, membersOf, objectText, textAt } from "../../simulator/core/jsonText.ts"
import type { BehaviourPatch } from "../../simulator/index.ts"
import { spellWildly, wildRow } from "../support/wildJson.ts"
import { harness, jsonSpec, type Harness, type Loose } from "./harness.ts"

const ODD =
  '{ "id":738529527931269425,"2023":1.10 ,"2021":-0,"id":1E+2,"caf\\u00e9":"\\ud800 \u2028 \\u001b","tiny":1e-400}'

const post = async (h: Harness, body: string) => {
  const group = await h.group()
  const added = await h.json("POST", `/v1/tasks/groups/${group}/runs`, body)
  await h.clock.advance(60_000)
  return { group, ids: added.run_ids as string[], added }
}

const bodyOf = (inputs: ReadonlyArray<string>, spec: string | null = null) =>
  `{"inputs" : [${inputs
    .map((input, i) => `{"input":${input},"processor":"core","metadata":{"input_index":"${i}"}}`)
    .join(" , ")}]${spec === null ? "" : `,"default_task_spec":${spec}`}}`

/** The `data` of a stream's run events, as text. */
const runsOf = async (h: Harness, path: string): Promise<string[]> => {
  const text = await (await h.send("GET", path)).text()
  return text
    .split("\n\n")
    .map((block) =>
      block
        .split("\n")
        .filter((line) => line.startsWith("data: "))
        .map((line) => line.slice(6))
        .join("\n"),
    )
    .filter((data) => data.includes('"task_run.state"'))
}

/** A blank's line ends become those of the stream. */
const joined = (text: string) => text.replace(/\r\n?/g, "\n")

describe("JSON as text", () => {
  it.prop("taken apart and put together again it is the same", [...wildRow], ([row, dice]) => {
    const text = spellWildly(row, dice)
    const again = objectText(membersOf(text))
    expect(JSON.parse(again)).toStrictEqual(JSON.parse(text))
    expect(spaced(again, "spaces").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""))
    expect(elementsOf(` [ ${text} ,1 , ${text}] `)).toStrictEqual([text, "1", text])
    for (const blanks of ["spaces", "lines"] as const) {
      expect(JSON.parse(spaced(text, blanks))).toStrictEqual(JSON.parse(text))
    }
  })

  it("finds what lies at a path", () => {
    expect(textAt(' {"a": {"b" :1.10} , "a":{"b": [ 2 ]}}', "a", "b")).toBe("[ 2 ]")
    expect(textAt('{"a":[1]}', "a", "b")).toBe(undefined)
  })
})

describe("what a client sends", () => {
  it.effect.prop(
    "comes back to the letter, wherever it is told, and as the output that echoes it",
    [...wildRow, Schema.Literals(["none", "spaces", "lines"])],
    ([row, dice, blanks]) =>
      Effect.promise(async () => {
        const h = harness({
          runs: { failure_rate: 0 },
          outputs: { content: "echo" },
          events: { input: "as_given", output: true },
          shapes: { blanks },
        })
        const text = spellWildly(row, dice)
        const { group, ids } = await post(h, bodyOf([text, '"text"'], JSON.stringify(jsonSpec())))
        const truth = await h.json("GET", `/_sim/ledger/${group}`)
        expect(truth.runs[0]).toMatchObject({ input_text: text, content_text: text })
        const told = spaced(text, blanks)
        const base = `/v1/tasks/groups/${group}`
        const [listed] = await runsOf(h, `${base}/runs?include_input=true&include_output=true`)
        const [happened] = (await runsOf(h, `${base}/events`)).filter(
          (data) => textAt(data, "output") !== "null" && textAt(data, "run", "run_id") === `"${ids[0]}"`,
        )
        const given = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}/input`)).text()
        const result = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}/result`)).text()
        const seen = [listed!, happened!].map((data) => [
          textAt(data, "input", "input"),
          textAt(data, "output", "content"),
        ])
        const depth = (json: string | undefined) => json?.replace(/\n */g, "\n")
        const expected = depth(joined(told))
        for (const one of [...seen.flat(), textAt(given, "input"), textAt(result, "output", "content")]) {
          expect(depth(one === undefined ? one : joined(one))).toBe(expected)
        }
        expect(h.sim.requests.crashes).toEqual([])
      }),
    { arbitrary: { runs: 30 } },
  )

  it("is known to the byte, with its headers but not its key", async () => {
    const h = harness()
    const body = bodyOf([ODD])
    const { group, ids } = await post(h, body)
    await h.send("POST", `/v1/tasks/groups/${group}/runs`, "{", { "user-agent": "multitask/1.2" })
    const [first, second] = await h.json("GET", "/_sim/requests/group.runs.add")
    expect(first).toMatchObject({ group, status: 200, path: `/v1/tasks/groups/${group}/runs`, body })
    expect(second).toMatchObject({ status: 422, body: "{", headers: { "user-agent": "multitask/1.2" } })
    expect(first.headers["x-api-key"]).toBe(undefined)
    const latin1 = {
      method: "POST",
      headers: { "x-api-key": "test-key" },
      body: new Uint8Array([0x22, 0xe9]),
    }
    await h.sim.handle(new Request("http://simulator.test/v1beta/tasks/suggest", latin1))
    expect((await h.json("GET", "/_sim/requests/suggest"))[0]).toMatchObject({
      body: null,
      body_base64: "Iuk=",
    })
    expect(h.sim.ledger.runs.get(ids[0]!)!.inputText).toBe(ODD)
    expect((await h.send("GET", "/_sim/requests/nothing")).status).toBe(404)
    for (let i = 0; i < 60; i++) await h.send("GET", `/v1/tasks/groups/${group}?n=${i}`)
    const last = await h.json("GET", "/_sim/requests/group.get")
    expect([last.length, last.at(-1).path]).toEqual([50, `/v1/tasks/groups/${group}?n=59`])
    expect((await h.json("DELETE", "/_sim/requests")).total).toBe(0)
    expect(await h.json("GET", "/_sim/requests/group.get")).toEqual([])
  })

  it("is kept in metadata and specs, too, but for what is write-only", async () => {
    const h = harness({ listing: { expand_input: true } })
    const spec =
      '{"output_schema":{"type":"json","json_schema":{"type":"object","properties":{"2023":{"type":"number","default":1.10},"2021":{"type":"number"}},"required":["2023","2021"]}}}'
    const extra =
      '"mcp_servers":[{"name":"m","url":"https://m.test","headers":{"a":"secret"},"n":1.0}],"x":-0'
    const input = `{${extra},"input":{},"processor":"core","metadata":{"n":738529527931269425,"f":1.10}}`
    const made = await h.send("POST", "/v1/tasks/groups", '{"metadata":{"at":1.10,"2023":1,"2021":2}}')
    expect(textAt(await made.text(), "metadata")).toBe('{"at":1.10,"2023":1,"2021":2}')
    const { ids } = await post(h, `{"inputs":[${input}],"default_task_spec":${spec}}`)
    const given = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}/input`)).text()
    expect(textAt(given, "task_spec")).toBe(spec)
    expect(textAt(given, "metadata")).toBe('{"n":738529527931269425,"f":1.10}')
    expect(given).toContain('"mcp_servers":[{"name":"m","url":"https://m.test","n":1.0}],"x":-0')
    const run = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}`)).text()
    expect(textAt(run, "metadata")).toBe('{"n":738529527931269425,"f":1.10}')
    const result = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}/result`)).text()
    expect(membersOf(textAt(result, "output", "content")!).map(({ name }) => name)).toEqual(["2023", "2021"])
  })

  const REWRITTEN: ReadonlyArray<readonly [NonNullable<BehaviourPatch["shapes"]>["json"], string]> = [
    ["as_sent", ODD],
    ["python", '{"id":100.0,"2023":1.1,"2021":0,"café":"\\ud800 \u2028 \\u001b","tiny":0.0}'],
    ["sorted", '{"2021":0,"2023":1.1,"café":"\\ud800 \u2028 \\u001b","id":100.0,"tiny":0.0}'],
    ["javascript", '{"2021":0,"2023":1.1,"id":100,"café":"\\ud800 \u2028 \\u001b","tiny":0}'],
  ]
  it.each(REWRITTEN)("may be written anew: %s", async (json, expected) => {
    const h = harness({ shapes: { json: json! }, runs: { failure_rate: 0 }, outputs: { content: "echo" } })
    const { group, ids } = await post(h, bodyOf([ODD]))
    const given = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}/input`)).text()
    expect(json === "as_sent" ? textAt(given, "input") : given).toContain(expected)
    // What arrived stays known, and outputs are not what a client gave.
    expect((await h.json("GET", `/_sim/ledger/${group}`)).runs[0].input_text).toBe(ODD)
    const result = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}/result`)).text()
    expect(textAt(result, "output", "content")).toBe(ODD)
  })

  it.each([
    ["738529527931269425", "738529527931269425", "738529527931269400"],
    ["1e16", "1e+16", "10000000000000000"],
    ["123456789012345.5e1", "1234567890123455.0", "1234567890123455"],
    ["0.00001", "1e-05", "0.00001"],
    ["0.0001", "0.0001", "0.0001"],
    ["-0.0", "-0.0", "0"],
    ["1e400", "null", "null"],
    ["-2.5e-7", "-2.5e-07", "-2.5e-7"],
  ])("%s is %s in Python and %s in JavaScript", async (sent, python, javascript) => {
    for (const [json, expected] of [
      ["python", python],
      ["javascript", javascript],
    ] as const) {
      const h = harness({ shapes: { json } })
      const { ids } = await post(h, bodyOf([`{"n":${sent}}`]))
      const given = await (await h.send("GET", `/v1/tasks/runs/${ids[0]}/input`)).text()
      expect(textAt(given, "input", "n")).toBe(expected)
    }
  })
})

describe("outputs that are hard to pass on", () => {
  const spec = JSON.stringify(jsonSpec())
  const contentOf = async (h: Harness, id: string) =>
    textAt(await (await h.send("GET", `/v1/tasks/runs/${id}/result`)).text(), "output", "content")!

  it("hold what is lost by values, broken by lines and obeyed by terminals", async () => {
    const h = harness({ runs: { failure_rate: 0 }, outputs: { content: "hard" } })
    const { ids, group } = await post(h, bodyOf(["{}"], spec))
    const content = await contentOf(h, ids[0]!)
    expect(() => JSON.parse(content)).not.toThrow()
    const members = membersOf(content)
    const names = members.map(({ name }) => name)
    expect(names.slice(0, 2)).toEqual(["ceo_name", "founded_year"])
    expect(names.filter((name) => /^\d+$/.test(name))).toEqual(["2023", "2021"])
    expect(names.filter((name) => name === "twice")).toHaveLength(2)
    const values = members.map(({ value }) => value)
    for (const value of ["738529527931269425", "1.10", "1E+2", "-0", "1e-400", '"\\ud800"']) {
      expect(values).toContain(value)
    }
    expect(content).toMatch(/:\d{30},/)
    for (const raw of ["\u2028", "\u0085", "\u007f"]) expect(content).toContain(raw)
    for (const escape of ["\\u0000", "\\u001b"]) expect(content).toContain(escape)
    expect(content).toContain("[".repeat(99))
    expect(content).toContain(",\n  ")
    const [listed] = await runsOf(h, `/v1/tasks/groups/${group}/runs?include_output=true`)
    expect(joined(textAt(listed!, "output", "content")!)).toBe(joined(content))
    const basis = JSON.parse(textAt(listed!, "output", "basis")!) as ReadonlyArray<Loose>
    expect(basis.map(({ field }) => field)).toContain("tweet_id")
  })

  it("are text where text was asked for", async () => {
    const h = harness({ runs: { failure_rate: 0 }, outputs: { content: "hard" } })
    const { ids } = await post(h, bodyOf(["{}"], '{"output_schema":"a report"}'))
    expect(JSON.parse(await contentOf(h, ids[0]!))).toContain("NUL \u0000, ESC \u001b[31m")
  })

  it("can be chosen for one run, or given to the letter", async () => {
    const h = harness({ runs: { failure_rate: 0, overrides: [{ input_index: 0, output_text: ODD }] } })
    const group = await h.group()
    await h.send("POST", `/_sim/groups/${group}/overrides`, { input_index: 1, output_content: "echo" })
    const path = `/v1/tasks/groups/${group}/runs`
    const { run_ids: ids } = await h.json("POST", path, bodyOf(["{}", '"a text"', '{"a":1.10}'], spec))
    await h.clock.advance(60_000)
    const contents = await Promise.all((ids as string[]).map((id) => contentOf(h, id)))
    expect(contents.slice(0, 2)).toEqual([ODD, '{"input":"a text"}'])
    expect(Object.keys(JSON.parse(contents[2]!))).toEqual(["ceo_name", "founded_year"])
    const refused = await h.send("POST", `/_sim/groups/${group}/overrides`, { output_text: "{" })
    expect(refused.status).toBe(422)
  })

  it("stay whole as text in a string (D7)", async () => {
    const h = harness({
      runs: { failure_rate: 0 },
      outputs: { content: "echo" },
      shapes: { json_content_as_text: true },
    })
    const { ids } = await post(h, bodyOf([ODD], spec))
    expect(JSON.parse(await contentOf(h, ids[0]!))).toBe(ODD)
  })
})

describe("suggestions", () => {
  it("give the input schema back as it came", async () => {
    const h = harness()
    const schema = '{"type":"object","properties":{"2023":{"type":"number","default":1.10},"2021":{}}}'
    for (const given of [schema, `{"type":"json","json_schema": ${schema} }`]) {
      const body = `{"user_intent":"the CEO","previous_task":{"input_schema": ${given}}}`
      const answer = await (await h.send("POST", "/v1beta/tasks/suggest", body)).text()
      expect(textAt(answer, "input_schema")).toBe(schema)
    }
  })

  it("may be of names and numbers that JavaScript changes, and be taken all the same", async () => {
    const h = harness({ suggest: { schema: "hard" }, runs: { failure_rate: 0 } })
    const answer = await h.send("POST", "/v1beta/tasks/suggest", { user_intent: "revenue by year" })
    const schema = textAt(await answer.text(), "output_schema")!
    expect(membersOf(textAt(schema, "properties")!).map(({ name }) => name)).toEqual([
      "2023",
      "2021",
      "order_number",
    ])
    expect(schema).toContain("738529527931269425")
    const { added } = await post(
      h,
      bodyOf(["{}"], `{"output_schema":{"type":"json","json_schema":${schema}}}`),
    )
    expect(added.run_ids).toHaveLength(1)
  })
})
