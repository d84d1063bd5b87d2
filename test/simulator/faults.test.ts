import { describe, expect, it } from "vitest"
import { ConnectionReset, type Fault } from "../../simulator/index.ts"
import type { DeepPartial } from "../../simulator/behaviour/spec.ts"
import { harness, read, rows } from "./harness.ts"

const start = async (count = 4) => {
  const h = harness({ runs: { failure_rate: 0 } })
  const group = await h.group()
  await h.add(group, rows(count))
  const base = `/v1/tasks/groups/${group}`
  const runs = () => h.sim.ledger.groups.get(group)!.runs.length
  return { h, group, base, runs }
}

describe("faults of single answers", () => {
  it("every status, once, in upstream's shape, then as before", async () => {
    const { h, base } = await start()
    for (const status of [400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504]) {
      h.sim.faults.push({ route: "group.get", fault: { kind: "status", status } })
      const response = await h.send("GET", base)
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ type: "error", error: { message: expect.any(String) } })
    }
    expect((await h.send("GET", base)).status).toBe(200)
  })

  it("Retry-After in seconds or as a date", async () => {
    const { h, base } = await start()
    h.sim.faults.push({ fault: { kind: "status", status: 429, retry_after: 7 } })
    h.sim.faults.push({ fault: { kind: "status", status: 429, retry_after: 7, retry_after_as_date: true } })
    expect((await h.send("GET", base)).headers.get("retry-after")).toBe("7")
    const date = (await h.send("GET", base)).headers.get("retry-after")!
    expect(Date.parse(date) - h.clock.now()).toBe(7_000)
  })

  it("bodies: HTML, broken JSON, empty, the framework's shape, the bare shape, an error with status 200", async () => {
    const { h, base } = await start()
    const text = async (fault: DeepPartial<Fault>) => {
      h.sim.faults.push({ route: "group.get", fault })
      const response = await h.send("GET", base)
      return [response.status, await response.text()] as const
    }
    expect((await text({ kind: "status", status: 502, body: "html" }))[1]).toMatch(/^<html>/)
    const [, broken] = await text({ kind: "body", body: "malformed" })
    expect(() => JSON.parse(broken)).toThrow(SyntaxError)
    expect(await text({ kind: "body", body: "empty" })).toEqual([200, ""])
    expect(JSON.parse((await text({ kind: "status", status: 422, body: "framework" }))[1])).toHaveProperty(
      "detail.0.loc",
    )
    expect(Object.keys(JSON.parse((await text({ kind: "status", status: 500, body: "bare" }))[1]))).toEqual([
      "error",
    ])
    const [status, error] = await text({ kind: "body", body: "error" })
    expect([status, JSON.parse(error).type]).toEqual([200, "error"])
  })

  it("U12: answers lost before, after and half-way through adding runs", async () => {
    const { h, base, runs } = await start(0)
    const add = () => h.send("POST", `${base}/runs`, { inputs: rows(10) })
    const cases: Array<[DeepPartial<Fault>, number]> = [
      [{ kind: "reset", when: "before" }, 0],
      [{ kind: "reset", when: "after" }, 10],
      [{ kind: "reset", when: "after", applied: "partial" }, 5],
      // oxlint-disable-next-line unicorn/no-thenable
      [{ kind: "hang", ms: 60_000, then: "reset", applied: "all" }, 10],
    ]
    for (const [fault, created] of cases) {
      const before = runs()
      h.sim.faults.push({ route: "group.runs.add", fault })
      const lost = add().catch((error: unknown) => error)
      await h.clock.advance(60_000)
      expect(await lost).toBeInstanceOf(ConnectionReset)
      expect(runs() - before).toBe(created)
    }
    for (const [applied, created] of [
      ["none", 0],
      ["all", 10],
      ["partial", 5],
    ] as const) {
      const before = runs()
      h.sim.faults.push({ route: "group.runs.add", fault: { kind: "status", status: 503, applied } })
      expect((await add()).status).toBe(503)
      expect(runs() - before).toBe(created)
    }
    h.sim.faults.push({ route: "group.runs.add", fault: { kind: "reset", when: "after_headers" } })
    const headersOnly = await add()
    expect(headersOnly.status).toBe(200)
    await expect(headersOnly.json()).rejects.toThrow(TypeError)
  })

  it("hangs, then answers", async () => {
    const { h, base } = await start()
    h.sim.faults.push({ route: "group.get", fault: { kind: "hang", ms: 45_000 } })
    let answered = false
    const response = h.send("GET", base).then((r) => ((answered = true), r))
    await h.clock.advance(44_999)
    expect(answered).toBe(false)
    await h.clock.advance(1)
    expect((await response).status).toBe(200)
  })

  it("a client that goes away breaks its stream, and leaves no timer and no open stream", async () => {
    const { h, base } = await start()
    const gone = new AbortController()
    const request = new Request(`http://sim${base}/events`, {
      headers: { "x-api-key": "test-key" },
      signal: gone.signal,
    })
    const reading = read(await h.sim.handle(request))
    await h.clock.advance(10)
    expect([h.sim.requests.open, h.clock.pending()]).toEqual([1, 1])
    gone.abort()
    await h.clock.settle()
    expect(reading.error).toBeInstanceOf(TypeError)
    expect([h.sim.requests.open, h.clock.pending()]).toEqual([0, 0])
  })

  it("a connection that breaks rejects with a TypeError, as fetch does", async () => {
    const { h, base } = await start()
    h.sim.faults.push({ fault: { kind: "reset" } })
    await expect(h.send("GET", base)).rejects.toThrow(TypeError)
  })
})

