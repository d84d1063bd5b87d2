import { beforeAll, describe, expect, it } from "vitest"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import { type EventReader, GroupReader } from "../../../src/services/GroupReader.ts"
import { untilEnded } from "../support/expect.ts"
import { companies, create, getJson, groupStub, inside, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"
import { until } from "../support/until.ts"
import { finalStates, idsNeverFall, runsIn, watch } from "../support/viewer.ts"

/** A group whose runs end when they are told to. */
const waitingGroup = async (count = 3) => {
  const upstream = newUpstream()
  await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
  const { taskgroup_id: id } = await create(upstream, { inputs: companies(count) })
  return { upstream, id }
}

let endedId = ""
beforeAll(async () => {
  endedId = (await create(newUpstream(), { inputs: companies(5) })).taskgroup_id
  await untilEnded(endedId)
})

describe("a viewer", () => {
  it("gets a status without an id, the present state, then what changes, until done; then 204", async () => {
    const { upstream, id } = await waitingGroup(12)
    const viewer = await watch(`/${id}.sse`)
    await viewer.untilRows(12)
    expect(viewer.text()).toMatch(/^event: task_group_status\ndata: .*"event_id":"0".*\n\nid: /)
    expect(viewer.events()[0]?.data.status).toMatchObject({ num_task_runs: 12, is_active: true })
    await upstream.finish(id)
    const events = await viewer.untilOver()
    expect(idsNeverFall(events)).toBe(true)
    const { runs } = await getJson(id)
    for (const run of runs) {
      const told = finalStates(events).get(Number(run["input_index"]))
      expect(told?.run).toMatchObject({ run_id: run["run_id"], status: run["status"] })
      expect(told?.output).toEqual(run["output"])
    }
    const [status, done] = events.slice(-2)
    expect(status?.data.status).toMatchObject({ task_run_status_counts: { completed: 12 }, is_active: false })
    expect(done?.name).toBe("done")
    expect(events.filter(({ name }) => name === "done")).toHaveLength(1)
    for (const id_ of [String(done?.id)]) {
      expect((await send(`/${id}.sse`, { headers: { "last-event-id": id_ } })).status).toBe(204)
      for (const query of [`last_event_id=${id_}`, `lastEventId=${id_}`, `basis=none&lastEventId=${id_}`]) {
        for (const headers of [{}, { "last-event-id": "" }])
          expect((await send(`/${id}.sse?${query}`, { headers })).status).toBe(204)
      }
      expect((await send(`/${id}.SSE/`, { headers: { "last-event-id": id_ } })).status).toBe(204)
    }
  })

  it("has the shapes of Parallel's events, and the input's index", async () => {
    const events = await (await watch(`/${endedId}.sse`)).untilOver()
    const [run] = runsIn(events)
    expect(run?.data).toMatchObject({
      type: "task_run.state",
      event_id: String(run?.id),
      input_index: expect.any(Number),
      input: {
        processor: "core",
        metadata: { input_index: String(run?.data.input_index) },
        input: { company: expect.any(String) },
      },
      run: {
        run_id: expect.stringMatching(/^trun_/),
        status: "completed",
        is_active: false,
        taskgroup_id: endedId,
      },
      output: { type: "json", content: expect.any(Object), basis: expect.any(Array) },
    })
  })

  it("that comes back gets each row that changed since once, as it is now", async () => {
    const all = await (await watch(`/${endedId}.sse`)).untilOver()
    expect(runsIn(all).map(({ id }) => id)).toEqual([...new Set(runsIn(all).map(({ id }) => id))])
    const seen = runsIn(all)[1]?.id ?? 0
    for (const again of [
      await watch(`/${endedId}.sse`, { "last-event-id": String(seen) }),
      await watch(`/${endedId}.sse?last_event_id=${seen}`),
      await watch(`/${endedId}.sse?lastEventId=${seen}`, { "last-event-id": "" }),
    ]) {
      const [status, ...changed] = await again.untilOver()
      // What it must come back with, if it drops here, is what it came with.
      expect(status).toMatchObject({ name: "task_group_status", data: { event_id: String(seen) } })
      expect(changed).toEqual(all.filter(({ id }) => id > seen))
    }
    // The header wins: a browser sends it when it connects to the same address again.
    const both = await watch(`/${endedId}.sse?last_event_id=0`, { "last-event-id": String(seen) })
    expect((await both.untilOver()).slice(1)).toEqual(all.filter(({ id }) => id > seen))
    const last = runsIn(all).at(-1)
    const rest = await (await watch(`/${endedId}.sse`, { "last-event-id": String(last?.id) })).untilOver()
    expect(rest.map(({ name }) => name)).toEqual(["task_group_status", "done"])
  })

  it.each(["999999", "-1", "abc", "", "1.5", "99999999999999999999", "0x1"])(
    "with an id that was never given (%j) gets the full state",
    async (given) => {
      const viewer = await watch(`/${endedId}.sse`, { "last-event-id": given })
      expect(viewer.response.status).toBe(200)
      expect(runsIn(await viewer.untilOver())).toHaveLength(5)
    },
  )

  it("hears heartbeats while nothing happens, and they are no events", async () => {
    const { upstream, id } = await waitingGroup()
    const viewer = await watch(`/${id}.sse`)
    await viewer.untilRows(3)
    await until("heartbeats", () => viewer.heartbeats() > 4)
    // A line of its own: an empty one behind it would be an empty message to some.
    expect(viewer.text()).toContain("\n\n: keep-alive\n: keep-alive\n")
    expect(viewer.text()).not.toContain(": keep-alive\n\n")
    await upstream.finish(id)
    await viewer.untilOver()
  })

  it("is one of many with one stream to Parallel, and all hear the same", async () => {
    const { upstream, id } = await waitingGroup(20)
    const viewers = await Promise.all(Array.from({ length: 12 }, () => watch(`/${id}.sse`)))
    await Promise.all(viewers.map((viewer) => viewer.untilRows(20)))
    const { event_streams } = (await upstream.requests()) as unknown as {
      event_streams: { max_open: number }
    }
    await upstream.finish(id)
    const heard = await Promise.all(viewers.map((viewer) => viewer.untilOver()))
    expect(event_streams.max_open).toBe(1)
    for (const events of heard) {
      expect(idsNeverFall(events)).toBe(true)
      expect([...finalStates(events)].toSorted(([a], [b]) => a - b)).toEqual(
        [...finalStates(heard[0] ?? [])].toSorted(([a], [b]) => a - b),
      )
    }
  })

  it("may ask for the stream by Accept alone", async () => {
    const viewer = await watch(`/${endedId}`, { accept: "text/event-stream" })
    expect(viewer.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
    expect(viewer.response.headers.get("access-control-allow-origin")).toBe("*")
    await viewer.untilOver()
  })
})

describe("what a viewer holds in the object", () => {
  /** Counts the store's readers from now on. */
  const countReaders = (id: string) =>
    inside(id, (_, instance) => {
      const { runtime } = (
        instance as unknown as {
          group: { runtime: ManagedRuntime.ManagedRuntime<GroupReader, never> }
        }
      ).group
      const store = runtime.runSync(GroupReader) as {
        reader: (...arguments_: Parameters<GroupReader["Service"]["reader"]>) => EventReader
      }
      const make = store.reader
      const counts = { opened: 0, open: 0 }
      store.reader = (...arguments_) => {
        const reader = make(...arguments_)
        counts.opened++
        counts.open++
        let closed = false
        return {
          ...reader,
          close: () => {
            if (!closed) counts.open--
            closed = true
            reader.close()
          },
        }
      }
      Object.assign(instance, { counts })
    })
  const readers = (id: string) =>
    inside(id, (_, instance) => ({
      ...(instance as unknown as { counts: { opened: number; open: number } }).counts,
    }))

  it("is released when the viewer leaves", async () => {
    const { id } = await waitingGroup()
    await countReaders(id)
    const viewers = await Promise.all(Array.from({ length: 5 }, () => watch(`/${id}.sse`)))
    await Promise.all(
      viewers.map((viewer) => viewer.untilEvent("a status", ({ name }) => name === "task_group_status")),
    )
    expect(await readers(id)).toEqual({ opened: 5, open: 5 })
    for (const viewer of viewers) await viewer.leave()
    await until("all readers to be closed", async () => (await readers(id)).open === 0)
    expect((await readers(id)).opened).toBe(5)
  })

  it("is released at the end of the group", async () => {
    const { upstream, id } = await waitingGroup()
    await countReaders(id)
    const viewer = await watch(`/${id}.sse`)
    await upstream.finish(id)
    await viewer.untilOver()
    await until("the reader to be closed", async () => (await readers(id)).open === 0)
    expect((await readers(id)).opened).toBe(1)
  })

  it("is nothing for HEAD", async () => {
    const { id } = await waitingGroup()
    await countReaders(id)
    const response = await send(`/${id}.sse`, { method: "HEAD" })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe("")
    expect(await readers(id)).toEqual({ opened: 0, open: 0 })
  })

  it("directly from the object comes the same stream, over RPC's fetch", async () => {
    const response = await groupStub(endedId).fetch("https://object/")
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
    expect(await response.text()).toContain("event: done")
  })

  it("of much at once is the same through the Worker, byte by byte", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { overrides: [{ output_bytes: 4_000 }] } })
    const { taskgroup_id: id } = await create(upstream, { inputs: companies(300) })
    await untilEnded(id)
    for (const query of ["", "?basis=none"]) {
      const viewer = await watch(`/${id}.sse${query}`)
      const events = await viewer.untilOver()
      expect(viewer.text()).toBe(await (await groupStub(id).fetch(`https://object/sse${query}`)).text())
      const answer = await send(`/${id}.json${query}`)
      const { runs } = await answer.json<Awaited<ReturnType<typeof getJson>>>()
      expect(runsIn(events)).toHaveLength(300)
      for (const run of runs)
        expect(finalStates(events).get(Number(run["input_index"]))?.output).toEqual(run["output"])
      const seen = runsIn(events)[99]!.id
      const again = await watch(`/${id}.sse${query}`, { "last-event-id": String(seen) })
      expect((await again.untilOver()).slice(1)).toEqual(events.filter((event) => event.id > seen))
    }
  })
})
