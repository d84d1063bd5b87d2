import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import * as Result from "effect/Result"
import { welcome } from "../../scripts/start/message.ts"
import { FIELDS } from "../../src/domain/MultitaskRequest.ts"
import { RESULT_OFFERS } from "../../src/http/negotiate.ts"
import { fencesOf, rowsOf, sectionOf, tablesOf } from "./markdown.ts"
import { decoded } from "./product.ts"

const readme = readFileSync("README.md", "utf8")

it("is short: what is not needed at once is in docs", () => {
  expect(Buffer.byteLength(readme)).toBeLessThan(11_000)
})

it("shows what npm start prints", () => {
  const text = welcome({
    url: "http://127.0.0.1:8787",
    data: ".data",
    simulatorUrl: "http://127.0.0.1:8788",
  })
  expect(fencesOf(sectionOf(readme, "Start"), "text")).toEqual([`Starting ...\n${text.trimEnd()}`])
})

it("asks the group that the start answered, and shows its rows in the order of the inputs", () => {
  const start = sectionOf(readme, "Start")
  const ids = new Set([...start.matchAll(/tgrp_\w+/g)].map(([id]) => id))
  expect(ids.size).toBe(1)
  const [table = ""] = fencesOf(start, "markdown")
  expect(rowsOf(table).map(([, company]) => company)).toEqual(["Stripe", "Anthropic", "Cloudflare"])
})

it("lists the formats that are served", () => {
  const rows = rowsOf(sectionOf(readme, "Formats"))
  const extensions: ReadonlyArray<string> = [...RESULT_OFFERS.map(({ format }) => format), "db"]
  expect(new Set(rows.map(([url]) => url))).toEqual(new Set(extensions.map((name) => `\`/{id}.${name}\``)))
  expect(rows).toHaveLength(extensions.length)
  for (const { format, types } of RESULT_OFFERS) {
    expect(rows.find(([url]) => url === `\`/{id}.${format}\``)?.[1]).toBe(`\`${types[0]}\``)
  }
})

/** Whether a request with these fields is taken. */
const isTaken = (body: object) => Result.isSuccess(decoded(body))
const request = { inputs: [{ a: 1 }], output_type: "text" }

it("lists the request's fields, and which of them are required", () => {
  const rarer = rowsOf(sectionOf(readFileSync("docs/formats.md", "utf8"), "Rarer fields"))
  const rows = [...rowsOf(sectionOf(readme, "The request")), ...rarer]
  expect(new Set(rows.map(([field]) => field))).toEqual(new Set(FIELDS.map((field) => `\`${field}\``)))
  expect(rows).toHaveLength(FIELDS.length)
  for (const [field = "", required] of rows) {
    expect(isTaken({ ...request, [field.replaceAll("`", "")]: undefined })).toBe(required !== "required")
  }
})

it("says which outputs are refused", () => {
  const [, outputs = []] = tablesOf(sectionOf(readme, "The request"))
  const descriptions: Readonly<Record<string, ReadonlyArray<string | undefined>>> = {
    yes: ["what"],
    no: [undefined],
    any: ["what", undefined],
  }
  const schema = { type: "object", properties: { a: { type: "string" } } }
  expect(outputs).toHaveLength(6)
  for (const [type = "", described = "", withSchema, happens] of outputs) {
    for (const output_description of descriptions[described] ?? []) {
      const output_schema = withSchema === "yes" ? schema : undefined
      const body = { ...request, output_type: type.replaceAll("`", ""), output_description, output_schema }
      expect(isTaken(body), JSON.stringify(body)).toBe(happens !== "`422`")
    }
  }
})

it("shows the example as it is", () => {
  const example = readFileSync("examples/embed.ts", "utf8").trimEnd()
  expect(fencesOf(sectionOf(readme, "Embed"), "ts")).toContain(example)
  expect(example.split("\n").length).toBeLessThan(32)
})
