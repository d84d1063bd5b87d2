import { describe, expect, it } from "vitest"
import { untilEnded } from "../support/expect.ts"
import { callTool, done, failed } from "../support/mcp.ts"
import { SCHEMA } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

/** What a tool is given reaches Parallel to the letter, in whatever form it comes. */

const SCHEMA_TEXT = JSON.stringify(SCHEMA)

/** What parsing and writing anew would change. */
const HARD = String.raw`{"n":12345678901234567890,"price":1.10,"zero":-0,"big":1e2,"2":"two","1":"one","e":"\u00e9é","smile":"😀\ud83d\ude00","line":"a\nb c","deep":{"x":[1.0,null,true,{}]}}`
const PLAIN = `{"company":"Müller & Söhne","n":7}`

const argsOf = (inputs: string, more = "") =>
  `{"inputs":${inputs},"output":${SCHEMA_TEXT},"processor":"core","request_id":"r"${more}}`

/** The rows as Parallel has them. */
const rowsAt = async (upstream: Upstream, id: string): Promise<ReadonlyArray<string>> => {
  const { runs } = await upstream.ledger(id)
  return runs.toSorted((a, b) => (a.input_index ?? 0) - (b.input_index ?? 0)).map((run) => run.input_text)
}

const created = async (upstream: Upstream, args: string): Promise<string> => {
  const { taskgroup_id } = await done(upstream, "createTaskGroup", args)
  return taskgroup_id as string
}

const text = (content: string) => JSON.stringify(content)

describe.concurrent("rows reach Parallel as they were sent:", () => {
  it.each<[form: string, inputs: string, rows: ReadonlyArray<string>]>([
    ["objects", `[${HARD},${PLAIN}]`, [HARD, PLAIN]],
    ["objects with blanks between", `[ ${PLAIN.replaceAll(",", " ,\n\t")} ]`, [PLAIN]],
    ["JSON as text", text(`[${HARD}, ${PLAIN}]`), [HARD, PLAIN]],
    ["JSON as text, with a byte order mark", text(`\uFEFF[${PLAIN}]`), [PLAIN]],
    ["JSON Lines", text(`${HARD}\n\n${PLAIN}\r\n`), [HARD, PLAIN]],
    ["objects behind each other", text(`${PLAIN} ${PLAIN}`), [PLAIN, PLAIN]],
    [
      "CSV",
      text('company,n,note\n"Stripe, Inc.",007,"says ""hi"""\nÅÄÖ,12345678901234567890,1.10\n'),
      [
        '{"company":"Stripe, Inc.","n":"007","note":"says \\"hi\\""}',
        '{"company":"ÅÄÖ","n":"12345678901234567890","note":"1.10"}',
      ],
    ],
    [
      "CSV of a spreadsheet",
      text('\uFEFFcompany;city\r\n"Two\nlines";Köln\r\n\r\nLast;Ulm\r\n'),
      ['{"company":"Two\\nlines","city":"Köln"}', '{"company":"Last","city":"Ulm"}'],
    ],
    [
      "our own CSV",
      text("$id,$status,company,$error\ntrun_1,completed,'=Stripe,\n"),
      ['{"company":"=Stripe"}'],
    ],
    [
      "TSV of a data frame, whose index has no name",
      text("\tcompany\tcity\n0\tStripe\tSF\n1\tAdyen\tAms\n"),
      ['{"column_1":"0","company":"Stripe","city":"SF"}', '{"column_1":"1","company":"Adyen","city":"Ams"}'],
    ],
    ["CSV below blank lines", text("\n \ncompany,city\nA,B\n"), ['{"company":"A","city":"B"}']],
    ["TSV", text("company\tcity\nA, B\tC;D\n"), ['{"company":"A, B","city":"C;D"}']],
    [
      "one column with blanks",
      text("company,\nNew York Times,\nAC/DC,"),
      ['{"company":"New York Times"}', '{"company":"AC/DC"}'],
    ],
  ])("%s", async (_, inputs, rows) => {
    const upstream = newUpstream()
    expect(await rowsAt(upstream, await created(upstream, argsOf(inputs)))).toEqual(rows)
  })

  it.each(["json", "jsonl", "csv"])("%s behind a URL", async (format) => {
    const upstream = newUpstream()
    const [body, content_type, rows] = {
      json: [`[${HARD}]`, "application/json", [HARD]],
      jsonl: [`${HARD}\n${PLAIN}`, "application/jsonl", [HARD, PLAIN]],
      csv: ["company,n\nÅ,1.10\n", "text/csv", ['{"company":"Å","n":"1.10"}']],
    }[format] as [string, string, ReadonlyArray<string>]
    await upstream.serveInputs("rows", { body, content_type })
    const url = upstream.url("/_sim/inputs/rows?token=a%20b&x=[1]")
    const id = await created(upstream, argsOf(text(url)))
    expect(await rowsAt(upstream, id)).toEqual(rows)
  })

  it("those that are added", async () => {
    const upstream = newUpstream()
    const id = await created(upstream, argsOf(`[${PLAIN}]`))
    for (const [request, inputs] of [
      `[${HARD}]`,
      text(`${HARD}\n${HARD}`),
      text("company\tn\nX\t1.10"),
    ].entries())
      await done(
        upstream,
        "addInputs",
        `{"taskgroup_id":"${id}","inputs":${inputs},"request_id":"${request}"}`,
      )
    const { runs } = await untilEnded(id)
    expect(runs).toHaveLength(5)
    expect(await rowsAt(upstream, id)).toEqual([PLAIN, HARD, HARD, HARD, '{"company":"X","n":"1.10"}'])
  })
})

