import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { TaskGroupsObjects } from "../../../src/layers/TaskGroupsObjects.ts"
import { TaskGroups } from "../../../src/services/TaskGroups.ts"
import { groupId } from "../../support/ids.ts"
import { expectLedgerEquals, expectNothingStored, storedIn, untilEnded } from "../support/expect.ts"
import { groupUpstream, initOf, receivedGroup, texts } from "../support/group.ts"
import { companies, create, groupStub, inside, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"
import { until } from "../support/until.ts"

const SECRETS = { apiKey: "nobody", webhookUrl: null }

describe("initialisation", () => {
  it("may be repeated, piece by piece, and with other content is refused", async () => {
    const upstream = newUpstream()
    const id = await groupUpstream(upstream)
    const secrets = { apiKey: upstream.key, webhookUrl: null }
    const object = () => groupStub(id)
    expect(await object().begin(initOf(id, 4), secrets)).toBe("begun")
    expect(await object().begin(initOf(id, 4), secrets)).toBe("same")
    expect(await object().begin(initOf(id, 5), secrets)).toBe("different")
    expect(await object().addInputs(0, texts(2))).toBe("stored")
    expect(await object().commit(0)).toEqual({ _tag: "Incomplete" })
    expect((await upstream.ledger(id)).num_runs).toBe(0)
    expect(await object().addInputs(0, texts(4))).toBe("stored")
    expect(await object().addInputs(2, texts(4).slice(2))).toBe("same")
    expect(await object().addInputs(0, [`{"company":"Another"}`])).toBe("different")
    expect(await object().commit(5_000)).toEqual({ _tag: "Submitted" })
    expect(await object().commit(5_000)).toEqual({ _tag: "Submitted" })
    expect(await object().begin(initOf(id, 4), secrets)).toBe("same")
    expect(await object().addInputs(0, texts(4))).toBe("same")
    await expectLedgerEquals(upstream, await untilEnded(id), 4)
    expect(await object().commit(5_000)).toEqual({ _tag: "Submitted" })
    expect(await object().begin(initOf(id, 4), secrets)).toBe("same")
    // The key is gone, and a late repetition does not bring it back.
    expect((await storedIn(id)).keys).not.toContain("api_key")
    expect((await upstream.ledger(id)).num_runs).toBe(4)
  })

  it("in one piece is its steps: it may be repeated, by them too, and with other content is refused", async () => {
    const upstream = newUpstream()
    const id = await groupUpstream(upstream)
    const secrets = { apiKey: upstream.key, webhookUrl: null }
    const receive = (init = initOf(id, 4), inputs = texts(4)) =>
      groupStub(id).receive(init, secrets, inputs, 5_000)
    // Not all of it: nothing is sent.
    expect(await receive(initOf(id, 4), texts(3))).toEqual({ _tag: "Incomplete" })
    expect((await upstream.ledger(id)).num_runs).toBe(0)
    const answers = await Promise.all([receive(), receive(), receive()])
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ _tag: "Submitted" })))
    expect(await groupStub(id).begin(initOf(id, 4), secrets, texts(4))).toBe("stored")
    expect(await groupStub(id).addInputs(0, texts(4))).toBe("same")
    expect(await groupStub(id).commit(5_000)).toEqual({ _tag: "Submitted" })
    expect(await groupStub(id).begin(initOf(id, 4), secrets, [`{"company":"Another"}`])).toBe("different")
    expect(await receive(initOf(id, 5), texts(5))).toEqual({ _tag: "Incomplete" })
    expect(await receive(initOf(id, 4), texts(4).toReversed())).toEqual({ _tag: "Incomplete" })
    await expectLedgerEquals(upstream, await untilEnded(id), 4)
    expect(await receive()).toEqual({ _tag: "Submitted" })
    expect((await storedIn(id)).keys).not.toContain("api_key")
    expect((await upstream.ledger(id)).num_runs).toBe(4)
  })

  it.each(["receive", "begin"])(
    "goes step by step where an object is older than %s with inputs",
    async (how) => {
      const upstream = newUpstream()
      const id = await groupUpstream(upstream)
      const secrets = { apiKey: upstream.key, webhookUrl: null }
      const object = groupStub(id)
      const calls: Array<string> = []
      // As the runtime answers for it: what it does not know is an error, a further argument is nothing.
      const older = new Proxy(object, {
        get: (_, name: "begin" | "addInputs" | "commit") => {
          calls.push(name)
          if (!["begin", "addInputs", "commit"].includes(name)) return object["notYet" as "begin"]
          return (...args: [never, never]) => object[name](...(args.slice(0, 2) as typeof args))
        },
      })
      const submit = Effect.gen(function* () {
        const groups = yield* TaskGroups
        if (how === "receive") return yield* groups.receive(initOf(id, 4), secrets, texts(4), 5_000)
        yield* groups.begin(initOf(id, 4), secrets, texts(3))
        yield* groups.addInputs(groupId(id), 3, texts(4).slice(3))
        return yield* groups.commit(groupId(id), 5_000)
      })
      const layer = TaskGroupsObjects(() => older as never)
      expect(await Effect.runPromise(Effect.provide(submit, layer))).toEqual({ _tag: "Submitted" })
      expect(calls.slice(-3)).toEqual(
        how === "receive" ? ["begin", "addInputs", "commit"] : ["addInputs", "addInputs", "commit"],
      )
      await expectLedgerEquals(upstream, await untilEnded(id), 4)
    },
  )

  it("in one piece that upstream refuses leaves nothing, and does not come back", async () => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.runs.add", fault: { kind: "status", status: 422, message: "No" } })
    const id = await groupUpstream(upstream)
    const secrets = { apiKey: upstream.key, webhookUrl: null }
    const receive = () => groupStub(id).receive(initOf(id, 2), secrets, texts(2), 5_000)
    expect(await receive()).toMatchObject({ _tag: "Refused", status: 422 })
    // A repetition that was late, of a caller who has been told no.
    expect(await receive()).toEqual({ _tag: "Incomplete" })
    await expectNothingStored(id)
    expect((await upstream.ledger(id)).num_runs).toBe(0)
  })

  it("sends one run an input, however many commit at once", async () => {
    const upstream = newUpstream()
    const id = await receivedGroup(upstream, 25)
    const answers = await Promise.all(Array.from({ length: 5 }, () => groupStub(id).commit(5_000)))
    expect(answers).toEqual(Array.from({ length: 5 }, () => ({ _tag: "Submitted" })))
    await expectLedgerEquals(upstream, await untilEnded(id), 25)
  })

  it("does not wait longer than it was asked to", async () => {
    const upstream = newUpstream()
    await upstream.behave({ transport: { latency_by_route: { "group.runs.add": [600, 600] } } })
    const id = await receivedGroup(upstream, 3)
    expect(await groupStub(id).commit(50)).toEqual({ _tag: "Underway" })
    await expectLedgerEquals(upstream, await untilEnded(id), 3)
  })

  it("tells every caller of a refusal, when two wait", async () => {
    const upstream = newUpstream()
    await upstream.fault({ route: "group.runs.add", fault: { kind: "status", status: 422, message: "No" } })
    const id = await receivedGroup(upstream, 3)
    const answers = await Promise.all([groupStub(id).commit(5_000), groupStub(id).commit(5_000)])
    expect(answers).toEqual([
      expect.objectContaining({ _tag: "Refused", status: 422 }),
      expect.objectContaining({ _tag: "Refused", status: 422 }),
    ])
    await expectNothingStored(id)
  })

  it("never committed removes itself, unasked", async () => {
    const id = `tgrp_uncommitted_${crypto.randomUUID()}`
    await groupStub(id).begin(initOf(id, 2), SECRETS)
    await groupStub(id).addInputs(0, texts(1))
    expect(await storedIn(id)).toMatchObject({
      keys: expect.arrayContaining(["api_key"]),
      alarm: expect.any(Number),
    })
    await until("the object to be empty", async () => (await storedIn(id)).tables.length === 0)
    await expectNothingStored(id)
    expect((await send(`/${id}.json`)).status).toBe(404)
    expect(await groupStub(id).addInputs(0, texts(1))).toBe("different")
    expect(await groupStub(id).commit(0)).toEqual({ _tag: "Incomplete" })
  })

  it("never begun cannot be committed", async () => {
    const id = `tgrp_unknown_${crypto.randomUUID()}`
    expect(await groupStub(id).commit(0)).toEqual({ _tag: "Incomplete" })
    expect(await groupStub(id).addInputs(0, texts(1))).toBe("different")
  })

  it("a commit keeps it", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [2_000, 2_000] } })
    const id = await receivedGroup(upstream, 2)
    await groupStub(id).commit(5_000)
    expect(await inside(id, ({ storage }) => storage.kv.get<object>("alarms"))).not.toHaveProperty(
      "uncommitted",
    )
    await expectLedgerEquals(upstream, await untilEnded(id), 2)
  })
})