describe("which requests meet a fault", () => {
  it("by route, by group, after some, a number of times, in the order they were queued", async () => {
    const { h, base } = await start()
    const other = `/v1/tasks/groups/${await h.group()}`
    h.sim.faults.push({
      route: "group.get",
      group: base.split("/").at(-1)!,
      skip: 1,
      times: 2,
      fault: { kind: "status", status: 500 },
    })
    h.sim.faults.push({ route: "group.get", fault: { kind: "status", status: 503 } })
    const codes: number[] = []
    for (const path of [base, other, base, base, base, `${base}/runs`])
      codes.push((await h.send("GET", path)).status)
    // The first passes the skipped rule and meets the second one.
    expect(codes).toEqual([503, 200, 500, 500, 200, 200])
    expect(h.sim.faults.waiting).toEqual([])
  })

  it("lasting ones by chance", async () => {
    const { h, base } = await start()
    h.sim.behaviour.patch({
      faults: [{ route: "group.get", probability: 0.3, fault: { kind: "status", status: 500 } }],
    })
    let failed = 0
    for (let i = 0; i < 300; i++) failed += Number((await h.send("GET", base)).status === 500)
    expect(failed).toBeGreaterThan(60)
    expect(failed).toBeLessThan(120)
  })

  it("a fault that makes no sense is refused, with the reason", () => {
    const { sim } = harness()
    expect(() => sim.faults.push({ fault: { kind: "nonsense" } } as never)).toThrow(
      /fault\.kind: expected one of/,
    )
    expect(() => sim.faults.push({ route: "x", fault: { kind: "stall" } } as never)).toThrow(
      /route: expected one of/,
    )
    expect(() => sim.faults.push({ fault: { kind: "stall", ms: -1 } })).toThrow(/fault\.ms/)
  })
})

