import { beforeAll, describe, expect, it } from "vitest"
import { expectError, problemPaths, untilEnded } from "../support/expect.ts"
import { companies, create, getJson, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"
import { finalStates, watch } from "../support/viewer.ts"

interface Run {
  readonly input_index: number
  readonly output: {
    readonly content: unknown
    readonly type: string
    readonly basis?: ReadonlyArray<{ field: string; confidence: string }>
    readonly confidence?: Record<string, string>
  } | null
}

let id = ""
let runs: ReadonlyArray<Run> = []
const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  send(path, { method, headers })

beforeAll(async () => {
  id = (await create(newUpstream(), { inputs: companies(12) })).taskgroup_id
  runs = (await untilEnded(id)).runs as unknown as ReadonlyArray<Run>
  expect(runs.every(({ output }) => (output?.basis?.length ?? 0) > 0)).toBe(true)
})

/** The light form of a full run. */
const light = (run: Run) => {
  const { basis = [], ...rest } = run.output!
  const confidence = Object.fromEntries(
    basis.filter((one) => one.confidence).map((one) => [one.field, one.confidence]),
  )
  return { ...run, output: { ...rest, confidence } }
}

describe("one row", () => {
  it("is an element of runs, in full", async () => {
    for (const index of [0, 7, 11]) {
      const response = await get(`/${id}.json?input_index=${index}`)
      expect(response.status).toBe(200)
      expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8")
      expect(response.headers.get("vary")).toBe("Accept")
      expect(await response.json()).toEqual(runs[index])
    }
    const negotiated = await get(`/${id}?input_index=3`, { accept: "application/json" })
    expect(await negotiated.json()).toEqual(runs[3])
  })

  it.each(["12", "999999999", "99999999999999999999"])("404: there is no input %s", async (index) => {
    const { error } = await expectError(await get(`/${id}.json?input_index=${index}`), 404)
    expect(error.message).toContain("has 12")
    // A browser's script asks for JSON, a browser's window for anything: the answer is JSON for both.
    await expectError(await get(`/${id}.json?input_index=${index}`, { accept: "text/html" }), 404)
  })

  it.each(["-1", "1.5", "x", "", "1e3", " 1"])("400: %j is no index", async (index) => {
    const body = await expectError(await get(`/${id}.json?input_index=${encodeURIComponent(index)}`), 400)
    expect(problemPaths(body)).toEqual(["input_index"])
  })

  it("404: no group", async () => {
    const { error } = await expectError(await get("/tgrp_00000000nobody.json?input_index=0"), 404)
    expect(error.message).toContain("no task group")
  })

  it("has a tag of its own, which other rows do not change", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id } = await create(upstream, { inputs: companies(2) })
    const tagOf = async (path: string) => {
      const response = await get(path, {}, "HEAD")
      expect([path, response.status, await response.text()]).toEqual([path, 200, ""])
      return response.headers.get("etag") ?? ""
    }
    const tags = await Promise.all(
      ["", "?input_index=0", "?input_index=1", "?basis=none"].map((query) =>
        tagOf(`/${taskgroup_id}.json${query}`),
      ),
    )
    expect(new Set(tags).size).toBe(4)
    await upstream.finish(taskgroup_id)
    await untilEnded(taskgroup_id)
    const done = await tagOf(`/${taskgroup_id}.json?input_index=0`)
    expect(done).not.toBe(tags[1])
    const again = await get(`/${taskgroup_id}.json?input_index=0`, { "if-none-match": done })
    expect([again.status, await again.text()]).toEqual([304, ""])
    // The other row's tag is no reason for a 304.
    const other = await get(`/${taskgroup_id}.json?input_index=1`, { "if-none-match": done })
    expect(other.status).toBe(200)
    expect(other.headers.get("sunset")).not.toBeNull()
    await other.body?.cancel()
  })
})

describe("without basis", () => {
  it("JSON says the confidence in its place, when asked", async () => {
    const data = await (await get(`/${id}.json?basis=none`)).json<{ results: unknown; runs: unknown }>()
    expect(data.runs).toEqual(runs.map(light))
    expect(JSON.stringify(data.runs)).not.toContain('"basis"')
    expect(data.results).toEqual((await getJson(id)).results)
    for (const query of ["", "?basis=all"])
      expect((await (await get(`/${id}.json${query}`)).json<{ runs: unknown }>()).runs).toEqual(runs)
  })

  it("the page is given that form", async () => {
    const html = await (await get(`/${id}.html`)).text()
    const group = JSON.parse(
      /<script[^>]*type="application\/json"[^>]*>(.*?)<\/script>/s.exec(html)?.[1] ?? "",
    ) as { runs: unknown }
    expect(group.runs).toEqual(runs.map(light))
  })

  it("the stream leaves it out when asked, for viewers from the start and for those at the head", async () => {
    const ended = await (await watch(`/${id}.sse?basis=none`)).untilOver()
    const states = finalStates(ended)
    expect(runs.map((_, index) => states.get(index)?.output)).toEqual(runs.map((run) => light(run).output))

    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id } = await create(upstream, { inputs: companies(12) })
    // Both forms at the same time, of the same changes.
    const viewers = await Promise.all(
      ["", "?basis=none", "", "?basis=none"].map((query) => watch(`/${taskgroup_id}.sse${query}`)),
    )
    for (const viewer of viewers) await viewer.untilRows(12)
    await upstream.finish(taskgroup_id)
    const full = (await getJsonWhenEnded(taskgroup_id)).map(({ output }) => output)
    for (const [at, viewer] of viewers.entries()) {
      const states = finalStates(await viewer.untilOver())
      const outputs = full.map((_, index) => states.get(index)?.output)
      expect(outputs).toEqual(
        at % 2 === 0 ? full : full.map((output) => light({ input_index: 0, output }).output),
      )
    }
    // Also for one who comes back.
    const resumed = await (await watch(`/${taskgroup_id}.sse?basis=none&last_event_id=0`)).untilOver()
    expect(JSON.stringify(resumed)).not.toContain('"basis"')
  })
})

const getJsonWhenEnded = async (group: string) =>
  (await untilEnded(group)).runs as unknown as ReadonlyArray<Run>
