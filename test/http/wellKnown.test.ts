import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { Ajv } from "ajv"
import { discoverOAuthProtectedResourceMetadata } from "@modelcontextprotocol/client"
import { describe, expect, it } from "vitest"
import { PRODUCT, VERSION } from "../../src/domain/Product.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { RESOURCE_METADATA_PATH, SKILL_PATH } from "../../src/http/discovery.ts"
import { isWellKnown, wellKnownRoute } from "../../src/http/wellKnown.ts"
import * as schemas from "../support/discoverySchemas.ts"
import { settingsWith } from "../support/settings.ts"

const ORIGIN = "https://multitask.example"
const CATALOG = "/.well-known/ai-catalog.json"
const CARD = "/mcp/server-card"
const INDEX = "/.well-known/agent-skills/index.json"
const PATHS = [
  RESOURCE_METADATA_PATH,
  "/.well-known/oauth-protected-resource",
  CARD,
  CATALOG,
  INDEX,
  SKILL_PATH,
]

const fromDisk = async (path: string) => {
  const file = `src/pages/assets${path}`
  return existsSync(file) ? new Response(readFileSync(file)) : null
}

const STAND_IN = { PARALLEL_BASE_URL: "http://127.0.0.1:8788" }

/** Asks a deployment with these variables, at this origin. */
const asking =
  (variables: Partial<SettingsShape> = {}, origin = ORIGIN) =>
  async (path: string, init?: RequestInit) =>
    wellKnownRoute(new Request(`${origin}${path}`, init), {
      settings: settingsWith(variables),
      assets: fromDisk,
    })

const json = async (path: string, ask = asking()): Promise<any> => (await ask(path)).json()

const ajv = new Ajv({ strict: false, formats: { uri: (text: string) => URL.canParse(text) } })
const expectValid = (schema: object, value: unknown) => {
  const validate = ajv.compile(schema)
  validate(value)
  expect(validate.errors ?? []).toEqual([])
}

/** Hosts of all kinds that a deployment may have. */
const ORIGINS = [
  ORIGIN,
  "http://127.0.0.1:8787",
  "http://localhost:8787",
  "http://[::1]:8787",
  "https://a_b.c-d.workers.dev",
]

describe("what machines read before they connect", () => {
  it.each(ORIGINS)("is of the formats that it says it is: %s", async (origin) => {
    for (const variables of [{}, STAND_IN]) {
      const ask = asking(variables, origin)
      expectValid(schemas.protectedResourceSchema, await json(RESOURCE_METADATA_PATH, ask))
      expectValid(schemas.serverCardSchema, await json(CARD, ask))
      expectValid(schemas.aiCatalogSchema, await json(CATALOG, ask))
      expectValid(schemas.skillsIndexSchema, await json(INDEX, ask))
    }
  })

  it("names PUBLIC_ORIGIN where there is one, and nothing of the request", async () => {
    const ask = asking({ PUBLIC_ORIGIN: "https://public.example" }, "https://inside.example")
    for (const path of PATHS) {
      const text = await (await ask(path)).text()
      expect(text).toContain("https://public.example/")
      expect(text).not.toContain("inside.example")
    }
  })

  it("is refused for a host that could break out of a text", async () => {
    for (const path of PATHS) expect((await asking({}, "https://a'b.example")(path)).status).toBe(400)
  })

  it("is one thing at every place", async () => {
    const card = await json(CARD)
    expect(card).toMatchObject({
      name: `example.multitask/${PRODUCT}`,
      version: VERSION,
      remotes: [{ type: "streamable-http", url: `${ORIGIN}/mcp` }],
    })
    const { entries } = await json(CATALOG)
    expect(entries).toEqual([
      expect.objectContaining({ identifier: `urn:air:multitask.example:mcp:${PRODUCT}`, url: ORIGIN + CARD }),
      expect.objectContaining({
        identifier: `urn:air:multitask.example:skill:${PRODUCT}`,
        url: ORIGIN + SKILL_PATH,
      }),
    ])
    for (const { url } of entries) expect(isWellKnown(new URL(url).pathname)).toBe(true)
  })
})

