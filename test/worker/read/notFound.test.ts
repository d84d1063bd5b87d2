import { describe, expect, it } from "vitest"
import type { GroupInit } from "../../../src/domain/TaskGroup.ts"
import { groupId } from "../../support/ids.ts"
import { expectError, expectNothingStored } from "../support/expect.ts"
import { groupStub, inside, ORIGIN, send } from "../support/product.ts"

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

const initOf = (id: string, numInputs: number): GroupInit => ({
  taskgroupId: groupId(id),
  url: `${ORIGIN}/${id}`,
  createdAt: null,
  metadata: "{}",
  processor: "core",
  taskSpec: `{"output_schema":{"type":"text"}}`,
  runOptions: "{}",
  inputColumns: ["a"],
  outputColumns: ["content"],
  warnings: [],
  numInputs,
})

const unknown = () => `tgrp_unknown_${crypto.randomUUID().replaceAll("-", "")}`

describe("addresses without a group", () => {
  it.each([
    "/short",
    "/has%20space",
    `/${"x".repeat(129)}`,
    "/tgrp_12345678.xml",
    "/tgrp_12345678.json.md",
    "/tgrp_12345678.",
    "/tgrp_12345678./",
    "/short/3",
    "/tgrp_12345678/3.csv",
    "/tgrp_12345678/3.",
    "/%00%00%00%00%00%00%00%00",
    "/tgrp_ümläut",
  ])("404: %s is malformed", async (path) => {
    await expectError(await send(path), 404)
    await expectError(await send(path, { method: "POST" }), 404)
  })

  it.each<[path: string, said: string]>([
    [
      "/tgrp_12345678.xlsx",
      "There is no format .xlsx of a task group. There are .json, .html, .md, .sse, .csv, .jsonl, .db.",
    ],
    ["/tgrp_12345678.JSON5", "There is no format .json5 of a task group."],
    ["/tgrp_12345678.", "The address ends in a dot, without a format. There are .json,"],
    ["/tgrp_12345678/3.csv", "There is no format .csv of a row. There are .json, .html, .md."],
  ])("says what is wrong with %s", async (path, said) => {
    const { error } = await expectError(await send(path), 404)
    expect(error.message).toContain(said)
    expect(error.message).not.toContain("removed")
    const page = await send(path, { headers: { accept: BROWSER } })
    expect(await page.text()).toContain("There are .json")
    expect([page.headers.get("vary"), (await send(path)).headers.get("vary")]).toEqual(["Accept", "Accept"])
  })

  it.each(["", "/", ".json", ".md", ".html", ".sse", ".db", "/3", "/3.html", "/trun_1"])(
    "404: an unknown id with %s, and nothing is stored",
    async (extension) => {
      const id = unknown()
      await expectError(await send(`/${id}${extension}`), 404)
      await expectNothingStored(id)
      const head = await send(`/${id}${extension}`, { method: "HEAD" })
      expect(head.status).toBe(404)
      await expectNothingStored(id)
    },
  )

  it("404: a query to the studio of an unknown id", async () => {
    const id = unknown()
    const response = await send(`/${id}.db`, {
      method: "POST",
      body: JSON.stringify({ type: "query", id: "1", statement: "SELECT 1" }),
    })
    await expectError(response, 404)
    await expectNothingStored(id)
  })

  it.each([`/${unknown()}`, "/short"])("a browser gets a page: %s", async (path) => {
    const response = await send(path, { headers: { accept: BROWSER } })
    expect(response.status).toBe(404)
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8")
    expect(response.headers.get("x-robots-tag")).toContain("noindex")
    expect(await response.text()).toContain("<!doctype html>")
  })

  it.each([
    "/callback/",
    "/.well-known",
    "/v1/tasks/groups",
    "/v1beta",
    "/tgrp_12345678/3/4",
    "/tgrp_12345678//",
    "//tgrp_12345678",
    "/assets/3",
    "/v1beta/tasks",
    "/docs/",
  ])("404: %s is reserved, and no group", async (path) => {
    await expectError(await send(path), 404)
    await expectError(await send(path, { method: "POST" }), 404)
  })

  it("a group that is still received is not there yet, and stays", async () => {
    const id = unknown()
    await groupStub(id).begin(initOf(id, 2), { apiKey: "k", webhookUrl: null })
    await expectError(await send(`/${id}.json`), 404)
    expect(await groupStub(id).addInputs(0, [`{"a":1}`, `{"a":2}`])).toBe("stored")
    const stored = await inside(id, ({ storage }) => [...storage.sql.exec("SELECT id FROM runs")].length)
    expect(stored).toBe(2)
  })

  it("looking for a group while it begins does not harm it", async () => {
    for (let round = 0; round < 15; round++) {
      const id = unknown()
      const look = () => send(`/${id}.json`).then((response) => response.text())
      const begin = groupStub(id).begin(initOf(id, 2), { apiKey: "nobody", webhookUrl: null })
      const [begun] = await Promise.all(
        round % 2 === 0 ? [begin, look(), look(), look()] : [look().then(() => begin), look(), look()],
      )
      expect(begun).toBe("begun")
      const early = look()
      const adding = groupStub(id).addInputs(0, [`{"a":1}`, `{"a":2}`])
      const lookMeanwhile = look()
      expect(await adding).toBe("stored")
      await Promise.all([early, lookMeanwhile])
      const { rows, keys, alarm } = await inside(id, async ({ storage }) => ({
        rows: [...storage.sql.exec("SELECT id FROM runs")].length,
        keys: [...storage.kv.list()].map(([key]) => key),
        alarm: await storage.getAlarm(),
      }))
      expect(rows).toBe(2)
      expect(keys).toContain("api_key")
      expect(alarm).not.toBeNull()
    }
  })

  it("looking up a new object and beginning at once, from a cold start", async () => {
    for (let round = 0; round < 10; round++) {
      const id = unknown()
      const [, begun] = await Promise.all([
        groupStub(id).exists(),
        groupStub(id).begin(initOf(id, 1), { apiKey: "nobody", webhookUrl: null }),
      ])
      expect(begun).toBe("begun")
      expect(await groupStub(id).addInputs(0, [`{"a":1}`])).toBe("stored")
      const alarm = await inside(id, ({ storage }) => storage.getAlarm())
      expect(alarm).not.toBeNull()
    }
  })
})
