import { env } from "cloudflare:workers"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { type ErrorBody, ORIGIN, send, underVariables } from "./support/product.ts"
import { codeFor, newVerifier } from "./support/signIn.ts"

/** `/callback`: the page, and the exchange of a code at a login provider that is a real server (fakeProvider.ts). */

const LOGIN = (env as unknown as { readonly PARALLEL_LOGIN_URL: string }).PARALLEL_LOGIN_URL

/** See LEAKED in test/support/fakeProvider.ts. */
const LEAKED = "key-that-must-not-get-out"

interface Seen {
  readonly keys: ReadonlyArray<string>
  readonly exchanges: ReadonlyArray<{
    readonly headers: Record<string, string>
    readonly sent: Record<string, string>
  }>
  readonly elsewhere: number
}
const seen = async (): Promise<Seen> => (await fetch(`${LOGIN}/_seen`)).json()
const exchangesOf = async (code: string) =>
  (await seen()).exchanges.filter(({ sent }) => sent["code"] === code)

const OWN: Record<string, string> = {
  origin: ORIGIN,
  "sec-fetch-site": "same-origin",
  "content-type": "application/json",
}

const exchange = (body: unknown, headers: Record<string, string> = OWN, to = send) =>
  to("/callback", { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) })

/** An answer no other origin may read, and no cache may keep. */
const expectOwn = (response: Response) => {
  expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([])
  expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin")
  expect(response.headers.get("cache-control")).toBe("no-store")
  expect(response.headers.get("referrer-policy")).toBe("no-referrer")
  expect(response.headers.get("x-robots-tag")).toBe("noindex, nofollow")
  expect(response.headers.get("x-content-type-options")).toBe("nosniff")
}