describe("the metadata of the protected resource", () => {
  it("is found by a client that knows the endpoint alone, at either place", async () => {
    const ask = asking()
    for (const [first, fetched] of [
      [true, RESOURCE_METADATA_PATH],
      [false, "/.well-known/oauth-protected-resource"],
    ] as const) {
      const asked: Array<string> = []
      const found = await discoverOAuthProtectedResourceMetadata(`${ORIGIN}/mcp`, {}, async (url) => {
        const { pathname } = new URL(url)
        asked.push(pathname)
        return first || pathname === fetched ? ask(pathname) : new Response(null, { status: 404 })
      })
      expect(asked.at(-1)).toBe(fetched)
      expect(found).toEqual({
        resource: `${ORIGIN}/mcp`,
        authorization_servers: ["https://platform.parallel.ai"],
        scopes_supported: ["key:read"],
        bearer_methods_supported: ["header"],
        resource_name: "Parallel Multitask",
        resource_documentation: `${ORIGIN}/docs`,
      })
    }
  })

  it("names who signs people in, where that is offered and nowhere else", async () => {
    const serversOf = async (variables: Partial<SettingsShape>) =>
      (await json(RESOURCE_METADATA_PATH, asking(variables))).authorization_servers
    expect(await serversOf(STAND_IN)).toBeUndefined()
    expect((await json(RESOURCE_METADATA_PATH, asking(STAND_IN))).scopes_supported).toBeUndefined()
    expect(await serversOf({ ...STAND_IN, PARALLEL_LOGIN_URL: "http://127.0.0.1:8789/" })).toEqual([
      "http://127.0.0.1:8789",
    ])
    const keyIsRequired = async (variables: Partial<SettingsShape>) =>
      (await json(CARD, asking(variables))).remotes[0].headers[0].isRequired
    expect([await keyIsRequired({}), await keyIsRequired(STAND_IN)]).toEqual([false, true])
  })
})

describe("the skill", () => {
  it("is in the index as it is served, to the byte", async () => {
    for (const origin of ORIGINS) {
      const ask = asking({}, origin)
      const [skill] = (await json(INDEX, ask)).skills
      const url = new URL(skill.url)
      expect(url.origin).toBe(origin)
      const served = new Uint8Array(await (await ask(url.pathname)).arrayBuffer())
      expect(skill.digest).toBe(`sha256:${createHash("sha256").update(served).digest("hex")}`)
    }
  })

  it("begins with what agentskills.io asks for, the same as in the index", async () => {
    const text = await (await asking()(SKILL_PATH)).text()
    const front = /^---\nname: (.+)\ndescription: (.+)\n---\n/.exec(text)
    expect(front?.[1]).toBe(PRODUCT)
    // A plain YAML text: nothing in it begins a comment or a mapping.
    expect(front?.[2]).not.toMatch(/: | #|^[^A-Za-z]/)
    expect(front?.[2]).toMatch(/Use it when/)
    expect((await json(INDEX)).skills[0]).toMatchObject({ name: PRODUCT, description: front?.[2] })
    expect(SKILL_PATH).toContain(`/${PRODUCT}/`)
  })

  it("is short", async () => {
    const text = await (await asking()(SKILL_PATH)).text()
    // About four characters are a token in prose, three in commands.
    expect(text.length / 3).toBeLessThan(2_000)
    expect(text).not.toContain("{{")
  })
})

it("has an entry for the registry that fits its schema, and the package", () => {
  const entry = JSON.parse(readFileSync("server.json", "utf8"))
  expectValid(schemas.serverJsonSchema, entry)
  expect(entry.version).toBe(JSON.parse(readFileSync("package.json", "utf8")).version)
  expect(entry.name.split("/")[1]).toBe(PRODUCT)
  for (const { url, variables } of entry.remotes)
    expect([...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(Object.keys(variables))
})
