import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Writable } from "node:stream"
import { describe, expect, it } from "vitest"
import { inNoTime } from "./support/inNoTime.ts"
import { FakeServer, refusal, URL_OF_GROUP } from "./support/server.ts"
import { fakeWorld, HOST, KEY, runIn } from "./support/fakeWorld.ts"

const CSV = "company,site\nAcme,acme.com\nGlobex,globex.com\n"
const ASKED = ["--describe", "the CEO"]

const brokenOff = (): Response =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"dry_run":true,')),
      pull: (controller) => controller.error(new TypeError("terminated")),
    }),
  )

const setUp = (options: Omit<Parameters<typeof fakeWorld>[0] & object, "fetch"> = {}) => {
  const server = new FakeServer()
  const world = fakeWorld({ ...options, fetch: server.fetch })
  return { server, world, csv: world.write("a.csv", CSV) }
}

describe("run", () => {
  it("plans, creates, follows, and writes the file again with the answers", async () => {
    const { server, world, csv } = setUp()
    expect(await runIn(world, ["run", csv, ...ASKED, "--yes"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "Rows       2 rows of ~/a.csv
      Processor  core
      Answer     ceo  string   Who leads it
                 10   integer
      Cost       about $0.05
      Time       typically 1 to 5 min
      Results: https://multitask.example/tgrp_0123456789abcdef
      0 of 2 rows have ended.
      2 of 2 in 0 s: 2 completed
      ",
        "out": "company,site,ceo,$status,$error,$id
      Acme,acme.com,CEO 0,completed,,trun_0
      Globex,globex.com,CEO 1,completed,,trun_1
      ",
      }
    `)
    expect(server.sent.map(({ method, path, key }) => [method, path, key !== null])).toMatchInlineSnapshot(`
      [
        [
          "POST",
          "/v1beta/tasks/multitask",
          true,
        ],
        [
          "POST",
          "/v1beta/tasks/multitask",
          true,
        ],
        [
          "GET",
          "/tgrp_0123456789abcdef.sse",
          false,
        ],
        [
          "GET",
          "/tgrp_0123456789abcdef.json",
          false,
        ],
      ]
    `)
  })

  it("creates what the plan says, so that nothing is suggested again, nor costs more", async () => {
    const { server, world, csv } = setUp()
    await runIn(world, ["run", csv, ...ASKED, "--title", "Leaders", "--yes"])
    const [plan, create] = server.sent
    expect(plan?.body).toEqual({
      dry_run: true,
      inputs: [
        { company: "Acme", site: "acme.com" },
        { company: "Globex", site: "globex.com" },
      ],
      output_type: "json",
      output_description: "the CEO",
      title: "Leaders",
    })
    expect(create?.body).toMatchObject({
      output_description: "the CEO",
      title: "Leaders",
      processor: "core",
      max_cost_usd: 0.05,
    })
    expect(create?.body).not.toHaveProperty("dry_run")
    expect(create?.text).toContain(`"output_schema":${server.suggested}`)
  })

  it("sends rows and schema as they are written", async () => {
    const { server, world } = setUp()
    const rows = `[{"id":12345678901234567890.10,"2":"b","1":"a"}]`
    const schema = `{"type":"object","properties":{"9":{"type":"number","maximum":1e40},"1":{"type":"string"}}}`
    const argv = ["run", world.write("a.json", rows), "--schema", world.write("s.json", schema), "--yes"]
    expect((await runIn(world, argv)).code).toBe(0)
    for (const { text } of server.sent.slice(0, 2)) expect(text).toContain(`"inputs":${rows}`)
    expect(server.sent[0]?.text).toContain(`"output_schema":${schema}`)
  })

  it("ends with 2 where rows did not complete, and says which, why, and what to do", async () => {
    const { world } = setUp()
    const rows = world.write("a.jsonl", '{"name":"Acme"}\n{"name":"Globex","fails":1}\n')
    const { code, err, out } = await runIn(world, ["run", rows, ...ASKED, "--yes"])
    expect(code).toBe(2)
    expect(err).toContain("row 2 (Globex): failed: No source says so.")
    expect(err).toContain(`parallel-multitask retry ${URL_OF_GROUP} runs what failed again`)
    expect(out.trimEnd().split("\n")).toHaveLength(2)
  })

  it("writes semicolons for a file that has them", async () => {
    const { world } = setUp()
    const semicolons = world.write("b.csv", "company;note\nAcme;1,5\n")
    const { out } = await runIn(world, ["run", semicolons, ...ASKED, "--yes"])
    expect(out).toBe('company;note;ceo;$status;$error;$id\r\nAcme;"1,5";CEO 0;completed;;trun_0\r\n')
  })

  it("says before anything is spent which columns have to give way to answers", async () => {
    const { world } = setUp()
    const csv = world.write("b.csv", "company,ceo,$id\nAcme,Jo,7\n")
    const { err, out } = await runIn(world, ["run", csv, ...ASKED, "--yes"])
    expect(out).toContain("company,ceo,$status,$error,$id\r\nAcme,CEO 0,")
    expect(err.replace(/\s+/g, " ")).toContain(
      "in place of columns of the file: ceo, $id. Rename them there to keep both. Results:",
    )
  })

  it("writes to --output what else goes to stdout", async () => {
    const { world, csv } = setUp()
    const file = join(world.home, "out.tsv")
    const { code, out, err } = await runIn(world, ["run", csv, ...ASKED, "--yes", "-o", file])
    expect({ code, out }).toEqual({ code: 0, out: "" })
    expect(err).toContain("The results are in ~/out.tsv.")
    expect(readFileSync(file, "utf8")).toBe(
      "\uFEFFcompany\tsite\tceo\t$status\t$error\t$id\r\nAcme\tacme.com\tCEO 0\tcompleted\t\ttrun_0\r\nGlobex\tglobex.com\tCEO 1\tcompleted\t\ttrun_1\r\n",
    )
  })

  it("reads rows from stdin", async () => {
    const { world, server } = setUp()
    world.stdin.end('{"name":"Acme"}\n{"name":"Globex"}\n')
    const { code, out } = await runIn(world, ["run", "-", "--text", "--yes"])
    expect(code).toBe(0)
    expect(JSON.parse(out.split("\n")[0]!)).toMatchObject({ name: "Acme", $status: "completed" })
    expect(server.sent[0]?.body).toMatchObject({ output_type: "text" })
  })

  it("tells of each warning once", async () => {
    const { server, world, csv } = setUp()
    server.warnings = ["The schema was \u001b[31munwrapped."]
    const { err } = await runIn(world, ["run", csv, ...ASKED, "--yes"])
    expect(err.match(/Warning/g)).toHaveLength(1)
    expect(err).not.toContain("\u001b")
  })

  it("ends quietly where nobody reads its results any more", async () => {
    const { world, csv } = setUp()
    refuse(world.stdout, "EPIPE")
    const { code, err } = await runIn(world, ["run", csv, ...ASKED, "--yes"])
    expect(code).toBe(0)
    expect(err).not.toContain("EPIPE")
  })
})

const refuse = (stream: Writable, code: string): void => {
  stream._write = (_chunk, _encoding, callback) =>
    (callback as (error: Error) => void)(Object.assign(new Error(`write ${code}`), { code }))
}

describe("stdout that takes nothing", () => {
  it.each(["plan", "run", "get"])("is told of by %s, which has failed", async (command) => {
    const { server, world, csv } = setUp()
    server.add([{ input: { name: "Acme" }, status: "completed" }])
    refuse(world.stdout, "ENOSPC")
    const argv = command === "get" ? ["get", URL_OF_GROUP] : [command, csv, ...ASKED]
    const { code, err } = await runIn(world, command === "run" ? [...argv, "--yes"] : argv)
    expect(code).toBe(1)
    expect(err).toContain("Standard output cannot be written (ENOSPC).")
    expect(err).not.toContain("should not have happened")
  })

  it.each(["ENOSPC", "EPIPE"])("does not lose the URL of what was paid for: %s", async (code) => {
    const { world, csv } = setUp()
    refuse(world.stdout, code)
    expect((await runIn(world, ["submit", csv, ...ASKED, "--yes"])).err).toContain(URL_OF_GROUP)
  })
})

describe("plan and submit", () => {
  it("a plan goes to stdout, and nothing else is said or done", async () => {
    const { server, world, csv } = setUp()
    server.warnings = [
      "No description: the answer is whatever is found about each of the rows, in a few words.",
    ]
    expect(await runIn(world, ["plan", csv, ...ASKED, "--limit", "1"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "Rows       1 row of ~/a.csv, 1 left out
      Processor  core
      Answer     ceo  string   Who leads it
                 10   integer
      Cost       about $0.025
      Time       typically 1 to 5 min
      Warning    No description: the answer is whatever is found about each of the
                 rows, in a few words.
      ",
      }
    `)
    expect(server.acts).toEqual([])
  })

  it("submit prints the URL alone to stdout, as the server gives it out", async () => {
    const { world, csv } = setUp()
    const { code, out } = await runIn(world, ["submit", csv, ...ASKED, "--yes"])
    expect({ code, out }).toEqual({ code: 0, out: `${URL_OF_GROUP}\n` })
  })
})

describe("the question at a terminal", () => {
  it.each(["y\n", "Y\r\n", "yes\n", " yes \n"])("goes on after %j", async (answer) => {
    const { server, world, csv } = setUp({ isTerminal: true })
    const ended = runIn(world, ["submit", csv, ...ASKED])
    await world.stderr.shows("Run 2 rows for about $0.05? [y/N] ")
    expect(server.acts).toEqual([])
    world.stdin.write(answer)
    expect((await ended).code).toBe(0)
    expect(server.acts).toHaveLength(1)
  })

  it.each(["n\n", "\n", "\ny\n", "yikes\n", "yes please\n", "y"])(
    "spends nothing after %j",
    async (answer) => {
      const { server, world, csv } = setUp({ isTerminal: true })
      const ended = runIn(world, ["run", csv, ...ASKED])
      await world.stderr.shows("[y/N]")
      world.stdin.end(answer)
      const { code, err } = await ended
      expect(code).toBe(1)
      expect(err).toMatch(/\nNothing was started\.\n$|\[y\/N\] Nothing was started\.\n$/)
      expect(server.acts).toEqual([])
    },
  )

  it("is not asked with --yes", async () => {
    const { world, csv } = setUp({ isTerminal: true })
    expect((await runIn(world, ["submit", csv, ...ASKED, "--yes"])).err).not.toContain("[y/N]")
  })
})

describe("before anything is sent", () => {
  const refused: ReadonlyArray<
    readonly [what: string, argv: ReadonlyArray<string>, says: string, env?: Record<string, string>]
  > = [
    ["no --yes and nobody to ask", ["run", "a.csv", ...ASKED], "Add --yes"],
    [
      "no key and nobody to ask",
      ["plan", "a.csv", ...ASKED],
      "Set PARALLEL_API_KEY",
      { MULTITASK_URL: HOST },
    ],
    [
      "no deployment",
      ["plan", "a.csv", ...ASKED],
      "Set MULTITASK_URL, or add --host URL",
      { PARALLEL_API_KEY: KEY },
    ],
    [
      "a key that is none",
      ["plan", "a.csv", ...ASKED],
      "cannot be a Parallel API key",
      { MULTITASK_URL: HOST, PARALLEL_API_KEY: `“${KEY}”` },
    ],
    ["an unencrypted way", ["plan", "a.csv", ...ASKED, "--host", "http://multitask.example"], "unencrypted"],
    ["no file", ["run", "b.csv", ...ASKED, "--yes"], "b.csv"],
    ["no schema file", ["run", "a.csv", "--schema", "s.json", "--yes"], "there is no file"],
    ["a schema that is none", ["run", "a.csv", "--schema", "a.csv", "--yes"], "is not JSON"],
    ["a schema in place of its file", ["run", "a.csv", "--schema", "{}", "--yes"], "the name of a file"],
    [
      "an output that cannot be",
      ["run", "a.csv", ...ASKED, "--yes", "-o", "no/such/a.csv"],
      "does not exist",
    ],
    ["an output of no known kind", ["run", "a.csv", ...ASKED, "--yes", "-o", "a.xlsx"], "xlsx"],
    ["a host that is none", ["run", "a.csv", ...ASKED, "--host", "localhost:8787"], "http://localhost:8787"],
    ["a host with a password", ["run", "a.csv", ...ASKED, "--host", "https://a:b@m.example"], "password"],
  ]
  it.each(refused.map(([what, argv, says, env]) => ({ what, argv, says, env })))(
    "refuses $what",
    async ({ argv, says, env }) => {
      const { server, world } = setUp(env === undefined ? {} : { env })
      const inHome = (arg: string) =>
        /^(?:no\/.*|.*\.(?:csv|json|xlsx))$/.test(arg) ? join(world.home, arg) : arg
      const { code, out, err } = await runIn(world, argv.map(inHome))
      expect({ code, out }).toEqual({ code: 1, out: "" })
      expect(err).toContain(says)
      expect(server.sent).toEqual([])
    },
  )

  it("needs --yes for rows from stdin, even at a terminal", async () => {
    const { server, world } = setUp({ isTerminal: true })
    const { code, err } = await runIn(world, ["run", "-", ...ASKED])
    expect(code).toBe(1)
    expect(err).toContain("stdin is the rows")
    expect(server.sent).toEqual([])
  })
})

describe("what the server refuses", () => {
  it("is told in the words of the command line, each problem with its place", async () => {
    const { server, world, csv } = setUp()
    server.instead = () =>
      refusal(422, "inputs[1] has no value (and 2 more problems, see detail).", [
        { path: "inputs[1]", message: "has no value." },
        { path: "inputs[0].site", message: "is \u001b]0;evil\u0007 too long." },
        {
          path: "max_cost_usd",
          message: 'is 1, below the estimate. Raise max_cost_usd, or send "skip_empty": true.',
        },
      ])
    const { code, err } = await runIn(world, ["plan", csv, ...ASKED])
    expect(code).toBe(1)
    expect(err).toBe(`These were refused:
  Row 2 (line 3) has no value.
  Row 1 (line 2), site, is \uFFFD]0;evil\uFFFD too long.
  --max-cost is 1, below the estimate. Raise --max-cost, or add --skip-empty.
Reference: ref-1
`)
  })

  it("says what to do about a file that is too large, which is not sent by a URL from here", async () => {
    const { server, world, csv } = setUp()
    server.instead = () => refusal(413, "The body is larger than 9 bytes; inputs may be sent as a URL, too.")
    const { err } = await runIn(world, ["plan", csv, ...ASKED])
    expect(err).toContain("Split the file: run one part, and add the others to its group.")
    expect(err).not.toContain("URL")
  })

  it("says where the key comes from, and never repeats it", async () => {
    const { server, world, csv } = setUp()
    server.instead = () => refusal(401, `The key ${KEY} is not known.`)
    const { err } = await runIn(world, ["plan", csv, ...ASKED])
    expect(err).toBe(`The key [key] is not known.
The key comes from PARALLEL_API_KEY, else from login.
Reference: ref-1
`)
  })

  it.each([
    ["a page", "<!doctype html>", "What answered is not Parallel Multitask."],
    ["other JSON", '{"url":"https://multitask.example/x"}', "What answered is not Parallel Multitask."],
  ])("goes no further behind a plan that is none: %s", async (_, answer, says) => {
    const { server, world, csv } = setUp()
    server.instead = () => new Response(answer)
    const { code, err } = await runIn(world, ["run", csv, ...ASKED, "--yes"])
    expect(code).toBe(1)
    expect(err).toContain(says)
    expect(server.sent).toHaveLength(1)
  })

  it("follows nothing where somebody else's page answers", async () => {
    const { server, world } = setUp()
    server.instead = () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } })
    const { code, err } = await runIn(world, ["follow", URL_OF_GROUP])
    expect(code).toBe(1)
    expect(err).toContain("The server answered text/html where JSON was asked for.")
  })

  it("plans again where a plan's answer breaks off, and gives up where all do", async () => {
    const { server, world, csv } = setUp()
    server.instead = () => (server.sent.length === 1 ? brokenOff() : undefined)
    expect((await runIn(world, ["plan", csv, ...ASKED])).code).toBe(0)
    expect(server.sent).toHaveLength(2)
    server.instead = brokenOff
    const { code, err } = await inNoTime(() => runIn(world, ["run", csv, ...ASKED, "--yes"]))
    expect(code).toBe(1)
    expect(err).toBe("The answer broke off. Nothing was started. Try again.\n")
    expect(server.acts).toEqual([])
  })

  it("does not lose the group for what goes wrong after it", async () => {
    const { server, world, csv } = setUp()
    server.instead = ({ path }) => (path.endsWith(".sse") ? refusal(404, "Gone.") : undefined)
    const { code, err } = await runIn(world, ["run", csv, ...ASKED, "--yes"])
    expect(code).toBe(1)
    expect(err).toContain(`Gone.\nReference: ref-1\nThe group goes on: ${URL_OF_GROUP}\n`)
    expect(existsSync(join(world.home, "out.csv"))).toBe(false)
  })
})
