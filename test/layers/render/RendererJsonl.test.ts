import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { elementsOf, fieldsOf } from "../../../src/domain/JsonText.ts"
import { renderJson } from "../../../src/layers/render/RendererJson.ts"
import { renderJsonl } from "../../../src/layers/render/RendererJsonl.ts"
import { type Given, snapshotOf } from "./snapshotOf.ts"

const lines = (given: ReadonlyArray<Given>): ReadonlyArray<string> => {
  const whole = [...renderJsonl(snapshotOf(given))].join("")
  if (given.length > 0) expect(whole.endsWith("\n")).toBe(true)
  return whole.split("\n").slice(0, -1)
}

describe("renderJsonl", () => {
  it("has a line for each row", () => {
    expect(
      lines([
        { input: { company: "Lego", site: "x" }, content: { site: "lego.com", n: 1 } },
        { input: { company: "Apple" }, status: "queued", runId: null },
        { input: { company: "A" }, content: "a\nreport\u2028" },
      ]),
    ).toEqual([
      '{"$id":"trun_0","$status":"completed","company":"Lego","site":"lego.com","n":1}',
      '{"$id":null,"$status":"queued","company":"Apple"}',
      '{"$id":"trun_2","$status":"completed","company":"A","content":"a\\nreport\u2028"}',
    ])
  })

  it("is nothing when there are no rows", () => {
    expect(lines([])).toEqual([])
  })

  const record = Schema.Record(Schema.String, Schema.Json)

  it.prop(
    "is what the JSON format has as results, whatever is in the rows",
    [Schema.Array(Schema.Tuple([record, Schema.Union([record, Schema.String])]))],
    ([pairs]) => {
      const given = pairs.map(([input, content], at): Given =>
        at % 3 === 2 ? { input } : { input, content },
      )
      // To the letter. V8's parser may take a name with an escape for another that it has just read in its place.
      const json = [...renderJson(snapshotOf(given), "full")].join("")
      expect(lines(given)).toEqual(elementsOf(fieldsOf(json).get("results") ?? "[]"))
    },
  )

  it("reads a row when it is asked for", () => {
    const snapshot = snapshotOf(Array.from({ length: 100 }, (_, at) => ({ input: { at } })))
    const pieces = renderJsonl(snapshot)
    pieces.next()
    pieces.next()
    expect(snapshot.read()).toBe(2)
  })
})