describe.concurrent("rows are refused by their place:", () => {
  const upstream = newUpstream()

  it.each<[what: string, row: string, place: string]>([
    ["a name given twice", '{"a":1,"b":{"c":1,"c":2}}', "inputs[1].b.c"],
    ["a name given twice, once in disguise", '{"ab":1,"a\\u0062":2}', "inputs[1].ab"],
    ["half a character", '{"a":["\\ud800"]}', "inputs[1].a[0]"],
    ["a name with half a character", '{"a":{"\\udc00":1}}', "inputs[1].a"],
    ["a number beyond numbers", '{"a":-1e400}', "inputs[1].a"],
    ["no object", '"Stripe"', "inputs[1]"],
    ["nothing", '{"a":" ","b":null}', "inputs[1]"],
  ])("%s", async (_, row, place) => {
    for (const inputs of [`[${PLAIN},${row}]`, text(`[${PLAIN},${row}]`), text(`${PLAIN}\n${row}`)])
      for (const [tool, args] of [
        ["createTaskGroup", argsOf(inputs)],
        ["planTaskGroup", `{"inputs":${inputs},"output":"x"}`],
        ["addInputs", `{"taskgroup_id":"tgrp_nothinghere","inputs":${inputs},"request_id":"r"}`],
      ] as const) {
        const said = await failed(upstream, tool, args)
        expect([inputs, tool, said]).toEqual([inputs, tool, expect.stringContaining(`- ${place} `)])
      }
  })

  it.each<[what: string, args: string, place: string]>([
    [
      "a schema with a name given twice",
      `{"inputs":[${PLAIN}],"output":{"type":"object","type":"array"},"request_id":"r"}`,
      "output",
    ],
    ["an argument given twice", argsOf(`[${PLAIN}]`, ',"processor":"core"'), "processor"],
    ["rows given twice", argsOf(`[${PLAIN}]`, `,"inputs":[${PLAIN}]`), "inputs"],
    ["half a character in a title", argsOf(`[${PLAIN}]`, ',"title":"\\ud800"'), "title"],
    ["half a character in an id", argsOf(`[${PLAIN}]`).replace('"r"', '"\\udc00"'), "request_id"],
  ])("so is %s", async (_, args, place) => {
    expect(await failed(upstream, "createTaskGroup", args)).toMatch(new RegExp(`^- ${place}[ .]`, "m"))
  })
})

describe.concurrent("the task reaches Parallel as it was sent:", () => {
  const BOUNDS = '{"type":"integer","enum":[12345678901234567890,7],"description":"a \\u00e9 1.10"}'
  const EXACT = `{"type":"object","properties":{"10":${BOUNDS},"9":{"type":"string"}},"required":["9","10"],"additionalProperties":false}`

  it.each<[form: string, output: string]>([
    ["a schema", EXACT],
    ["a schema as text", text(` ${EXACT}`)],
    ["a schema in its wrapper", `{"type":"json","json_schema":${EXACT}}`],
  ])("%s", async (_, output) => {
    const upstream = newUpstream()
    const args = `{"inputs":[${PLAIN}],"output":${output},"processor":"core","request_id":"r","title":"T \\u00e9","source_policy":{"include_domains":["example.com"]}}`
    await created(upstream, args)
    const [sent] = await upstream.requestsOf("group.runs.add")
    expect(sent?.body).toContain('"enum":[12345678901234567890,7]')
    expect(sent?.body?.indexOf('"10":')).toBeLessThan(sent?.body?.indexOf('"9":') ?? 0)
    expect(sent?.body).toContain('"source_policy":{"include_domains":["example.com"]}')
    const [group] = await upstream.requestsOf("group.create")
    expect(JSON.parse(group?.body ?? "")).toMatchObject({ metadata: { title: "T é" } })
  })

  it("words for columns, and for one text", async () => {
    const upstream = newUpstream()
    const inputs = [{ company: "Stripe" }]
    const plan = await done(upstream, "planTaskGroup", { inputs, output: "when it was founded" })
    expect(Object.keys(plan.output_schema.properties as object).length).toBeGreaterThan(0)
    const [suggested] = await upstream.requestsOf("suggest")
    expect(suggested?.body).toContain("when it was founded")
    const written = await done(upstream, "createTaskGroup", {
      inputs,
      output: "a short history",
      output_type: "text",
      processor: "base",
      request_id: "r",
    })
    expect(written).toMatchObject({ output_schema: null, processor: "base" })
    const [sent] = await upstream.requestsOf("group.runs.add")
    expect(sent?.body).toContain('"output_schema":{"type":"text","description":"a short history"}')
  })

  it("the plan's processor and schema ask for no suggestion again", async () => {
    const upstream = newUpstream()
    const inputs = [{ company: "Stripe" }]
    const plan = await done(upstream, "planTaskGroup", { inputs, output: "when it was founded" })
    const before = (await upstream.requests()).counts
    await done(upstream, "createTaskGroup", {
      inputs,
      output: plan.output_schema,
      processor: plan.processor,
      request_id: "r",
    })
    const { counts } = await upstream.requests()
    const suggestions = (all: Readonly<Record<string, number>>) =>
      Object.entries(all).filter(([route]) => route.includes("suggest"))
    expect(suggestions(counts)).toEqual(suggestions(before))
  })
})

describe("what Parallel answers", () => {
  it("is shown with every digit", async () => {
    const upstream = newUpstream()
    await upstream.behave({ outputs: { content: "echo" } })
    const id = await created(upstream, argsOf(`[{"n":12345678901234567890,"price":1.10}]`))
    await untilEnded(id)
    const { text: table } = await callTool(upstream, "getResultMarkdown", { taskgroup_id: id })
    expect(table).toMatch(/12345678901234567890.*1\.10/)
  })
})