describe("faults of streams", () => {
  const listed = async (fault: DeepPartial<Fault>, ms = 0) => {
    const { h, base } = await start(6)
    h.sim.faults.push({ route: "group.runs.list", fault })
    const reading = read(await h.send("GET", `${base}/runs`))
    await h.clock.advance(ms)
    await reading.done
    return reading
  }

  it("cuts between and inside events, with and without an error", async () => {
    const between = await listed({ kind: "cut", after_events: 2, where: "between" })
    expect(between.events).toHaveLength(2)
    expect(between.error).toBeInstanceOf(TypeError)
    const clean = await listed({ kind: "cut", after_events: 2, clean: true })
    expect([clean.events.length, clean.ended]).toEqual([2, true])
    expect((await listed({ kind: "cut", after_events: 2, where: "mid_event" })).text).toMatch(
      /event: task_run.state\n$/,
    )
    expect((await listed({ kind: "cut", after_events: 2, where: "mid_line" })).text).toMatch(
      /data: \{[^\n]+$/,
    )
    const late = await listed({ kind: "cut", after_events: 99 })
    expect([late.events.length, late.error instanceof TypeError]).toEqual([6, true])
  })

  it("cuts inside a character", async () => {
    const { h, base } = await start(3)
    h.sim.faults.push({
      route: "group.runs.list",
      fault: { kind: "cut", where: "mid_character", clean: true },
    })
    const bytes = new Uint8Array(await (await h.send("GET", `${base}/runs`)).arrayBuffer())
    expect(bytes.at(-1)).toBe(0xc3)
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)).toThrow(TypeError)
  })

  it("stalls, then goes on", async () => {
    const { h, base } = await start(3)
    h.sim.faults.push({ route: "group.runs.list", fault: { kind: "stall", after_events: 1, ms: 60_000 } })
    const reading = read(await h.send("GET", `${base}/runs`))
    await h.clock.advance(59_999)
    expect(reading.events).toHaveLength(1)
    await h.clock.advance(1)
    expect(reading.events).toHaveLength(3)
  })

  it("doubles, reorders, bloats, breaks and reports", async () => {
    const order = async (kind: "duplicate_events" | "reorder_events") =>
      (await listed({ kind })).events.map((event) => Number(event.data.run.metadata.input_index))
    expect(await order("duplicate_events")).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    expect(await order("reorder_events")).toEqual([1, 0, 3, 2, 5, 4])
    const large = await listed({ kind: "oversize_line", bytes: 2_500_000 })
    expect(Math.max(...large.text.split("\n").map((line) => line.length))).toBeGreaterThan(2_500_000)
    const broken = await listed({ kind: "malformed_event" })
    expect(broken.events.map((event) => typeof event.data)).toEqual([
      "object",
      "string",
      ...Array.from({ length: 5 }, () => "object"),
    ])
    expect((await listed({ kind: "error_event" })).events.map((e) => e.data.type).indexOf("error")).toBe(1)
    // oxlint-disable-next-line unicorn/no-thenable
    expect((await listed({ kind: "error_event", then: "end" })).events).toHaveLength(2)
  })
})

describe("framing", () => {
  it("every line ending, comments, ids, retry, several data lines and any split give the same events", async () => {
    const { h, base } = await start(5)
    h.sim.behaviour.patch({ runs: { overrides: [] } })
    await h.clock.advance(60_000)
    const path = `${base}/runs?include_output=true&include_input=true`
    const plain = read(await h.send("GET", path))
    await plain.done
    for (const line_ending of ["lf", "crlf", "cr"] as const) {
      for (const split of ["batch", "event", "line", "bytes"] as const) {
        h.sim.behaviour.patch({
          framing: {
            line_ending,
            split,
            comments: true,
            id_lines: true,
            retry_ms: 500,
            multi_line_data: split === "line",
          },
        })
        const response = await h.send("GET", path)
        const chunks: Uint8Array[] = []
        for await (const chunk of response.body!) chunks.push(chunk)
        const text = Buffer.concat(chunks).toString("utf8")
        const odd = read(new Response(text))
        await odd.done
        expect(odd.events.map((event) => event.data)).toEqual(plain.events.map((event) => event.data))
        expect(odd.events[0]!.id).toBe(plain.events[0]!.data.event_id)
        if (split === "bytes") expect(chunks.length).toBeGreaterThan(100)
        expect(text.includes("\n")).toBe(line_ending !== "cr")
      }
    }
  })

  it("bytes: characters are split", async () => {
    const h = harness({ framing: { split: "bytes" } })
    const group = await h.group()
    await h.add(
      group,
      Array.from({ length: 5 }, () => ({
        input: { company: "ÄÖÜ ä ö ü 漢字".repeat(20) },
        processor: "core",
      })),
    )
    const response = await h.send("GET", `/v1/tasks/groups/${group}/runs?include_input=true`)
    let broken = 0
    for await (const chunk of response.body!) {
      try {
        new TextDecoder("utf-8", { fatal: true }).decode(chunk)
      } catch {
        broken++
      }
    }
    expect(broken).toBeGreaterThan(5)
  })
})