const expectRefusal = async (response: Response, status: number): Promise<ErrorBody> => {
  const text = await response.text()
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} `))
  expect(response.headers.get("content-type")).toMatch(/^application\/json/)
  expectOwn(response)
  const body = JSON.parse(text) as ErrorBody
  expect(body).toMatchObject({ type: "error", error: { message: expect.any(String) } })
  expect(text).not.toContain(LEAKED)
  expect(text).not.toMatch(/\bat \S+ \(|\.ts:\d+/)
  return body
}

let logged: Array<string> = []
beforeEach(() => {
  logged = []
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, level).mockImplementation((...what: Array<unknown>) => {
      logged.push(
        what.map((one) => (one instanceof Error ? String(one.stack) : JSON.stringify(one))).join(" "),
      )
    })
  }
})
afterEach(() => vi.restoreAllMocks())

describe("POST /callback", () => {
  it("exchanges a code for the key, with what the provider wants to know", async () => {
    const verifier = newVerifier()
    const code = await codeFor(verifier)
    const response = await exchange({ code, code_verifier: verifier })
    expectOwn(response)
    expect(response.status).toBe(200)
    const [made] = await exchangesOf(code)
    expect(made?.sent).toEqual({
      grant_type: "authorization_code",
      code,
      client_id: "multitask.example",
      redirect_uri: `${ORIGIN}/callback`,
      code_verifier: verifier,
    })
    expect(made?.headers["content-type"]).toMatch(/^application\/x-www-form-urlencoded/)
    const answer = await response.json<{ api_key: string }>()
    expect(Object.keys(answer)).toEqual(["api_key"])
    expect((await seen()).keys).toContain(answer.api_key)
    expect(logged.join("\n")).toBe("")
  })

  it("repeats nothing: a second attempt with the same code is refused in plain words", async () => {
    const verifier = newVerifier()
    const code = await codeFor(verifier)
    const { api_key: key } = await (
      await exchange({ code, code_verifier: verifier })
    ).json<{ api_key: string }>()
    const body = await expectRefusal(await exchange({ code, code_verifier: verifier }), 400)
    expect(body.error.message).toMatch(
      /^Parallel's login refused this sign-in \(invalid_grant: The code is not known, or was used\)\. Start it again/,
    )
    expect(body.error.detail).toEqual({ error: "invalid_grant" })
    const told = JSON.stringify(body) + logged.join("\n")
    for (const secret of [key, code, verifier]) expect(told).not.toContain(secret)
    expect(await exchangesOf(code)).toHaveLength(2)
  })

  it("is refused with another verifier, and for another host's code", async () => {
    const code = await codeFor(newVerifier())
    await expectRefusal(await exchange({ code, code_verifier: newVerifier() }), 400)
    const verifier = newVerifier()
    const others = await codeFor(verifier, "https://other.example")
    await expectRefusal(await exchange({ code: others, code_verifier: verifier }), 400)
  })

  it.each<[fault: string, status: number, message: RegExp]>([
    ["fault-html", 502, /^Parallel's login answered without a key\. Try again/],
    ["fault-html-400", 502, /answered with status 400/],
    ["fault-500", 502, /answered with status 500/],
    ["fault-silent", 504, /did not answer within 1 s/],
    ["fault-half", 504, /did not answer within 1 s/],
    ["fault-cut", 502, /broke off its answer/],
    ["fault-endless", 502, /more than 65536 bytes/],
    ["fault-redirect", 502, /redirect \(status 307\), which is not followed/],
    ["fault-no-token", 502, /answered without a key/],
    ["fault-odd-token", 502, /answered without a key/],
    ["fault-odd-error", 502, /answered with status 400/],
    ["fault-long", 400, /\(invalid_request: x{300}…\)/],
  ])("says what is wrong with the provider: %s", async (code, status, message) => {
    const before = await exchangesOf(code)
    const body = await expectRefusal(await exchange({ code, code_verifier: newVerifier() }), status)
    expect(body.error.message).toMatch(message)
    // One attempt: a code is used up by it.
    expect(await exchangesOf(code)).toHaveLength(before.length + 1)
    expect((await seen()).elsewhere).toBe(0)
    expect(logged.join("\n")).toBe("")
  })

  it("takes code and verifier out of the provider's words", async () => {
    const verifier = newVerifier()
    const body = await expectRefusal(await exchange({ code: "fault-echo", code_verifier: verifier }), 400)
    expect(body.error.message).toContain("code [redacted] with verifier [redacted] is not known")
    expect(JSON.stringify(body)).not.toContain("fault-echo")
  })

  it.each<[string, Record<string, string>]>([
    ["another origin", { origin: "https://evil.example" }],
    ["another port", { origin: `${ORIGIN}:8443` }],
    ["an opaque origin", { origin: "null" }],
    ["neither header", {}],
    ["another site", { origin: ORIGIN, "sec-fetch-site": "cross-site" }],
    ["a sibling of the site", { origin: ORIGIN, "sec-fetch-site": "same-site" }],
    ["the address bar", { "sec-fetch-site": "none" }],
    [
      "headers that contradict each other",
      { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    ],
  ])("403 for %s, without asking the provider", async (_, headers) => {
    const verifier = newVerifier()
    const code = await codeFor(verifier)
    await expectRefusal(
      await exchange({ code, code_verifier: verifier }, { ...headers, "content-type": "application/json" }),
      403,
    )
    expect(await exchangesOf(code)).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ["Sec-Fetch-Site alone", { "sec-fetch-site": "same-origin" }],
    ["Origin alone", { origin: ORIGIN }],
    ["a hidden origin", { origin: "null", "sec-fetch-site": "same-origin" }],
  ])("takes %s as proof", async (_, headers) => {
    const verifier = newVerifier()
    const body = { code: await codeFor(verifier), code_verifier: verifier }
    const response = await exchange(body, { ...headers, "content-type": "application/json" })
    expect(response.status).toBe(200)
  })

  it.each<[string, Record<string, string>]>([
    ["its Origin", { origin: "https://public.example" }],
    ["a hidden origin", { origin: "null", "sec-fetch-site": "same-origin" }],
  ])("knows the page that a browser has under PUBLIC_ORIGIN by %s", async (_, headers) => {
    const PUBLIC = "https://public.example"
    const verifier = newVerifier()
    const code = await codeFor(verifier, PUBLIC)
    const sent = [
      { code, code_verifier: verifier },
      { ...headers, "content-type": "application/json" },
    ] as const
    if (headers["sec-fetch-site"] === undefined) await expectRefusal(await exchange(...sent), 403)
    const response = await exchange(...sent, underVariables({ PUBLIC_ORIGIN: PUBLIC }))
    expect(response.status).toBe(200)
    expect((await exchangesOf(code))[0]?.sent["redirect_uri"]).toBe(`${PUBLIC}/callback`)
  })

  it("takes JSON only, and names what is wrong with it", async () => {
    const { "content-type": _, ...typeless } = OWN
    await expectRefusal(await exchange("{}", { ...OWN, "content-type": "text/plain" }), 415)
    await expectRefusal(
      await send("/callback", { method: "POST", headers: typeless, body: new TextEncoder().encode("{}") }),
      415,
    )
    await expectRefusal(await exchange("{"), 400)
    await expectRefusal(await exchange({ code: "x".repeat(20_000) }), 413)
    for (const [body, paths] of [
      [{}, ["code", "code_verifier"]],
      [[], [""]],
      [{ code: "", code_verifier: "v".repeat(43) }, ["code"]],
      [{ code: "line\nbreak", code_verifier: "v".repeat(42) }, ["code", "code_verifier"]],
      [{ code: 7, code_verifier: "v".repeat(129) }, ["code", "code_verifier"]],
    ] as const) {
      const refusal = await expectRefusal(await exchange(body), 422)
      expect(refusal.error.detail?.errors?.map(({ path }) => path)).toEqual(paths)
    }
  })
})

describe("GET /callback", () => {
  it("is a page of its own, under a strict policy, kept by nobody", async () => {
    const response = await send("/callback?code=abc&state=def")
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8")
    expectOwn(response)
    const csp = response.headers.get("content-security-policy") ?? ""
    expect(csp).toContain("default-src 'none'")
    expect(csp).toContain("script-src 'self';")
    expect(csp).toContain("connect-src 'self'")
    expect(csp).not.toContain("unsafe")
    const page = await response.text()
    expect(page).toContain(`data-login="${LOGIN}"`)
    expect(page).toContain("/assets/made/callback.js")
    expect(page).not.toContain("abc")
    const head = await send("/callback", { method: "HEAD" })
    expect(head.status).toBe(200)
    expect(await head.text()).toBe("")
  })

  it("answers other methods, and lets no other origin ask for the POST", async () => {
    const options = await send("/callback", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    })
    expect(options.status).toBe(204)
    expect(options.headers.get("allow")).toBe("GET, HEAD, POST, OPTIONS")
    expectOwn(options)
    const put = await send("/callback", { method: "PUT" })
    expect(put.headers.get("allow")).toBe("GET, HEAD, POST, OPTIONS")
    await expectRefusal(put, 405)
  })
})

describe("GET /", () => {
  it("knows where the login is, and its policy allows no more than before", async () => {
    const response = await send("/")
    expect(await response.text()).toContain(`data-login="${LOGIN}"`)
    expect(response.headers.get("content-security-policy")).toMatch(/connect-src 'self';.*form-action 'none'/)
    expect(response.headers.get("content-security-policy")).not.toContain(LOGIN)
  })
})
