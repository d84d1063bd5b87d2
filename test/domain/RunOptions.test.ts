import { describe, expect, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { MultitaskBody, bodyOf } from "../../src/domain/MultitaskBody.ts"
import { Problems } from "../../src/domain/Problem.ts"
import { decodeRunOptions, RUN_OPTIONS, runOptionsText, secretsIn } from "../../src/domain/RunOptions.ts"
import { ROW_LIMITS } from "../support/rows.ts"

const decode = (fields: object) => {
  const body = bodyOf(fields, ROW_LIMITS, RUN_OPTIONS)
  if (!(body instanceof MultitaskBody)) throw new Error("unreadable")
  const problems = new Problems()
  const options = decodeRunOptions(body, problems)
  return { ...options, problems: problems.list("") }
}

const paths = (fields: object) => decode(fields).problems.map(({ path }) => path)

const redacted = (secrets: string | null) => (secrets === null ? null : Redacted.make(secrets))

/** What a run input has of them. */
const sent = ({ shown, secrets }: ReturnType<typeof decode>): unknown =>
  JSON.parse(`{"metadata":{}${runOptionsText(shown, redacted(secrets))}}`)

const EVERYTHING = {
  source_policy: {
    include_domains: ["example.com", ".gov", "münchen.de"],
    after_date: "2024-02-29",
  },
  mcp_servers: [{ type: "url", url: "https://mcp.example", name: "tools", allowed_tools: ["search"] }],
  advanced_settings: { location: "us" },
  previous_interaction_id: "trun_1",
  memory_scope_key: "team-1",
  enable_events: false,
}

describe("what is passed on to every run", () => {
  it("is sent as it came", () => {
    const decoded = decode(EVERYTHING)
    expect(decoded).toMatchObject({ problems: [], warnings: [], secrets: null })
    expect(JSON.parse(decoded.shown)).toEqual(EVERYTHING)
    expect(sent(decoded)).toEqual({ metadata: {}, ...EVERYTHING })
  })

  it("is nothing where it is null, its members too", () => {
    const nothing = Object.fromEntries(RUN_OPTIONS.map((name) => [name, null]))
    expect(decode(nothing)).toEqual({ shown: "{}", secrets: null, warnings: [], problems: [] })
    expect(runOptionsText("{}", null)).toBe("")
    const policy = { include_domains: null, after_date: "2024-01-01" }
    const servers = [{ url: "https://mcp.example", name: "n", headers: null, type: null }]
    expect(sent(decode({ source_policy: policy, mcp_servers: servers }))).toEqual({
      metadata: {},
      source_policy: { after_date: "2024-01-01" },
      mcp_servers: [{ url: "https://mcp.example", name: "n" }],
    })
  })

  it("says what Parallel would ignore", () => {
    const both = { include_domains: ["a.com"], exclude_domains: ["b.com"] }
    expect(decode({ source_policy: both }).warnings).toEqual([
      expect.stringContaining("ignores exclude_domains"),
    ])
    expect(decode({ source_policy: { ...both, include_domains: [] } }).warnings).toEqual([])
  })

  it.each<[string, unknown, ReadonlyArray<string>]>([
    ["source_policy", [], [""]],
    ["source_policy", { include_domain: ["a.com"] }, [".include_domain"]],
    ["source_policy", { include_domains: "a.com" }, [".include_domains"]],
    [
      "source_policy",
      { include_domains: ["https://a.com", "a.com/x", "a.com:1", "*.a.com", "", 3, "a..b"] },
      [0, 1, 2, 3, 4, 5, 6].map((at) => `.include_domains[${at}]`),
    ],
    ["source_policy", { after_date: "2024-02-30" }, [".after_date"]],
    ["source_policy", { after_date: "2024-1-1" }, [".after_date"]],
    ["source_policy", { include_domains: Array.from({ length: 201 }, () => "a.com") }, [".include_domains"]],
    [
      "source_policy",
      {
        include_domains: Array.from({ length: 101 }, () => "a.com"),
        exclude_domains: Array.from({ length: 100 }, () => "b.com"),
      },
      [""],
    ],
    ["mcp_servers", {}, [""]],
    ["mcp_servers", [null, 3], ["[0]", "[1]"]],
    ["mcp_servers", [{}], ["[0].url", "[0].name"]],
    ["mcp_servers", [{ url: "ftp://a.com", name: " ", type: "sse" }], ["[0].url", "[0].name", "[0].type"]],
    ["mcp_servers", [{ url: "https://a.com", name: "n", header: {} }], ["[0].header"]],
    [
      "mcp_servers",
      [{ url: "https://a.com", name: "n", headers: { "x y": "1", a: 1, b: "x\r\ny" } }],
      ['[0].headers["x y"]', "[0].headers.a", "[0].headers.b"],
    ],
    ["mcp_servers", [{ url: "https://a.com", name: "n", allowed_tools: ["a", 1] }], ["[0].allowed_tools[1]"]],
    ["mcp_servers", Array.from({ length: 11 }, () => ({ url: "https://a.com", name: "n" })), [""]],
    [
      "mcp_servers",
      Array.from({ length: 3 }, () => ({
        url: "https://a.com",
        name: "n",
        headers: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`h${at}`, "x"])),
      })),
      [""],
    ],
    ["advanced_settings", { location: "usa" }, [".location"]],
    ["advanced_settings", { country: "us" }, [".country"]],
    ["previous_interaction_id", "", [""]],
    ["previous_interaction_id", 3, [""]],
    ["memory_scope_key", "a b", [""]],
    ["memory_scope_key", "x".repeat(129), [""]],
    ["enable_events", "true", [""]],
  ])("is refused by path where it breaks Parallel's rules: %s %j", (name, value, expected) => {
    expect(paths({ [name]: value }).toSorted()).toEqual(expected.map((path) => name + path).toSorted())
    expect(decode({ [name]: value })).toMatchObject({ shown: "{}", secrets: null })
  })

  it("is bounded, since every run carries it", () => {
    const source_policy = { include_domains: Array.from({ length: 200 }, () => `${"x".repeat(90)}.com`) }
    expect(paths({ ...EVERYTHING, source_policy })).toEqual(["source_policy"])
  })
})

