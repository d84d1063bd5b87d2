import { describe, expect, it } from "vitest"
import { expectError, untilEnded } from "../support/expect.ts"
import { body, companies, CREATE, getJson, post, SCHEMA, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

const WHY = "holds the API key of this request; results are public. Take it out."
const unicode = (key: string) =>
  Array.from(key, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

/** An upstream, and the key of a request: long, as Parallel's are. */
const withKey = () => {
  const upstream = newUpstream()
  return { upstream, key: upstream.keyThat("pk/live-9f2c") }
}

describe("a POST that holds its own key", () => {
  it.each<[string, (key: string) => Record<string, unknown>, string, string]>([
    ["a row", (key) => ({ inputs: [{ a: 1 }, { token: key }] }), "inputs[1].token", WHY],
    [
      "deep in a row",
      (key) => ({ inputs: [{ a: { "b c": [1, [`Bearer ${key}`]] } }] }),
      'inputs[0].a["b c"][1][0]',
      WHY,
    ],
    ["a name", (key) => ({ inputs: [{ a: { [`x ${key}`]: 1 } }] }), "inputs[0].a", `has a name that ${WHY}`],
    ["base64", (key) => ({ inputs: [{ a: btoa(`user:${key}`) }] }), "inputs[0].a", WHY],
    [
      "a URL",
      (key) => ({ inputs: [{ a: `https://x.example/?k=${encodeURIComponent(key)}` }] }),
      "inputs[0].a",
      WHY,
    ],
    ["rows as JSON text", (key) => ({ inputs: JSON.stringify([{ a: key }]) }), "inputs[0].a", WHY],
    ["behind an empty row", (key) => ({ inputs: [{}, { a: key }], skip_empty: true }), "inputs[1].a", WHY],
    [
      "a schema",
      (key) => ({
        output_schema: {
          ...SCHEMA,
          properties: { ...SCHEMA.properties, ceo_name: { type: "string", description: key } },
        },
      }),
      "output_schema.properties.ceo_name.description",
      WHY,
    ],
    ["a description", (key) => ({ output_description: `Ask with ${key}` }), "output_description", WHY],
  ])("is refused with the path, not the key: %s", async (_, changes, path, message) => {
    const { upstream, key } = withKey()
    const error = await expectError(await post(upstream, changes(key), { "x-api-key": key }), 422)
    expect(error.error.detail?.errors).toEqual([{ path, message }])
    expect(JSON.stringify(error)).not.toContain(key.slice(-8))
    expect((await upstream.requests()).total).toBe(0)
  })

  it("is refused however the key is spelled, and whichever header it is in", async () => {
    const { key } = withKey()
    const text = JSON.stringify(body({ inputs: [{ a: "KEY" }] })).replace("KEY", unicode(key))
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
    const error = await expectError(await send(CREATE, { method: "POST", headers, body: text }), 422)
    expect(error.error.detail?.errors).toEqual([{ path: "inputs[0].a", message: WHY }])
  })

  it("is refused where the rows come from a URL", async () => {
    const { upstream, key } = withKey()
    const rows = [...companies(2), { company: "C", note: [key] }]
    await upstream.serveInputs("rows", { rows })
    // The URL itself is asked, and neither stored nor shown.
    const inputs = upstream.url(`/_sim/inputs/rows?k=${encodeURIComponent(key)}`)
    const error = await expectError(await post(upstream, { inputs }, { "x-api-key": key }), 422)
    expect(error.error.detail?.errors).toEqual([{ path: "inputs[2].note[0]", message: WHY }])
  })

  it("may have it in the webhook's address, which nobody is shown", async () => {
    const { upstream, key } = withKey()
    const webhook_url = `${upstream.url("/_sim/webhooks/own")}?k=${encodeURIComponent(key)}`
    const response = await post(upstream, { webhook_url }, { "x-api-key": key, accept: "application/json" })
    expect(response.status).toBe(200)
    const { taskgroup_id } = await response.json<{ taskgroup_id: string }>()
    expect(JSON.stringify(await getJson(taskgroup_id))).not.toContain(key.slice(-8))
  })

  it("is taken when the key is too short to be told from other text, which stays as it is", async () => {
    const headers = { "x-api-key": "company", "content-type": "application/json", accept: "application/json" }
    const response = await send(CREATE, { method: "POST", headers, body: JSON.stringify(body()) })
    expect(response.status).toBe(200)
    const { taskgroup_id } = await response.json<{ taskgroup_id: string }>()
    const { results } = await untilEnded(taskgroup_id)
    expect(results).toMatchObject(companies(3))
  })

  it.each<[string, (key: string) => Record<string, unknown>]>([
    ["a field that there is not", (key) => ({ [key]: 1 })],
    [
      "one whose name is cut",
      (key) => ({ ["x".repeat(52) + key.slice(-9)]: 1, [`${"x".repeat(40)}${key}`]: 1 }),
    ],
    ["a processor", (key) => ({ processor: key })],
    ["a processor that is cut", (key) => ({ processor: `${"y".repeat(20)}${key}${key}` })],
    ["an output type", (key) => ({ output_type: `"${key}` })],
  ])("gets no error that repeats it: %s", async (_, changes) => {
    const { upstream, key } = withKey()
    const text = JSON.stringify(
      await expectError(await post(upstream, changes(key), { "x-api-key": key }), 422),
    )
    expect(text).toContain("[redacted]")
    expect(text).not.toContain(key.slice(0, 8))
  })
})