describe("getData", () => {
  it("is what .json shows, and comes in pages", async () => {
    const upstream = newUpstream()
    const { taskgroup_id: id } = await create(upstream, { inputs: companies(7) })
    const shown = await untilEnded(id)
    const data = await groupStub(id).getData()
    const { metadata, status, created_at, results, runs } = shown
    expect(data).toEqual({ taskgroup_id: id, metadata, status, created_at, results, runs })
    const pages = [
      await groupStub(id).getData({ limit: 3 }),
      await groupStub(id).getData({ after: 2, limit: 3 }),
      await groupStub(id).getData({ after: 5 }),
    ]
    expect(pages.map((page) => page.results.length)).toEqual([3, 3, 1])
    expect(pages.flatMap((page) => page.results)).toEqual(results)
    expect(pages.flatMap((page) => page.runs)).toEqual(runs)
    expect(await groupStub(id).getData({ after: 6 })).toMatchObject({ results: [], runs: [], status })
    expect(await groupStub(id).getData({ limit: 0 })).toMatchObject({ results: [] })
  })

  it("above its limit fails, and says how to read the group instead", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { overrides: [{ output_bytes: 10_000 }] } })
    const { taskgroup_id: id } = await create(upstream, { inputs: companies(10) })
    await untilEnded(id)
    const failure = await groupStub(id)
      .getData()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect(String(failure)).toMatch(/GroupTooLarge.*after.*limit.*\.json/s)
    expect((await groupStub(id).getData({ after: 1, limit: 2 })).results).toHaveLength(2)
    expect((await send(`/${id}.json`)).status).toBe(200)
  })

  it("of an unknown group is not found, and leaves nothing", async () => {
    const id = `tgrp_unknown_${crypto.randomUUID()}`
    const failure = await groupStub(id)
      .getData()
      .catch((error: unknown) => error)
    expect(String(failure)).toContain("NotFound")
    await expectNothingStored(id)
  })
})
