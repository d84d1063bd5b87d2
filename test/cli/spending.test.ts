import { describe, expect, it } from "vitest"
import { fakeWorld, runIn } from "./support/fakeWorld.ts"
import { inNoTime } from "./support/inNoTime.ts"
import { FakeServer, ID, refusal, URL_OF_GROUP } from "./support/server.ts"

const setUp = (isTerminal = false) => {
  const server = new FakeServer()
  const world = fakeWorld({ isTerminal, fetch: server.fetch })
  return { server, world, csv: world.write("a.csv", "name\nAcme\nGlobex\nInitech\n") }
}

const ASKED = ["--describe", "the CEO"]

describe("what may be spent", () => {
  it("is what the plan has shown, however much more --max-cost allows", async () => {
    const { server, world, csv } = setUp()
    await runIn(world, ["run", csv, ...ASKED, "--max-cost", "$7.50", "--processor", "pro", "-y"])
    expect(server.sent.slice(0, 2).map(({ body }) => [body.processor, body.max_cost_usd])).toEqual([
      ["pro", 7.5],
      ["pro", 3 * 0.025],
    ])
    await runIn(world, ["add", ID, csv, "--max-cost", "5", "-y"])
    expect(server.sent.slice(-2).map(({ body }) => body.max_cost_usd)).toEqual([5, 3 * 0.025])
  })

  it("is not more because more rows have failed since it was shown", async () => {
    const { server, world } = setUp()
    server.add([{ input: {}, status: "failed" }])
    server.instead = ({ body }) =>
      body.dry_run === true || body.max_cost_usd !== 0.025
        ? undefined
        : refusal(422, "Wrong.", [
            { path: "max_cost_usd", message: "is 0.025, below the estimate of 9 USD." },
          ])
    const { code, err } = await runIn(world, ["retry", ID, "--max-cost", "100", "--yes"])
    expect(code).toBe(1)
    expect(err).toContain(
      "By now it costs more than was shown. Nothing was changed. Try again to see what it costs.\n",
    )
    expect(err).not.toContain("--max-cost is")
  })

  it("is not agreed to by what was typed before it was shown", async () => {
    const { server, world, csv } = setUp(true)
    world.stdin.write("y\ny")
    const ended = runIn(world, ["run", csv, ...ASKED])
    await world.stderr.shows("[y/N] ")
    world.stdin.write("\n")
    expect((await ended).code).toBe(1)
    expect(server.acts).toEqual([])
    expect(world.stdin.rawModes).toEqual([true, false])
  })
})

describe("a limit", () => {
  it("sends no row behind it, and plans the same", async () => {
    const { server, world, csv } = setUp()
    const { out } = await runIn(world, ["plan", csv, ...ASKED, "--limit", "2"])
    expect(out).toContain("2 rows of ~/a.csv, 1 left out")
    expect(server.sent[0]?.body).toMatchObject({ inputs: [{ name: "Acme" }, { name: "Globex" }], limit: 2 })
    server.add([])
    const { err } = await runIn(world, ["add", ID, csv, "--limit", "1", "--yes"])
    expect(err).toContain("1 row of ~/a.csv, 2 left out")
    expect(server.acts.map(({ body }) => body.inputs)).toEqual([[{ name: "Acme" }]])
  })

  it("counts no row without a value where these are left out", async () => {
    const { server, world } = setUp()
    const csv = world.write("b.csv", "a,b\n1,\n,\n2,\n,\n3,\n")
    const inputs = async (...more: ReadonlyArray<string>) => {
      await runIn(world, ["plan", csv, ...ASKED, ...more])
      return server.sent.at(-1)?.body.inputs.map((row: { a?: string }) => row.a ?? null)
    }
    expect(await inputs("--limit", "2")).toEqual(["1", null])
    expect(await inputs("--limit", "2", "--skip-empty")).toEqual(["1", null, "2"])
    expect(await inputs("--limit", "3", "--skip-empty")).toEqual(["1", null, "2", null, "3"])
    expect(await inputs("--limit", "4", "--skip-empty")).toEqual(["1", null, "2", null, "3"])
  })
})

const DOUBT = "It is not known whether the group was created."

describe("an act whose answer does not come", () => {
  const under = async (instead: () => Response) => {
    const { server, world, csv } = setUp()
    server.instead = ({ body }) => (body.dry_run === true ? undefined : instead())
    const { code, err } = await inNoTime(() => runIn(world, ["run", csv, ...ASKED, "--yes"]))
    expect(code).toBe(1)
    return { server, err }
  }

  it("leaves no doubt about what is in doubt", async () => {
    const { server, err } = await under(() => {
      throw new TypeError("fetch failed")
    })
    expect(err).toContain("No whole answer came from multitask.example (fetch failed).")
    expect(err).toContain(DOUBT)
    expect(err).not.toContain("idempotency")
    expect(server.acts.length).toBeGreaterThan(3)
    expect(new Set(server.acts.map(({ text }) => text)).size).toBe(1)
  })

  it.each([
    ["a proxy that gave up", () => new Response("<h1>504</h1>", { status: 504 })],
    ["a platform that broke", () => new Response("error code: 1101", { status: 500 })],
    [
      "a page of somebody else",
      () => new Response("<h1>Welcome</h1>", { headers: { "content-type": "text/html" } }),
    ],
    [
      "a server that is still at it",
      () => {
        const { headers, body } = refusal(409, "An earlier request … Send it again with the same key in 2 s.")
        return new Response(body, {
          status: 409,
          headers: { ...Object.fromEntries(headers), "retry-after": "2" },
        })
      },
    ],
  ])("is in doubt behind %s, too", async (_, instead) => {
    const { err } = await under(instead)
    expect(err).toContain(DOUBT)
    expect(err).not.toContain("same key")
  })

  it.each([
    [
      "a server that says what is so",
      () => refusal(502, "Parallel's API is not working. Nothing was submitted."),
    ],
    ["a proxy that refuses", () => new Response("no", { status: 403 })],
  ])("is in no doubt behind %s", async (_, instead) => {
    expect((await under(instead)).err).not.toContain(DOUBT)
  })

  it("names the group that may be there", async () => {
    const { err } = await under(() =>
      Response.json({ error: { ref_id: "r", message: "Broken." }, url: URL_OF_GROUP }, { status: 502 }),
    )
    expect(err).toContain(`The group: ${URL_OF_GROUP}`)
  })
})
