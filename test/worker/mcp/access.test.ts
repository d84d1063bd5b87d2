import { describe, expect, it } from "vitest"
import { askMcp as ask, type Asked, expectUsual, KEY, LIST, rpcIn } from "../support/mcp.ts"
import { ORIGIN } from "../support/product.ts"

/** Who may ask `/mcp`, and by which methods: nothing is behind it here. */

const STAND_IN = { PARALLEL_BASE_URL: "https://stand-in.example" }

type Env = Record<string, string>

const METADATA = "/.well-known/oauth-protected-resource/mcp"

describe("a POST to /mcp", () => {
  it.each<[who: string, headers: Record<string, string>]>([
    ["without a key", {}],
    ["with an empty key", { "x-api-key": "" }],
    ["with another scheme", { authorization: "Basic dXNlcjpwYXNz" }],
    ["with a scheme and nothing else", { authorization: "Bearer " }],
  ])("%s is a 401 that says where to sign in, whatever it sends", async (_, headers) => {
    for (const body of [LIST, "no JSON", ""]) {
      const response = await ask(headers, { body })
      expect(response.status).toBe(401)
      expect(response.headers.get("www-authenticate")).toBe(
        `Bearer resource_metadata="${ORIGIN}${METADATA}", scope="key:read"`,
      )
      expect(await response.json()).toMatchObject({ type: "error" })
    }
  })

  it.each<[where: string, env: Env, challenge: string]>([
    ["sign-in is not offered", STAND_IN, `Bearer resource_metadata="${ORIGIN}${METADATA}"`],
    [
      "a login is named",
      { ...STAND_IN, PARALLEL_LOGIN_URL: "https://login.example" },
      `Bearer resource_metadata="${ORIGIN}${METADATA}", scope="key:read"`,
    ],
    [
      "the origin is the operator's",
      { PUBLIC_ORIGIN: "https://public.example" },
      `Bearer resource_metadata="https://public.example${METADATA}", scope="key:read"`,
    ],
  ])("without a key says so where %s", async (_, env, challenge) => {
    expect((await ask({}, { env })).headers.get("www-authenticate")).toBe(challenge)
  })

  it.each<[what: string, key: string]>([
    ["other characters than keys have", "schlüssel-4711"],
    ["a blank", "key 4711"],
    ["no end", `k${"e".repeat(20_000)}y`],
  ])("with a key that has %s is a 401 of another kind", async (_, key) => {
    for (const headers of [{ "x-api-key": key }, { authorization: `Bearer ${key}` }]) {
      const response = await ask(headers)
      expect(response.status).toBe(401)
      expect(response.headers.get("www-authenticate")).toBe(
        `Bearer resource_metadata="${ORIGIN}${METADATA}", scope="key:read", error="invalid_token"`,
      )
      await expectUsual(response, key)
    }
  })

  it("takes the key as x-api-key, or as a bearer token in any spelling of the scheme", async () => {
    for (const headers of [
      { "x-api-key": KEY },
      { authorization: `Bearer ${KEY}` },
      { authorization: `bearer  ${KEY}` },
    ]) {
      const response = await ask(headers)
      expect(response.status).toBe(200)
      await expectUsual(response)
      expect((await rpcIn(response)).result.tools).toHaveLength(7)
    }
  })
})

describe("other methods", () => {
  it.each(["GET", "HEAD", "PUT", "PATCH", "DELETE"])("%s is a 405 before any key", async (method) => {
    for (const headers of [{}, { "x-api-key": KEY }, { accept: "text/event-stream" }]) {
      const response = await ask(headers, { method })
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, OPTIONS"])
      await expectUsual(response)
    }
  })

  it("OPTIONS says what there is", async () => {
    const response = await ask({}, { method: "OPTIONS" })
    expect([response.status, response.headers.get("allow")]).toEqual([204, "POST, OPTIONS"])
  })
})

describe("pages", () => {
  const LOCAL = "http://127.0.0.1:8787"
  const PUBLIC = { PUBLIC_ORIGIN: "https://public.example" }
  const PRIVATE = { ALLOW_PRIVATE_URLS: "true" }
  const REBOUND = "http://evil.example:8787"

  it.each<[who: string, isIn: boolean, headers: Record<string, string>, at?: Partial<Asked>]>([
    ["a program", true, {}],
    ["a page of this origin", true, { origin: ORIGIN }],
    ["the page of PUBLIC_ORIGIN", true, { origin: "https://public.example" }, { env: PUBLIC }],
    ["the page of the request's origin, too", true, { origin: ORIGIN }, { env: PUBLIC }],
    ["a page of another origin", false, { origin: "https://evil.example" }],
    ["a page of a neighbour", false, { origin: "https://www.multitask.example" }],
    ["a page of the same host, otherwise", false, { origin: "http://multitask.example" }],
    ["a page of the same host, at another port", false, { origin: "https://multitask.example:8443" }],
    ["a page that hides its origin", false, { origin: "null" }],
    ["a page that hides it, and is ours", false, { origin: "null", "sec-fetch-site": "same-origin" }],
    ["an empty origin", false, { origin: "" }],
    [
      "another page where a public origin is named",
      false,
      { origin: "https://evil.example" },
      { env: PUBLIC },
    ],
    // Whoever develops: such a Worker reaches what a foreign page must not see.
    ["a program, at home", true, {}, { env: PRIVATE, origin: LOCAL }],
    ["a page of one's own machine", true, { origin: LOCAL }, { env: PRIVATE, origin: LOCAL }],
    ["a name that points to this machine", false, { origin: REBOUND }, { env: PRIVATE, origin: REBOUND }],
    [
      "it, from a browser that says so",
      false,
      { origin: REBOUND, "sec-fetch-site": "same-origin" },
      { env: PRIVATE, origin: REBOUND },
    ],
    ["a link of another page", false, { "sec-fetch-site": "cross-site" }, { env: PRIVATE, origin: LOCAL }],
  ])("%s: %s", async (_, isIn, headers, at = {}) => {
    for (const key of [{ "x-api-key": KEY }, {}] as ReadonlyArray<Record<string, string>>) {
      const response = await ask({ ...headers, ...key }, at)
      expect(response.status).toBe(isIn ? ("x-api-key" in key ? 200 : 401) : 403)
      await expectUsual(response)
    }
    for (const method of ["OPTIONS", "GET"]) {
      const asked = { ...headers, "access-control-request-method": "POST" }
      const response = await ask(asked, { ...at, method })
      expect(response.status).toBe(isIn ? (method === "GET" ? 405 : 204) : 403)
      // A preflight of ours needs none: only a page of another origin sends it.
      if (!isIn) await expectUsual(response)
    }
  })
})
