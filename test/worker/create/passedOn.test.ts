import { beforeAll, describe, expect, it } from "vitest"
import { expectError, problemPaths, untilEnded } from "../support/expect.ts"
import { companies, create, groupStub, inside, post, send } from "../support/product.ts"
import { newUpstream, type Upstream } from "../support/upstream.ts"

const TOKEN = "tok-Live/0123456789abcdef"
const PATH_TOKEN = "zap0123456789abcdef0123"

const SERVERS = [
  {
    type: "url",
    url: `https://mcp.example/s/${PATH_TOKEN}/sse`,
    name: "tools",
    headers: { Authorization: `Bearer ${TOKEN}`, Accept: "application/json" },
    allowed_tools: ["search"],
  },
]

const OPTIONS = {
  source_policy: { include_domains: ["example.com", ".gov"], after_date: "2024-01-01" },
  mcp_servers: SERVERS,
  advanced_settings: { location: "de" },
  previous_interaction_id: "trun_before",
  memory_scope_key: "team-1",
  enable_events: true,
}

/** All that anybody can read of a group. */
const everythingOf = async (id: string): Promise<string> => {
  const paths = ["json", "jsonl?basis=all", "md?basis=all", "csv", "html", "sse"].map(
    (format) => `.${format}`,
  )
  const texts = await Promise.all(
    [...paths, "/0.json", "/0.md", "/0.html"].map(async (path) => {
      const response = await send(`/${id}${path}`)
      return `${JSON.stringify([...response.headers])}\n${await response.text()}`
    }),
  )
  const tables = ["SELECT * FROM details", "SELECT * FROM runs", "SELECT * FROM results"]
  const rows = await Promise.all(tables.map((statement) => groupStub(id).raw(statement)))
  return JSON.stringify([texts, rows])
}

describe("what is passed on", () => {
  let upstream: Upstream
  let id = ""
  let answer = ""
  let everything = ""

  beforeAll(async () => {
    upstream = newUpstream()
    // A server that was called repeats what it was given, and so does Parallel in its warnings.
    await upstream.behave({
      rewrites: [
        { find: '"ceo_name":"', put: `"ceo_name":"${TOKEN} at /s/${PATH_TOKEN}, application/json ` },
        { find: '"warnings":null', put: `"warnings":[{"type":"w","message":"${TOKEN}","detail":null}]` },
      ],
    })
    const response = await post(
      upstream,
      { inputs: companies(12), ...OPTIONS },
      { accept: "application/json" },
    )
    expect(response.status).toBe(200)
    answer = await response.text()
    id = (JSON.parse(answer) as { taskgroup_id: string }).taskgroup_id
    await untilEnded(id)
    everything = await everythingOf(id)
  })

  it("is in every run as it came", async () => {
    const requests = await upstream.requestsOf("group.runs.add")
    const inputs = requests.flatMap(
      ({ body }) => (JSON.parse(body ?? "") as { inputs: Array<Record<string, unknown>> }).inputs,
    )
    expect(inputs).toHaveLength(12)
    for (const input of inputs) expect(input).toMatchObject(OPTIONS)
  })

  it("is shown but for its secrets, which are in no table, answer or format", async () => {
    const { raw } = await groupStub(id).raw("SELECT run_options FROM details")
    const { headers, ...server } = SERVERS[0]!
    expect(JSON.parse(String(raw[0]?.[0]))).toEqual({
      ...OPTIONS,
      mcp_servers: [
        {
          ...server,
          url: "https://mcp.example/[redacted]",
          headers: Object.fromEntries(Object.keys(headers).map((name) => [name, "[redacted]"])),
        },
      ],
    })
    for (const secret of [TOKEN, PATH_TOKEN]) expect(answer + everything).not.toContain(secret)
    const kept = await inside(id, ({ storage }) => JSON.stringify([...storage.kv.list()]))
    expect(kept).toContain(PATH_TOKEN)
  })

  it("is hidden in what comes back, and nothing but it", () => {
    expect(everything).toContain("[redacted] at /s/[redacted], application/json ")
  })

  it("is refused by path, before anything is asked, without its secrets", async () => {
    const other = newUpstream()
    const error = await expectError(
      await post(other, {
        mcp_servers: [{ ...SERVERS[0], headers: { Authorization: `${TOKEN}\n` }, nme: "x" }],
        source_policy: { include_domains: ["https://example.com"] },
        memory_scope_key: "a b",
      }),
      422,
    )
    expect(problemPaths(error)).toEqual([
      "source_policy.include_domains[0]",
      "mcp_servers[0].headers.Authorization",
      "mcp_servers[0].nme",
      "memory_scope_key",
    ])
    expect(JSON.stringify(error)).not.toContain(TOKEN)
    expect((await other.requests()).total).toBe(0)
  })

  it("may have the request's own key where nobody sees it, not elsewhere", async () => {
    const other = newUpstream()
    const key = other.keyThat("pk/live-9f2c")
    const server = { url: "https://mcp.example", name: "own", headers: { Authorization: `Bearer ${key}` } }
    const taken = await post(other, { mcp_servers: [server] }, { "x-api-key": key })
    expect([taken.status, (await taken.text()).startsWith("http")]).toEqual([200, true])
    const named = { ...server, name: `tools of ${key}` }
    const error = await expectError(await post(other, { mcp_servers: [named] }, { "x-api-key": key }), 422)
    expect(problemPaths(error)).toEqual(["mcp_servers[0].name"])
  })
})

describe("title and metadata", () => {
  it("are shown wherever the group is, as data, and go to Parallel with the group", async () => {
    const upstream = newUpstream()
    const title = "CEOs <b>of</b> *Zürich* | 2026"
    const { taskgroup_id: id } = await create(upstream, {
      title,
      metadata: { client: "Müller", "2026": "x" },
      output_description: "Who leads it?",
    })
    const { metadata } = await untilEnded(id)
    const ours = { product: "parallel-multitask", processor: "core", num_inputs: 3 }
    expect(metadata).toMatchObject({
      ...ours,
      client: "Müller",
      "2026": "x",
      title,
      question: "Who leads it?",
    })
    const [sent] = await upstream.requestsOf("group.create")
    const { metadata: told } = JSON.parse(sent?.body ?? "") as { metadata: Record<string, unknown> }
    expect(told).toMatchObject({ ...ours, client: "Müller", "2026": "x", title })
    expect(told).not.toHaveProperty("question")
    const page = await (await send(`/${id}.html`)).text()
    const escaped = "CEOs &lt;b&gt;of&lt;/b&gt; *Zürich* | 2026"
    expect(page).toContain(`<title>3 of 3 completed · ${escaped}</title>`)
    expect(page).toContain(`<h1 dir="auto">${escaped}</h1>`)
    const [heading] = (await (await send(`/${id}.md`)).text()).split("\n")
    expect(heading).toMatch(/^# CEOs .*Zürich/)
    expect(heading).not.toContain("<b>")
    const csv = await send(`/${id}.csv`)
    await csv.text()
    expect(csv.headers.get("content-disposition")).toBe(
      `attachment; filename="CEOs-b-of-b-Zurich-2026-${id}.csv"; filename*=UTF-8''CEOs-b-of-b-Z%C3%BCrich-2026-${id}.csv`,
    )
  })
})
