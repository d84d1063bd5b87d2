import { describe, expect, it } from "vitest"
import { expectError } from "./support/expect.ts"
import { ORIGIN, send, underVariables } from "./support/product.ts"

/** Through the Worker and its own static files; what the documents say is in test/http/wellKnown.test.ts. */

const SKILL = "/.well-known/agent-skills/parallel-multitask/SKILL.md"
const INDEX = "/.well-known/agent-skills/index.json"
const RESOURCE = "/.well-known/oauth-protected-resource"
const TYPES: Readonly<Record<string, string>> = {
  [RESOURCE]: "application/json; charset=utf-8",
  [`${RESOURCE}/mcp`]: "application/json; charset=utf-8",
  "/mcp/server-card": "application/mcp-server-card+json",
  "/.well-known/ai-catalog.json": "application/ai-catalog+json",
  [INDEX]: "application/json; charset=utf-8",
  [SKILL]: "text/markdown; charset=utf-8",
  "/llms.txt": "text/plain; charset=utf-8",
}
const PATHS = Object.keys(TYPES)
const FROM_FILES = [INDEX, SKILL, "/llms.txt"]

const textOf = async (path: string, from = send) => (await from(path)).text()
const bytesOf = async (path: string, from = send) => new Uint8Array(await (await from(path)).arrayBuffer())
const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")

describe("documents for agents", () => {
  it.each(PATHS)("are read from anywhere, asked about cheaply, and never written: %s", async (path) => {
    const got = await send(path, { headers: { origin: "https://agent.example", accept: "image/png" } })
    expect([got.status, got.headers.get("content-type")]).toEqual([200, TYPES[path]])
    expect(got.headers.get("access-control-allow-origin")).toBe("*")
    const body = await got.text()
    expect(body).toContain(`${ORIGIN}/`)

    const head = await send(path, { method: "HEAD" })
    expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([200, TYPES[path], ""])
    const etag = got.headers.get("etag") ?? ""
    expect(head.headers.get("etag")).toBe(etag)
    const again = await send(path, { headers: { "if-none-match": etag } })
    expect([again.status, await again.text()]).toEqual([304, ""])

    const preflight = await send(path, { method: "OPTIONS", headers: { origin: "https://agent.example" } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET, HEAD, OPTIONS")
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*")
    const post = await send(path, { method: "POST", body: "{}" })
    expect(post.headers.get("allow")).toBe("GET, HEAD, OPTIONS")
    await expectError(post, 405)
  })

  it.each(["/.well-known/", "/.well-known/mcp.json", "/mcp/", "/mcp/server-card/", "/agents/SKILL.md"])(
    "are nowhere else: %s",
    async (path) => {
      await expectError(await send(path), 404)
    },
  )

  it("give the digest of the very bytes that are served, whatever the origin", async () => {
    const digests = new Set<string>()
    for (const from of [
      send,
      underVariables({}, "http://localhost:8787"),
      underVariables({ PUBLIC_ORIGIN: "https://public.example" }),
    ]) {
      const { skills } = JSON.parse(await textOf(INDEX, from))
      expect(skills[0].url).toMatch(new RegExp(`${SKILL}$`))
      expect(skills[0].digest).toBe(`sha256:${await sha256(await bytesOf(SKILL, from))}`)
      digests.add(skills[0].digest)
    }
    expect(digests.size).toBe(3)
  })

  it("say it where this deployment has no files; what is made without them stays", async () => {
    const from = underVariables({ ASSETS: undefined })
    for (const path of PATHS) {
      const response = await from(path)
      if (!FROM_FILES.includes(path)) expect(response.status).toBe(200)
      else expect((await expectError(response, 404)).error.message).toMatch(/binding ASSETS/)
    }
  })

  it("are refused for a host that is no host name", async () => {
    const from = underVariables({}, "https://a'b.example")
    for (const path of PATHS) await expectError(await from(path), 400)
    const named = underVariables({ PUBLIC_ORIGIN: "https://public.example" }, "https://a'b.example")
    for (const path of PATHS) expect(await textOf(path, named)).toContain("https://public.example")
  })
})

describe("llms.txt and the skill", () => {
  /** Addresses of ours in a text, as an agent would find them. */
  const addresses = (text: string) =>
    new Set([...text.matchAll(new RegExp(`${ORIGIN}(/[\\w./-]*[\\w])`, "g"))].map(([, path = ""]) => path))

  it.each(["/llms.txt", SKILL])("lead to what there is: %s", async (path) => {
    const found = addresses(await textOf(path))
    expect([...found]).toEqual(expect.arrayContaining(["/docs.md", "/openapi.json", "/mcp"]))
    // These two are not to be read but to be sent to.
    for (const post of ["/mcp", "/v1beta/tasks/multitask"]) expect(found.delete(post)).toBe(true)
    for (const link of found) expect(`${link} ${(await send(link)).status}`).toBe(`${link} 200`)
  })

  it("llms.txt is of the form that llmstxt.org asks for, and short", async () => {
    const text = await textOf("/llms.txt")
    expect(text).toMatch(/^# .+\n\n> .+\n\n/)
    expect(text.length).toBeLessThan(2_000)
    const [, ...sections] = text.split(/^## .+$/m)
    expect(sections).toHaveLength(2)
    for (const section of sections)
      for (const line of section.trim().split("\n")) expect(line).toMatch(/^- \[[^\]]+\]\(https:\S+\): .+/)
  })
})

describe("the front page", () => {
  const LINK = /<([^>]+)>; rel="([^"]+)"; type="([^"]+)"/
  const linksOf = async (method: string) =>
    ((await send("/", { method })).headers.get("link") ?? "").split(", ")

  it("leads to the description, the documentation, llms.txt and the catalog, as what each is", async () => {
    const links = await linksOf("GET")
    expect(await linksOf("HEAD")).toEqual(links)
    expect(links.map((link) => LINK.exec(link)?.[2])).toEqual([
      "service-desc",
      "service-doc",
      "describedby",
      "ai-catalog",
    ])
    for (const link of links) {
      const [, path = "", , type = ""] = LINK.exec(link) ?? []
      const { status, headers } = await send(path)
      expect([path, status, headers.get("content-type")?.split(";")[0]]).toEqual([path, 200, type])
    }
  })
})
