import { describe, expect, it } from "vitest"
import { Interruption } from "../../src/cli/Interruption.ts"
import { FakeServer, ID, URL_OF_GROUP } from "./support/server.ts"
import { fakeWorld, runIn } from "./support/fakeWorld.ts"

const setUp = () => {
  const server = new FakeServer()
  const world = fakeWorld({ fetch: server.fetch, isTerminal: true })
  const interruption = new Interruption()
  /** Resolves when such a request has come, which then gets no answer until `answer` is called. */
  const holdBack = (which: (path: string, body: any) => boolean) => {
    const waits = Promise.withResolvers<void>()
    const goes = Promise.withResolvers<undefined>()
    server.instead = ({ path, body }) => {
      if (!which(path, body)) return undefined
      waits.resolve()
      return goes.promise as Promise<never>
    }
    return { came: waits.promise, answer: () => goes.resolve(undefined) }
  }
  const run = ["run", world.write("a.csv", "name\nAcme\n"), "--describe", "the CEO", "--yes"]
  return { server, world, interruption, holdBack, run }
}

const isCreate = (path: string, body: any) => path.endsWith("/multitask") && body.dry_run !== true

describe("Ctrl-C", () => {
  it("while rows are under way leaves them, and says how to come back", async () => {
    const { world, interruption, holdBack, run } = setUp()
    const { came } = holdBack((path) => path.endsWith(".sse"))
    const ended = runIn(world, run, interruption)
    await came
    interruption.raise("SIGINT")
    const { code, err, out } = await ended
    expect({ code, out }).toEqual({ code: 130, out: "" })
    expect(err).toMatch(
      new RegExp(
        `The group goes on: ${URL_OF_GROUP}\nTo come back to it: parallel-multitask follow ${URL_OF_GROUP}\n$`,
      ),
    )
  })

  it("before the group is created spends nothing", async () => {
    const { server, world, interruption, holdBack, run } = setUp()
    const { came } = holdBack((_, body) => body.dry_run === true)
    const ended = runIn(world, run, interruption)
    await came
    interruption.raise("SIGTERM")
    const { code, err } = await ended
    expect(code).toBe(143)
    expect(err).toContain("Nothing was started.")
    expect(server.acts).toEqual([])
  })

  it("while it is created waits for the URL, and then ends", async () => {
    const { server, world, interruption, holdBack, run } = setUp()
    const { came, answer } = holdBack(isCreate)
    const ended = runIn(world, run, interruption)
    await came
    interruption.raise("SIGINT")
    await world.stderr.shows("Waiting for the answer to what was sent. Ctrl-C again quits at once.")
    answer()
    const { code, err } = await ended
    expect(code).toBe(130)
    expect(err).toContain(`Results: ${URL_OF_GROUP}\n`)
    expect(err).toContain(`The group goes on: ${URL_OF_GROUP}`)
    expect(server.sent.map(({ method }) => method)).toEqual(["POST", "POST"])
  })

  it("a second time quits at once, and says what is not known", async () => {
    const { world, interruption, holdBack, run } = setUp()
    const { came } = holdBack(isCreate)
    const ended = runIn(world, run, interruption)
    await came
    interruption.raise("SIGINT")
    interruption.raise("SIGINT")
    const { code, err } = await ended
    expect(code).toBe(130)
    expect(err).toContain("It is not known whether the group was created.")
  })

  it("at the question is a no", async () => {
    const { server, world, interruption, run } = setUp()
    const ended = runIn(world, run.slice(0, -1), interruption)
    await world.stderr.shows("[y/N]")
    interruption.raise("SIGINT")
    const { code, err } = await ended
    expect(code).toBe(130)
    expect(err).toContain("Nothing was started.")
    expect(server.acts).toEqual([])
    expect(world.stdin.listenerCount("data")).toBe(0)
  })

  it("during an act says whether it was done", async () => {
    const { server, world, interruption, holdBack } = setUp()
    server.add([{ input: {}, status: "failed" }])
    const { came, answer } = holdBack((path, body) => path.endsWith("/retry") && body.dry_run !== true)
    const ended = runIn(world, ["retry", ID, "--yes"], interruption)
    await came
    interruption.raise("SIGINT")
    answer()
    const { code, err } = await ended
    expect(code).toBe(130)
    expect(err).toContain(`1 row runs again: ${URL_OF_GROUP}`)
  })
})