const TOKEN = "tok_0123456789abcdef"

describe("secrets in it", () => {
  const servers = [
    {
      url: `https://me:pass%20word@mcp.example/s/${TOKEN}/sse?key=q${TOKEN}&region=eu`,
      name: "tools",
      headers: { Authorization: `Bearer b${TOKEN}`, "X-Word": "sesame", Accept: "application/json" },
    },
    { url: "https://open.example/", name: "open" },
  ]
  const decoded = decode({ mcp_servers: servers, enable_events: true })

  it("are sent, and not shown", () => {
    expect(sent(decoded)).toEqual({ metadata: {}, mcp_servers: servers, enable_events: true })
    expect(JSON.parse(decoded.shown)).toEqual({
      mcp_servers: [
        {
          url: "https://mcp.example/[redacted]",
          name: "tools",
          headers: { Authorization: "[redacted]", "X-Word": "[redacted]", Accept: "[redacted]" },
        },
        servers[1],
      ],
      enable_events: true,
    })
    // Nothing else needs a place where no reader looks.
    expect(JSON.parse(decoded.secrets ?? "")).toEqual({ mcp_servers: servers })
  })

  it("are known one by one, to be hidden in what comes back; words are not", () => {
    expect([...secretsIn(redacted(decoded.secrets))].toSorted()).toEqual(
      [TOKEN, `q${TOKEN}`, `b${TOKEN}`, "me", "pass%20word", "pass word", "sesame"].toSorted(),
    )
  })

  it("are in no problem", () => {
    const found = decode({
      mcp_servers: [{ ...servers[0], url: `htps://${TOKEN}`, headers: { a: `${TOKEN}\n` } }],
    })
    expect(found.problems).toHaveLength(2)
    expect(JSON.stringify(found.problems)).not.toContain(TOKEN)
  })
})
