import { describe, expect, it } from "vitest"
import { validate } from "@readme/openapi-parser"
import { ACT_FIELDS } from "../../src/domain/ActRequest.ts"
import { FIELDS } from "../../src/domain/MultitaskRequest.ts"
import { fillTemplate, isFillable } from "../../src/domain/template.ts"
import { document, documentText, violations } from "../support/contract/check.ts"
import { type MediaType, operationsOf, resolve } from "../support/contract/document.ts"

/** The API's description by itself; test/worker/contract.test.ts holds it against what the product does. */

const ORIGIN = "https://multitask.example"

const filled = () => JSON.parse(fillTemplate(documentText, ORIGIN, "openapi.json")) as typeof document

it("is valid OpenAPI 3.1 once its origin is filled in", async () => {
  expect(isFillable(ORIGIN)).toBe(true)
  expect(filled()).toMatchObject({ openapi: "3.1.0", servers: [{ url: ORIGIN }] })
  expect(await validate(filled() as never)).toMatchObject({ valid: true, warnings: [] })
})

it("names each operation once, in a way that programs can call it", () => {
  const names = operationsOf(document).map(({ operation }) => operation.operationId)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => !/^[a-z][A-Za-z]+$/.test(name))).toEqual([])
})

it("refers to nothing that is not there, and holds nothing to which nothing refers", () => {
  const refs = new Set(documentText.match(/(?<="\$ref": ")#[^"]+/g))
  const components = Object.entries(document.components).flatMap(([kind, all]) =>
    kind === "securitySchemes" ? [] : Object.keys(all).map((name) => `#/components/${kind}/${name}`),
  )
  expect([...refs].toSorted()).toEqual(components.toSorted())
})

interface Described {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Described>>
  readonly additionalProperties?: boolean
}

const schemaNamed = (name: string) => document.components.schemas[name] as Described

describe.each([
  ["MultitaskRequest", FIELDS],
  ["AddInputsRequest", ACT_FIELDS.inputs],
  ["RetryRequest", ACT_FIELDS.retry],
  ["NoFields", ACT_FIELDS.stop],
] as const)("%s", (name, fields) => {
  const { properties = {}, additionalProperties } = schemaNamed(name)

  it("has the fields that are taken and no others", () => {
    expect(Object.keys(properties).toSorted()).toEqual([...fields].toSorted())
    expect(additionalProperties).toBe(false)
  })

  it.each(Object.entries(properties))("says what %s is", (_, schema) => {
    const { description } = resolve<Described>(document, schema)
    expect(description ?? "").toMatch(/\w{3}/)
  })
})

describe("schemas", () => {
  const all = JSON.stringify(document.components.schemas)

  it("offer no null where a field may be left out, in requests", () => {
    for (const name of ["MultitaskRequest", "AddInputsRequest", "RetryRequest", "SourcePolicy", "McpServer"])
      expect(JSON.stringify(schemaNamed(name)), name).not.toContain('"null"')
  })

  it("have none of the oddities that generators stumble over", () => {
    expect(all).not.toMatch(/"allOf"|"Infinity"|9007199254740991|_\d+"/)
  })

  it("say of an object of which nothing is known that it has members, which a generator may not take for granted", () => {
    const empty = documentText.match(/\{ "type": "object"(?:, "description": "[^"]*")? \}/g)
    expect(empty).toBeNull()
    for (const name of ["InputRow", "JsonSchema", "ResultRow", "ResultLine"])
      expect([name, document.components.schemas[name]]).toMatchObject([name, { additionalProperties: true }])
  })

  it("let answers grow", () => {
    const answers = ["Created", "Plan", "TaskGroupResult", "Row", "ResultRow", "TaskGroupStatus", "ErrorBody"]
    for (const name of answers)
      expect(violations({ $ref: `#/components/schemas/${name}` }, {}), name).not.toContainEqual(
        expect.stringContaining("additional"),
      )
    for (const name of answers)
      expect(JSON.stringify(schemaNamed(name))).not.toContain('"additionalProperties":false')
  })
})

describe("examples", () => {
  const contents = operationsOf(document).flatMap(({ method, path, operation }) => {
    const answers = Object.values(operation.responses).map(
      (answer) => resolve(document, answer).content ?? {},
    )
    return [operation.requestBody?.content ?? {}, ...answers].flatMap((content) =>
      Object.entries(content).flatMap(([type, media]) =>
        Object.entries(media.examples ?? {}).map(
          ([name, { value }]) => [`${method} ${path}: ${type}: ${name}`, media, value] as const,
        ),
      ),
    )
  })

  it.each(contents)("%s is what its schema says", (_, media: MediaType, value) => {
    expect(violations(media.schema, value)).toEqual([])
  })

  it("are there for every body that is sent, but for the one of a page of ours", () => {
    const without = operationsOf(document).filter(({ operation }) =>
      Object.values(operation.requestBody?.content ?? {}).some(({ examples }) => examples === undefined),
    )
    expect(without.map(({ path }) => path)).toEqual(["/callback"])
  })
})
