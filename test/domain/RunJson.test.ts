import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { fieldsOf } from "../../src/domain/JsonText.ts"
import { mergedOf, resultJson, runEventJson, runJson } from "../../src/domain/RunJson.ts"
import { type Given, rowOf } from "../layers/render/snapshotOf.ts"
import { groupId } from "../support/ids.ts"

const GROUP = { taskgroupId: groupId("tgrp_a"), processor: "core" }

const merged = (input: string, content: unknown) =>
  mergedOf(input, content === undefined ? undefined : JSON.stringify(content))

/** The `merged` column by parsing whatever there is. */
const mergedByParsing = (input: string, content: unknown): string | null =>
  mergedByValues(JSON.parse(input) as object, content)

const mergedByValues = (input: object, content: unknown): string | null => {
  const isObject = typeof content === "object" && content !== null && !Array.isArray(content)
  const output = content === undefined ? {} : isObject ? content : { content }
  const all = [...Object.entries(input), ...Object.entries(output)]
  const names = all.map(([name]) => name)
  const shown = all.filter(([name]) => name !== "$id" && name !== "$status")
  return new Set(names).size === names.length && shown.length === all.length
    ? null
    : JSON.stringify(Object.fromEntries(shown))
}

const NAMES = ["$id", "$status", "content", "a", "b", "__proto__", "\u2028", 'q"', "back\\", "sl/ash"]
const members = Schema.Array(
  Schema.Tuple([Schema.Union([Schema.Literals(NAMES), Schema.String]), Schema.Json]),
)

describe("mergedOf", () => {
  it.prop(
    "is what parsing gives",
    [members, members, Schema.Union([Schema.Json, Schema.Undefined])],
    ([input, output, other]) => {
      const row = Object.fromEntries(input)
      const text = JSON.stringify(row)
      const fields = Object.fromEntries(output)
      // Names as texts: V8's parser may take one with an escape for another. Their order is another test's.
      const fieldsIn = (json: string | null) => (json === null ? null : new Map(fieldsOf(json)))
      for (const content of [fields, other])
        expect(fieldsIn(merged(text, content))).toEqual(fieldsIn(mergedByValues(row, content)))
    },
  )

  it.each([
    [`{"\\u0024id":1,"b":2}`, undefined],
    [`{"$i\\u0064":1,"b":2}`, undefined],
    [`{"sl\\/ash":1,"b":2}`, { "sl/ash": 2 }],
    [`{"b":"\\"a\\":"}`, { a: 2 }],
    [`{"b":{"a":1}}`, { a: 2 }],
    [`{"content":1}`, "text"],
  ])("%s and %j", (input, output) => {
    expect(JSON.parse(merged(input, output) ?? input)).toEqual(
      JSON.parse(mergedByParsing(input, output) ?? input),
    )
  })

  it("keeps digits, spellings and order; the output's value stands where the input's did", () => {
    expect(
      mergedOf('{"id":1,"2023":738529527931269425,"2021":1.10}', '{"new":-0,"id":30000000000000000000}'),
    ).toBe('{"id":30000000000000000000,"2023":738529527931269425,"2021":1.10,"new":-0}')
    expect(mergedOf('{"a":1}', '{"b":1,"b":2}')).toBeNull()
  })
})

const given: Given = {
  input: { company: "Lego" },
  content: { ceo: "A" },
  basis: [{ field: "ceo", confidence: "high" }],
}
const row = { ...rowOf(given, 3), createdAt: "2026", confidence: `{"ceo":"high"}` }
const RUN =
  `"run_id":"trun_3","interaction_id":"trun_3","status":"completed","is_active":false,"warnings":null,"error":null,` +
  `"processor":"core","metadata":{"input_index":"3"},"taskgroup_id":"tgrp_a","created_at":"2026","modified_at":null`

describe("the texts of a row", () => {
  it("has Parallel's fields in Parallel's order", () => {
    expect(runJson(row, GROUP)).toBe(
      `{${RUN},"input_index":3,"input":{"company":"Lego"},` +
        `"output":{"content":{"ceo":"A"},"type":"json","basis":[{"field":"ceo","confidence":"high"}]}}`,
    )
    expect(runJson(row, GROUP, "light")).toBe(
      `{${RUN},"input_index":3,"input":{"company":"Lego"},` +
        `"output":{"content":{"ceo":"A"},"type":"json","confidence":{"ceo":"high"}}}`,
    )
    expect(JSON.parse(runEventJson(row, GROUP))).toEqual({
      type: "task_run.state",
      event_id: "4",
      input_index: 3,
      input: { processor: "core", metadata: { input_index: "3" }, input: { company: "Lego" } },
      run: JSON.parse(`{${RUN}}`) as unknown,
      output: (JSON.parse(runJson(row, GROUP)) as { output: unknown }).output,
    })
  })

  it("puts what else Parallel says in the place of what it contradicts, or behind", () => {
    const extra = `{"processor":"pro","metadata":null,"beta":{"a":[1]},"__proto__":"x"}`
    expect(runJson({ ...row, extra }, GROUP)).toContain(
      RUN.replace(`"core"`, `"pro"`).replace(`{"input_index":"3"}`, "null") +
        `,"beta":{"a":[1]},"__proto__":"x","input_index":3`,
    )
  })

  it("has no comma where there is nothing", () => {
    const bare = { ...row, input: "{}", content: "{}", output: "{}", merged: null }
    expect(resultJson(bare)).toBe(`{"$id":"trun_3","$status":"completed"}`)
    expect(runJson(bare, GROUP)).toContain(`"input":{},"output":{"content":{}}}`)
    expect(resultJson({ ...bare, content: `"text"` })).toBe(
      `{"$id":"trun_3","$status":"completed","content":"text"}`,
    )
    expect(resultJson({ ...bare, input: `{"a":1}`, content: `{"a":2}`, merged: "" })).toBe(
      `{"$id":"trun_3","$status":"completed","a":2}`,
    )
  })
})
