import { beforeAll, describe, expect, it } from "vitest"
import { expectError, untilEnded } from "../support/expect.ts"
import { companies, groupStub, post, send } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

/** What is repeated of the key, in each spelling that the simulator has. */
const SPELLINGS =
  "plain slash unicode upper mixed twice thrice backslash percent url entities hexEntities base64 hex".split(
    " ",
  )
const ECHO = SPELLINGS.map((name) => `${name} {key:${name}}`).join(", ")

/** In every text that an answer or event of Parallel's may have, and in names. */
const REWRITES = [
  { find: '"message":"', put: `"message":"${ECHO} ` },
  { find: '"warnings":null', put: `"warnings":[{"type":"w","message":"${ECHO}","detail":{"${ECHO}":1}}]` },
  { find: '"interaction_id":"', put: `"x_trace":["${ECHO}"],"interaction_id":"` },
  {
    find: '"basis":[',
    put: `"extra":{"a":"${ECHO}"},"basis":[{"field":"${ECHO}","citations":[{"url":"https://x.example/?k={key:url}","title":"${ECHO}","excerpts":["${ECHO}"]}],"reasoning":"${ECHO}","confidence":"{key}"},`,
  },
  { find: '"ceo_name":"', put: `"${ECHO}":1,"ceo_name":"${ECHO} ` },
]

/** A text as whoever decodes it in every way that there is in the end reads it. */
const decoded = (text: string): string => {
  const once = text
    .replace(/\\u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\(.)/g, "$1")
    .replace(/%([2-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replaceAll("&amp;", "&")
    .replace(/&#x([\da-f]+);/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, number: string) => String.fromCharCode(Number(number)))
  return once === text ? text : decoded(once)
}

const hexOf = (key: string) => Array.from(key, (char) => char.charCodeAt(0).toString(16)).join("")

const expectNothingOf = (key: string, where: string, text: string) => {
  const all = `${text}\n${decoded(text)}`
  // The beginning is the test's own: the simulator tells its users apart by it.
  const secret = key.slice(key.indexOf(".") + 1)
  for (const form of [key, secret, hexOf(key), btoa(`user:${key}`), encodeURIComponent(key)])
    expect([where, all.includes(form)]).toEqual([where, false])
  expect([where, all.includes("[redacted]")]).toEqual([where, true])
}

const text = async (path: string) => {
  const response = await send(path)
  expect(response.status).toBe(200)
  return new TextDecoder().decode(await response.arrayBuffer())
}

describe("a key that Parallel repeats, in every spelling,", () => {
  let upstream: Upstream
  let key = ""
  let id = ""

  beforeAll(async () => {
    upstream = newUpstream()
    key = upstream.keyThat('pk/live+9f2c~7b51"\\x')
    await upstream.behave({ rewrites: REWRITES, events: { output: true } })
    await upstream.behave({ runs: { overrides: [{ input_index: 1, outcome: "failed" }] } })
    // The third batch is refused, when the caller has its answer.
    await upstream.fault({
      route: "group.runs.add",
      skip: 2,
      times: 3,
      fault: { kind: "status", status: 403 },
    })
    const response = await post(
      upstream,
      { inputs: companies(25) },
      { "x-api-key": key, accept: "application/json" },
    )
    expect(response.status).toBe(200)
    id = (await response.json<{ taskgroup_id: string }>()).taskgroup_id
    await untilEnded(id)
  })

  it.each(["json", "jsonl?basis=all", "md?basis=all", "csv", "html", "sse"])(
    "is not in .%s",
    async (format) => {
      expectNothingOf(key, format, await text(`/${id}.${format}`))
    },
  )

  it.each(["0.json", "0.md", "0.html", "1.json", "1.md", "24.md"])("is not at the row %s", async (row) => {
    expectNothingOf(key, row, await text(`/${id}/${row}`))
  })

  it("is in no table", async () => {
    const { raw } = await groupStub(id).raw("SELECT * FROM runs")
    expectNothingOf(key, "runs", JSON.stringify(raw))
    const details = await groupStub(id).raw("SELECT * FROM details")
    expect(decoded(JSON.stringify(details.raw))).not.toContain(key)
  })

  it("leaves the rest of the answers as it is", async () => {
    const { runs } = JSON.parse(await text(`/${id}.json`)) as {
      runs: ReadonlyArray<{ status: string; warnings: ReadonlyArray<{ detail: object }> }>
    }
    const gone = SPELLINGS.map((name) => `${name} ${name === "base64" ? "X" : "[redacted]"}`).join(", ")
    expect(runs).toHaveLength(25)
    const [detail = ""] = Object.keys(runs[0]!.warnings[0]!.detail)
    expect(detail.replace(/base64 \S+?\[redacted\]\S*(?=,)/, "base64 X")).toBe(gone)
  })

  it.each([401, 402, 403, 422, 500])(
    "is not in the answer to a POST that is refused with %i",
    async (status) => {
      const other = newUpstream()
      const otherKey = other.keyThat("pk/live+9f2c~7b51")
      await other.behave({ rewrites: REWRITES })
      await other.fault({ route: "*", times: 10, fault: { kind: "status", status } })
      const response = await post(other, {}, { "x-api-key": otherKey })
      expectNothingOf(
        otherKey,
        String(status),
        JSON.stringify(await expectError(response, status === 500 ? 502 : status)),
      )
    },
  )
})
