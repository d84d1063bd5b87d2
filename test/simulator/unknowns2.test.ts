import { describe, expect, it } from "vitest"
import { harness, jsonSpec, read, rows, type Loose } from "./harness.ts"
import { END, follow, runIds, start } from "./unknowns.ts"

describe("more unknowns of the contract, either side", () => {
  it("U13: run ids in order or shuffled; empty cursors as null, blank or a value; batch cursors name a batch", async () => {
    for (const run_ids of ["in_order", "shuffled"] as const) {
      const { h, ids } = await start({ add_runs: { run_ids } }, 20)
      const inOrder = ids.every((id, i) => h.sim.ledger.runs.get(id)!.ordinal === i)
      expect(inOrder).toBe(run_ids === "in_order")
    }
    for (const [empty, value] of [
      ["null", null],
      ["blank", ""],
      ["value", "start"],
    ] as const) {
      const { h, group, added } = await start({ cursors: { empty } })
      expect([added.run_cursor, added.event_cursor]).toEqual([value, value])
      const second = await h.add(group, rows(3, 6))
      expect(runIds(await h.list(group, `?last_event_id=${second.run_cursor}`))).toEqual(second.run_ids)
      expect(runIds(await h.list(group, `?last_event_id=${added.run_cursor ?? ""}`))).toHaveLength(9)
    }
  })

  it("U14: listings in input order, reversed or random, and batch cursors still work", async () => {
    for (const order of ["input", "reverse", "random"] as const) {
      const { h, group, ids } = await start({ listing: { order } }, 12)
      const second = await h.add(group, rows(5, 12))
      const listed = runIds(await h.list(group))
      expect(new Set(listed)).toEqual(new Set([...ids, ...second.run_ids]))
      expect(listed.slice(0, 12).join() === ids.join()).toBe(order === "input")
      const batch = runIds(await h.list(group, `?last_event_id=${second.run_cursor}`))
      expect(new Set(batch)).toEqual(new Set(second.run_ids))
    }
  })

  it("U15: completed without output for a while or for ever, in listings, results or both", async () => {
    const { h, group, ids } = await start({
      outputs: { delay_ms: 100_000 },
      runs: { overrides: [{ input_index: 0, output_never: true }] },
    })
    await h.clock.advance(END)
    const outputs = async () =>
      (await h.list(group, "?include_output=true")).map((event) => event.data.output !== null)
    expect(await outputs()).toEqual(Array.from({ length: 6 }, () => false))
    const waiting = h.send("GET", `/v1/tasks/runs/${ids[1]}/result?timeout=5`)
    await h.clock.advance(5_000)
    expect((await waiting).status).toBe(408)
    await h.clock.advance(120_000)
    expect(await outputs()).toEqual([false, true, true, true, true, true])
    h.sim.behaviour.patch({ outputs: { missing_in: "result", pending_result: "null_output" } })
    expect((await h.json("GET", `/v1/tasks/runs/${ids[0]}/result`)).output).toBe(null)
    expect((await outputs())[0]).toBe(true)
    h.sim.behaviour.patch({ outputs: { missing_in: "listing" } })
    expect((await h.send("GET", `/v1/tasks/runs/${ids[0]}/result`)).status).toBe(200)
    expect((await outputs())[0]).toBe(false)
  })

  it("U16: a run that ended may change", async () => {
    const { h, ids } = await start(
      { runs: { change_after_end: { rate: 1, after_ms: 50_000, to: "failed" } } },
      1,
    )
    await h.clock.advance(30_000)
    const status = async () => (await h.json("GET", `/v1/tasks/runs/${ids[0]}`)).status
    expect(await status()).toBe("completed")
    await h.clock.advance(60_000)
    expect(await status()).toBe("failed")
  })

  it("U17, U18, D3, D7: inputs, bases and outputs in other forms", async () => {
    const { h, group } = await start({
      listing: { element_basis: true },
      events: { output: true, input: "expanded" },
    })
    expect((await h.list(group, "?include_input=true"))[0]!.data.input).not.toHaveProperty("task_spec")
    h.sim.behaviour.patch({ listing: { expand_input: true }, shapes: { json_content_as_text: true } })
    expect((await h.list(group, "?include_input=true"))[0]!.data.input.task_spec).toEqual(jsonSpec())
    const run = (await follow(h, group)).events.find((event) => event.data.type === "task_run.state")!.data
    expect(run.input.task_spec).toEqual(jsonSpec())
    expect(JSON.parse(run.output.content)).toHaveProperty("ceo_name")

    const list = {
      type: "object",
      properties: { tags: { type: "array", items: { type: "string" } } },
      required: ["tags"],
    }
    const other = await h.group()
    const body = { default_task_spec: jsonSpec(list), inputs: rows(1) }
    await h.send("POST", `/v1/tasks/groups/${other}/runs`, body)
    await h.clock.advance(END)
    const path = `/v1/tasks/groups/${other}/runs?include_output=true`
    const reading = read(await h.send("GET", path, undefined, { "parallel-beta": "field-basis-2025-11-25" }))
    await reading.done
    expect(reading.events[0]!.data.output.basis.map((entry: Loose) => entry.field)).toContain("tags.0")
  })

  it("U19: a second stream is refused, or closes the first", async () => {
    const refused = await start({ events: { max_concurrent: 1 } })
    await refused.h.open(refused.group)
    expect((await refused.h.send("GET", `/v1/tasks/groups/${refused.group}/events`)).status).toBe(429)
    const closing = await start({ events: { max_concurrent: 1, over_limit: "close_oldest" } })
    const first = await closing.h.open(closing.group)
    const second = await closing.h.open(closing.group)
    await closing.h.clock.settle()
    expect([first.ended, second.ended]).toEqual([true, false])
    expect(closing.h.sim.requests.open).toBe(1)
  })

  it("U20: runs are listed and counted late, each in its own time", async () => {
    const { h, group } = await start({ listing: { lag_ms: 5_000 }, status: { count_lag_ms: 2_000 } })
    const view = async () => [
      (await h.list(group)).length,
      (await h.json("GET", `/v1/tasks/groups/${group}`)).status.num_task_runs,
    ]
    expect(await view()).toEqual([0, 0])
    await h.clock.advance(2_000)
    expect(await view()).toEqual([0, 6])
    await h.clock.advance(3_000)
    expect(await view()).toEqual([6, 6])
  })

  it("U21: outputs in a listing may take their time", async () => {
    const { h, group } = await start({ listing: { ms_per_output: 100 } })
    await h.clock.advance(END)
    const reading = read(await h.send("GET", `/v1/tasks/groups/${group}/runs?include_output=true`))
    await h.clock.advance(599)
    expect(reading.ended).toBe(false)
    await h.clock.advance(1)
    expect(reading.events).toHaveLength(6)
  })

  it("U22: foreign keys and malformed ids", async () => {
    for (const [foreign_key, code] of [
      ["404", 404],
      ["403", 403],
      ["allowed", 200],
    ] as const) {
      const { h, group } = await start({ shapes: { foreign_key } })
      expect(
        (await h.send("GET", `/v1/tasks/groups/${group}`, undefined, { "x-api-key": "other" })).status,
      ).toBe(code)
    }
    for (const malformed_id of ["404", "422"] as const) {
      const h = harness({ shapes: { malformed_id } })
      expect((await h.send("GET", "/v1/tasks/groups/x$y")).status).toBe(Number(malformed_id))
    }
  })

  it("U23: failed runs are charged or not", async () => {
    for (const charge_failed of [false, true]) {
      const { h, ids } = await start({ runs: { failure_rate: 1 }, billing: { charge_failed } }, 4)
      await h.clock.advance(END)
      const used = h.sim.accounts.used(h.sim.ledger.runs.get(ids[0]!)!.account)
      expect(used.charged).toBeCloseTo(charge_failed ? 0.1 : 0)
      expect(used.reserved).toBe(0)
    }
  })

  it("U24: the Last-Event-ID header and gzip", async () => {
    for (const last_event_id_header of [false, true]) {
      const { h, group } = await start({ transport: { last_event_id_header } })
      const cursor = (await h.list(group))[2]!.data.event_id
      const list = read(
        await h.send("GET", `/v1/tasks/groups/${group}/runs`, undefined, { "last-event-id": cursor }),
      )
      await list.done
      expect(list.events).toHaveLength(last_event_id_header ? 3 : 6)
    }
    const { h, group } = await start({ transport: { gzip: true } })
    const response = await h.send("GET", `/v1/tasks/groups/${group}/runs`, undefined, {
      "accept-encoding": "gzip",
    })
    expect(response.headers.get("content-encoding")).toBe("gzip")
    const plain = new Response(response.body!.pipeThrough(new DecompressionStream("gzip") as never))
    expect(await plain.text()).toContain("task_run.state")
  })

  it("D2, D6: only finished runs listed; validation errors in upstream's shape", async () => {
    const { h, group } = await start({
      listing: { only_finished: true },
      shapes: { validation_errors: "upstream" },
    })
    expect(await h.list(group)).toEqual([])
    await h.clock.advance(END)
    expect(await h.list(group)).toHaveLength(6)
    expect(await h.json("POST", `/v1/tasks/groups/${group}/runs`, {})).toMatchObject({
      type: "error",
      error: { detail: {} },
    })
    h.sim.behaviour.patch({ shapes: { errors: "bare" } })
    expect(Object.keys(await h.json("GET", "/v1/tasks/groups/tgrp_x"))).toEqual(["error"])
  })
})
