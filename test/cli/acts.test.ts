import { describe, expect, it } from "vitest"
import { FakeServer, ID, URL_OF_GROUP } from "./support/server.ts"
import { fakeWorld, HOST, KEY, runIn } from "./support/fakeWorld.ts"

const setUp = (options: Omit<Parameters<typeof fakeWorld>[0] & object, "fetch"> = {}) => {
  const server = new FakeServer()
  server.add([
    { input: { name: "Acme" }, status: "completed" },
    { input: { name: "Globex" }, status: "failed" },
    { input: { name: "Initech" }, status: "cancelled" },
  ])
  return { server, world: fakeWorld({ ...options, fetch: server.fetch }) }
}

describe("acts on a group", () => {
  it("add plans, then adds at what the plan cost", async () => {
    const { server, world } = setUp()
    const file = world.write("more.csv", "name\nHooli\nUmbrella\n")
    expect(await runIn(world, ["add", URL_OF_GROUP, file, "--yes"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "Rows       2 rows of ~/more.csv, for
                 https://multitask.example/tgrp_0123456789abcdef
      Cost       about $0.05
      Added as rows 4 to 5 of 5: https://multitask.example/tgrp_0123456789abcdef
      To follow it: parallel-multitask follow https://multitask.example/tgrp_0123456789abcdef
      ",
        "out": "",
      }
    `)
    expect(server.sent.map(({ body }) => body)).toEqual([
      { inputs: [{ name: "Hooli" }, { name: "Umbrella" }], dry_run: true },
      { inputs: [{ name: "Hooli" }, { name: "Umbrella" }], max_cost_usd: 0.05 },
    ])
  })

  it("retry plans, then runs again what failed or was cancelled", async () => {
    const { server, world } = setUp()
    expect(await runIn(world, ["retry", ID, "--processor", "pro", "--max-cost", "2", "--yes"]))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "Rows       2 rows of https://multitask.example/tgrp_0123456789abcdef, again, as
                 new runs
      Cost       about $0.05
      2 rows run again: https://multitask.example/tgrp_0123456789abcdef
      To follow it: parallel-multitask follow https://multitask.example/tgrp_0123456789abcdef
      ",
        "out": "",
      }
    `)
    expect(server.sent.map(({ body }) => body)).toEqual([
      { processor: "pro", max_cost_usd: 2, dry_run: true },
      { processor: "pro", max_cost_usd: 0.05 },
    ])
  })

  it("retry says so when there is nothing to do, and asks nothing", async () => {
    const { server, world } = setUp({ isTerminal: true })
    server.add([{ input: {}, status: "completed" }])
    const { code, err } = await runIn(world, ["retry", ID])
    expect(code).toBe(0)
    expect(err).toContain("There is nothing to retry")
    expect(server.acts).toEqual([])
  })

  it("stop does not ask, and says how to go on", async () => {
    const { server, world } = setUp({ isTerminal: true })
    expect(await runIn(world, ["stop", ID])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "2 rows are not sent any more; 1 row that is at Parallel goes on to the end: https://multitask.example/tgrp_0123456789abcdef
      To send the rest after all: parallel-multitask resume https://multitask.example/tgrp_0123456789abcdef
      ",
        "out": "",
      }
    `)
    expect(server.sent.map(({ path }) => path)).toEqual([`/${ID}/stop`])
  })

  it("resume shows what stands and what it costs, and asks", async () => {
    const { server, world } = setUp({ isTerminal: true })
    server.groups.get(ID)!.state = "stopped"
    const ended = runIn(world, ["resume", ID])
    await world.stderr.shows("Send 1 row for about $0.025? [y/N] ")
    expect(server.acts).toEqual([])
    world.stdin.write("y\n")
    expect(await ended).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "Group      Companies
                 https://multitask.example/tgrp_0123456789abcdef
      Rows       3: 1 completed, 1 failed, 1 cancelled
      Status     Stopped: All rows have ended.
      Send 1 row for about $0.025? [y/N] 1 row goes on: https://multitask.example/tgrp_0123456789abcdef
      To follow it: parallel-multitask follow https://multitask.example/tgrp_0123456789abcdef
      ",
        "out": "",
      }
    `)
  })

  it("resume has nothing to do for a group that is done", async () => {
    const { server, world } = setUp()
    const { code, err } = await runIn(world, ["resume", ID, "--yes"])
    expect(code).toBe(0)
    expect(err).toContain("There is nothing to resume")
    expect(server.acts).toEqual([])
  })

  it("delete shows what goes, and asks", async () => {
    const { server, world } = setUp({ isTerminal: true })
    const ended = runIn(world, ["delete", ID])
    await world.stderr.shows("Delete it and its results for good? [y/N] ")
    world.stdin.write("n\n")
    expect(await ended).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "Group      Companies
                 https://multitask.example/tgrp_0123456789abcdef
      Rows       3: 1 completed, 1 failed, 1 cancelled
      Status     Done with failures: All rows have ended.
      Delete it and its results for good? [y/N] Nothing was changed.
      ",
        "out": "",
      }
    `)
    expect(server.groups.size).toBe(1)
    expect(await runIn(world, ["delete", ID, "--yes"])).toMatchObject({ code: 0 })
    expect(server.groups.size).toBe(0)
  })

  it.each(["add", "retry", "resume", "delete"])(
    "%s needs --yes where nobody can be asked",
    async (command) => {
      const { server, world } = setUp()
      const { code, err } = await runIn(world, [command, ID, ...(command === "add" ? ["a.csv"] : [])])
      expect(code).toBe(1)
      expect(err).toContain(command === "delete" ? "asks before it deletes" : "Add --yes")
      expect(server.sent).toEqual([])
    },
  )

  it("an act needs a host besides the group's URL, because a key goes there", async () => {
    const { server, world } = setUp({ env: { PARALLEL_API_KEY: KEY } })
    const { code, err } = await runIn(world, ["stop", URL_OF_GROUP])
    expect(code).toBe(1)
    expect(err).toContain("Set MULTITASK_URL, or add --host URL")
    expect(server.sent).toEqual([])
  })
})

describe("GROUP", () => {
  it("of another origin lends its id alone, which is said", async () => {
    const { server, world } = setUp()
    const { code, err } = await runIn(world, ["stop", `https://evil.example/${ID}.json`])
    expect(code).toBe(0)
    expect(err).toContain(`Of https://evil.example/${ID}.json only the id is used: ${HOST} is asked.\n`)
    expect(server.sent).toHaveLength(1)
  })

  it.each([
    ID,
    URL_OF_GROUP,
    `${URL_OF_GROUP}/`,
    `${URL_OF_GROUP}.JSON?limit=1#row=2`,
    `${URL_OF_GROUP}/3.md`,
    `${URL_OF_GROUP}/trun_0123456789`,
  ])("is %s", async (group) => {
    const { server, world } = setUp()
    expect(await runIn(world, ["stop", group])).toMatchObject({ code: 0 })
    expect(server.sent.map(({ path }) => path)).toEqual([`/${ID}/stop`])
  })

  it.each(["short", HOST, `${HOST}/docs`, "a/b/c/d/e/f", "../../etc/passwd"])("is not %s", async (group) => {
    const { server, world } = setUp()
    const { code, err } = await runIn(world, ["stop", group])
    expect(code).toBe(1)
    expect(err).toContain("is no id of a group")
    expect(server.sent).toEqual([])
  })

  it("stands below the path of a host that has one", async () => {
    const { world } = setUp()
    const asked: Array<string> = []
    const fetch: typeof globalThis.fetch = (input) => {
      asked.push(String(input))
      return Promise.resolve(new Response("{}\n", { headers: { "content-type": "application/jsonl" } }))
    }
    const url = `https://m.example/multitask/${ID}.html`
    await runIn({ ...world, fetch }, ["get", url, "--host", "https://m.example/multitask/"])
    expect(asked[0]).toMatch(new RegExp(`^https://m.example/multitask/${ID}.jsonl`))
  })
})

describe("get and follow", () => {
  it.each(["get", "follow"])("%s reads from the URL's own origin, and sends no key", async (command) => {
    const { server, world } = setUp({ env: { PARALLEL_API_KEY: KEY } })
    const { code, out } = await runIn(world, [command, URL_OF_GROUP])
    expect(code).toBe(command === "get" ? 0 : 2)
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((text) => JSON.parse(text).$status),
    ).toEqual(["completed", "failed", "cancelled"])
    expect(server.sent.every(({ key, method }) => key === null && method === "GET")).toBe(true)
  })

  it("need a host for an id alone, or the URL", async () => {
    const { world } = setUp({ env: {} })
    const { code, err } = await runIn(world, ["get", ID])
    expect(code).toBe(1)
    expect(err).toContain("With the group's URL instead of its id neither is needed.")
  })

  it("say that a group is not there", async () => {
    const { server, world } = setUp()
    server.groups.clear()
    const { code, err, out } = await runIn(world, ["get", ID])
    expect({ code, out }).toEqual({ code: 1, out: "" })
    expect(err).toContain("There is no task group here.")
  })
})
