import { describe, expect, it, vi } from "vitest"
import { askFront as ask } from "./support/context.ts"

const CREATE = "/v1beta/tasks/multitask"

/** A POST without a key: 401 says that it was let in, and that is all. */
const post = (
  origin: string,
  headers: Record<string, string>,
  env: Record<string, string>,
  method = "POST",
) => ask(`${origin}${CREATE}`, { method, headers: { "content-type": "application/json", ...headers } }, env)

const corsOf = (response: Response) => [...response.headers.keys()].includes("access-control-allow-origin")

const PUBLIC_ORIGIN = "https://multitask.example"
const LOCAL = "http://127.0.0.1:8787"

describe("what takes a key, where private addresses may be asked", () => {
  const open = { ALLOW_PRIVATE_URLS: "true" }
  const named = { ...open, PUBLIC_ORIGIN }

  it.each<[who: string, origin: string, headers: Record<string, string>, env: Record<string, string>]>([
    ["a program", LOCAL, {}, open],
    ["a program, by whatever name", "http://dev.example:8787", {}, open],
    ["our page", LOCAL, { origin: LOCAL, "sec-fetch-site": "same-origin" }, open],
    ["our page, in an old browser", LOCAL, { origin: LOCAL }, open],
    ["our page by its name", "http://localhost:8787", { origin: "http://localhost:8787" }, open],
    ["our page in IPv6", "http://[::1]:8787", { origin: "http://[::1]:8787" }, open],
    ["our page in the house", "http://192.168.1.5:8787", { origin: "http://192.168.1.5:8787" }, open],
    ["our page, whose origin is hidden", LOCAL, { origin: "null", "sec-fetch-site": "same-origin" }, open],
    [
      "our page through a tunnel",
      LOCAL,
      { origin: "https://t.example", "sec-fetch-site": "same-origin" },
      open,
    ],
    ["the page of PUBLIC_ORIGIN", "http://inside:80", { origin: PUBLIC_ORIGIN }, named],
    ["it, with its origin hidden", PUBLIC_ORIGIN, { origin: "null", "sec-fetch-site": "same-origin" }, named],
    ["what a person opened", LOCAL, { "sec-fetch-site": "none" }, open],
  ])("may come from %s", async (_, origin, headers, env) => {
    expect((await post(origin, headers, env)).status).toBe(401)
  })

  it.each<[who: string, origin: string, headers: Record<string, string>, env: Record<string, string>]>([
    [
      "a page of another origin",
      LOCAL,
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      open,
    ],
    ["it, in an old browser", LOCAL, { origin: "https://evil.example" }, open],
    ["it, though it says otherwise", LOCAL, { origin: LOCAL, "sec-fetch-site": "cross-site" }, open],
    ["it, hiding behind null", LOCAL, { origin: "null" }, open],
    ["it, without an origin", LOCAL, { "sec-fetch-site": "cross-site" }, open],
    ["another port", LOCAL, { origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-site" }, open],
    ["another scheme", LOCAL, { origin: "https://127.0.0.1:8787" }, open],
    [
      "a name that was made to lead here",
      "http://evil.example:8787",
      { origin: "http://evil.example:8787" },
      open,
    ],
    ["it, when there is a public name", "http://evil.example", { origin: "http://evil.example" }, named],
    [
      "it, with all that a browser might add",
      "http://evil.example",
      { "sec-fetch-site": "same-origin" },
      named,
    ],
    [
      "a name that begins like an address",
      "http://127.0.0.1.evil.example",
      { origin: "http://127.0.0.1.evil.example" },
      open,
    ],
    ["one that ends like ours", "http://evil-localhost", { origin: "http://evil-localhost" }, open],
    ["an extension", LOCAL, { origin: "chrome-extension://abc", "sec-fetch-site": "none" }, open],
  ])("may not come from %s", async (_, origin, headers, env) => {
    for (const method of ["POST", "OPTIONS"]) {
      const response = await post(origin, headers, env, method)
      expect([response.status, corsOf(response)]).toEqual([403, false])
      expect(await response.json()).toMatchObject({ type: "error", error: { detail: null } })
      // Everywhere else it may.
      const elsewhere = await post(origin, headers, { ...env, ALLOW_PRIVATE_URLS: "false" }, method)
      expect([elsewhere.status, corsOf(elsewhere)]).toEqual([method === "POST" ? 401 : 204, true])
    }
  })
})

describe("headers of every answer", () => {
  const ANSWERS = ["/", "/callback", CREATE, "/nothing", "/tgrp_0123456789.nope", "/assets/nothing"]
  const HSTS = "strict-transport-security"

  it.each(ANSWERS)("%s says what a browser may do with it", async (path) => {
    for (const accept of ["text/html", "*/*"]) {
      const { headers } = await ask(`${PUBLIC_ORIGIN}${path}`, { headers: { accept } })
      expect(headers.get(HSTS)).toBe("max-age=31536000")
      expect(headers.get("permissions-policy")).toMatch(/\bcamera=\(\), .*clipboard-write=\(self\)$/)
      const isPage = headers.get("content-type")?.startsWith("text/html")
      expect(headers.get("cross-origin-opener-policy")).toBe(isPage ? "same-origin" : null)
    }
  })

  it("pages are among them", async () => {
    for (const path of ["/", "/callback", "/tgrp_0123456789.nope"]) {
      const { headers } = await ask(`${PUBLIC_ORIGIN}${path}`, { headers: { accept: "text/html" } })
      expect(headers.get("content-type")).toMatch(/^text\/html/)
    }
  })

  it.each([
    "http://multitask.example",
    LOCAL,
    "https://localhost:8787",
    "https://a.localhost",
    "https://[::1]",
  ])("%s is not bound to https", async (origin) => {
    const { headers } = await ask(`${origin}/`)
    expect(headers.get(HSTS)).toBeNull()
    // Browsers complain of one that they cannot heed.
    const heeded = origin === "http://multitask.example" ? null : "same-origin"
    expect(headers.get("cross-origin-opener-policy")).toBe(heeded)
  })

  it("a fault says the same; for files see test/clients/preflights.ts", async () => {
    const { headers } = await ask(`${PUBLIC_ORIGIN}/`)
    const log = vi.spyOn(console, "error").mockImplementation(() => {})
    const fault = await ask(`${PUBLIC_ORIGIN}/tgrp_0123456789.json`)
    expect([fault.status, log.mock.calls.length]).toEqual([500, 1])
    log.mockRestore()
    for (const name of ["permissions-policy", HSTS]) expect(fault.headers.get(name)).toBe(headers.get(name))
  })
})
