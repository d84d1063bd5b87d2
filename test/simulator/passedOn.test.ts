import { Ajv } from "ajv"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { harness, rows, type Loose } from "./harness.ts"

const { $defs } = JSON.parse(
  readFileSync(new URL("../../simulator/schemas.json", import.meta.url), "utf8"),
) as { readonly $defs: Record<string, object> }
const asDeclared = new Ajv({ strict: false, validateFormats: false }).compile({
  $ref: "#/$defs/TaskRunInput",
  $defs,
})

const [row] = rows(1)
const server = { type: "url", url: "https://mcp.example/mcp", name: "crm" }
const SECRET = "Bearer of-the-mcp-server"

const add = async (extras: object) => {
  const h = harness()
  const group = await h.group()
  const response = await h.send("POST", `/v1/tasks/groups/${group}/runs`, { inputs: [{ ...row, ...extras }] })
  return { h, group, status: response.status, body: await response.json() }
}

const GOOD: ReadonlyArray<object> = [
  {
    source_policy: {
      include_domains: ["a.org", ".gov"],
      exclude_domains: ["b.com"],
      after_date: "2026-02-28",
    },
  },
  { source_policy: null, advanced_settings: null, previous_interaction_id: null, mcp_servers: null },
  { source_policy: { after_date: null } },
  { advanced_settings: { location: "de" }, enable_events: false, previous_interaction_id: "trun_1" },
  { mcp_servers: [server, { url: server.url, name: "b", headers: { a: SECRET }, allowed_tools: ["x"] }] },
  { mcp_servers: [{ ...server, headers: null, allowed_tools: null }] },
  { webhook: { url: "https://a.example", event_types: ["task_run.status"] } },
  { something_newer: 1 },
]

const BAD: ReadonlyArray<readonly [string, object]> = [
  ["source_policy", { source_policy: ["a.org"] }],
  ["source_policy.include_domains", { source_policy: { include_domains: "a.org" } }],
  ["source_policy.exclude_domains.1", { source_policy: { exclude_domains: ["a.org", 2] } }],
  ["source_policy.after_date", { source_policy: { after_date: 2026 } }],
  ["advanced_settings", { advanced_settings: "de" }],
  ["advanced_settings.location", { advanced_settings: { location: 49 } }],
  ["previous_interaction_id", { previous_interaction_id: 1 }],
  ["enable_events", { enable_events: "sometimes" }],
  ["mcp_servers", { mcp_servers: server }],
  ["mcp_servers.0", { mcp_servers: ["https://mcp.example"] }],
  ["mcp_servers.0.type", { mcp_servers: [{ ...server, type: "stdio" }] }],
  ["mcp_servers.0.url", { mcp_servers: [{ name: "crm" }] }],
  ["mcp_servers.1.name", { mcp_servers: [server, { url: server.url }] }],
  ["mcp_servers.0.headers", { mcp_servers: [{ ...server, headers: [SECRET] }] }],
  ["mcp_servers.0.headers.authorization", { mcp_servers: [{ ...server, headers: { authorization: 1 } }] }],
  ["mcp_servers.0.allowed_tools.0", { mcp_servers: [{ ...server, allowed_tools: [1] }] }],
  ["webhook.url", { webhook: {} }],
  ["webhook.event_types.0", { webhook: { url: "https://a.example", event_types: ["all"] } }],
]

/** What the texts say and the schemas do not. */
const SAID: ReadonlyArray<readonly [string, object]> = [
  ["source_policy.after_date", { source_policy: { after_date: "2026-02-30" } }],
  [
    "source_policy",
    {
      source_policy: { include_domains: Array(150).fill("a.org"), exclude_domains: Array(51).fill("b.org") },
    },
  ],
  ["mcp_servers", { mcp_servers: Array.from({ length: 11 }, () => server) }],
  ["memory_scope_key", { memory_scope_key: "no blanks" }],
  ["memory_scope_key", { memory_scope_key: "k".repeat(129) }],
  ["memory_scope_key", { memory_scope_key: 1 }],
]

describe("what a run input passes on", () => {
  it.each(GOOD)("is taken: %j", async (extras) => {
    expect(asDeclared({ ...row, ...extras })).toBe(true)
    expect((await add(extras)).status).toBe(200)
  })

  it.each([...BAD, ...SAID])("is refused at %s", async (path, extras) => {
    const { h, status, body } = await add(extras)
    expect([status, h.sim.ledger.runs.size]).toEqual([422, 0])
    expect(body.detail.map((p: Loose) => p.loc.join("."))).toEqual([`body.inputs.0.${path}`])
    expect(JSON.stringify(body)).not.toContain(SECRET)
  })

  it.each(BAD)("... as the schemas have it (%s)", (_, extras) => {
    expect(asDeclared({ ...row, ...extras })).toBe(false)
  })

  it("is in the ledger to the letter, MCP headers too, which the API tells nobody", async () => {
    const extras = {
      source_policy: { include_domains: ["a.org"] },
      mcp_servers: [{ ...server, headers: { authorization: SECRET } }],
      memory_scope_key: "team_7",
    }
    const { h, group } = await add(extras)
    const { runs } = await h.json("GET", `/_sim/ledger/${group}`)
    expect(runs[0].passed_on_text).toBe(JSON.stringify(extras))
    const input = await (await h.send("GET", `/v1/tasks/runs/${runs[0].run_id}/input`)).text()
    expect(JSON.parse(input)).toMatchObject({ ...extras, mcp_servers: [server] })
    const listed = JSON.stringify(await h.list(group, "?include_input=true"))
    for (const told of [input, listed]) {
      expect(told).not.toContain(SECRET)
      expect(told).not.toContain("authorization")
    }
  })
})

describe("attempts", () => {
  it("an override may be for one attempt, and the ledger tells which is which", async () => {
    const h = harness({ runs: { failure_rate: 0 } })
    const group = await h.group()
    await h.send("POST", `/_sim/groups/${group}/overrides`, { input_index: 0, attempt: 1, outcome: "failed" })
    const again = { ...row, metadata: { input_index: "0", attempt: "2" } }
    await h.add(group, [row!])
    await h.add(group, [again])
    await h.clock.advance(60_000)
    const { runs } = await h.json("GET", `/_sim/ledger/${group}`)
    expect(runs.map((run: Loose) => [run.input_index, run.attempt, run.status])).toEqual([
      [0, 1, "failed"],
      [0, 2, "completed"],
    ])
  })
})
