import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Parallel, { AuthenticationError, NotFoundError } from "parallel-web"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openJournal } from "../../simulator/disk.ts"
import { createSimulator, createVirtualClock } from "../../simulator/index.ts"
import { jsonSpec, parseStream, rows, wrap, type Loose } from "./harness.ts"
import { endAll, get, post, startProcess, type Running } from "./process.ts"

const FAST = ["--seed", "http", "--speed", "100"]

afterAll(endAll)

describe("the official SDK against the simulator", { retry: 1 }, () => {
  let running: Running
  let client: Parallel
  beforeAll(async () => {
    running = await startProcess(...FAST, "--scenario", '{"runs":{"failure_rate":0}}')
    client = new Parallel({ apiKey: "sdk-key", baseURL: running.url })
  })
  afterAll(async () => {
    expect(await running.end("SIGTERM")).toBe(0)
  })

  it("creates, adds, follows, lists and reads results", async () => {
    const group = await client.taskGroup.create({ metadata: { who: "test" } })
    expect(group.status.num_task_runs).toBe(0)
    const added = await client.taskGroup.addRuns(group.taskgroup_id, {
      default_task_spec: jsonSpec() as never,
      inputs: rows(12),
    })
    expect(added.run_ids).toHaveLength(12)

    const ended = new Set<string>()
    let active = true
    for await (const event of await client.taskGroup.events(group.taskgroup_id)) {
      if (event.type === "task_run.state") ended.add(event.run.run_id)
      if (event.type === "task_group_status") active = event.status.is_active
    }
    expect(active).toBe(false)
    expect(ended).toEqual(new Set(added.run_ids))

    const listed: string[] = []
    const options = { include_input: true, include_output: true }
    for await (const event of await client.taskGroup.getRuns(group.taskgroup_id, options)) {
      if (event.type !== "task_run.state") continue
      listed.push(event.run.run_id)
      expect(event.output?.type).toBe("json")
      expect(event.input?.input).toMatchObject({ company: expect.stringContaining("Company") })
    }
    expect(listed).toEqual(added.run_ids)

    const status = await client.taskGroup.retrieve(group.taskgroup_id)
    expect(status.status.task_run_status_counts).toEqual({ completed: 12 })
    const runId = added.run_ids[0]!
    const run = await client.taskGroup.retrieveRun(runId, { taskgroup_id: group.taskgroup_id })
    expect(run.status).toBe("completed")
    const result = await client.taskRun.result(runId, { timeout: 10 })
    expect(result.output.content).toMatchObject({ ceo_name: expect.any(String) })
  })

  it("errors arrive as the SDK's own classes", async () => {
    await expect(client.taskGroup.retrieve("tgrp_unknown")).rejects.toThrow(NotFoundError)
    const bad = new Parallel({ apiKey: "an-invalid-key", baseURL: running.url })
    await expect(bad.taskGroup.create({})).rejects.toThrow(AuthenticationError)
  })

  it("single runs, with their events", async () => {
    const run = await client.taskRun.create({ input: "Stripe", processor: "pro" })
    const types: string[] = []
    for await (const event of await client.taskRun.events(run.run_id)) types.push(event.type)
    expect(types[0]).toBe("task_run.state")
    expect(types.at(-1)).toBe("task_run.state")
    expect(types).toContain("task_run.progress_msg.plan")
  })
})

describe("the server", { retry: 1 }, () => {
  let running: Running
  beforeAll(async () => {
    running = await startProcess(...FAST)
  })
  afterAll(() => running.end("SIGKILL"))

  const stats = async () => (await get(running.url, "/_sim/requests")).json()
  const newGroup = async () => (await (await post(running.url, "/v1/tasks/groups", {})).json()).taskgroup_id

  it("says where it listens, on loopback, and how to control it", () => {
    expect(running.line).toMatchObject({ event: "listening", control: `${running.url}/_sim`, seed: "http" })
    expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it("notices that a client is gone", async () => {
    const group = await newGroup()
    await post(running.url, "/_sim/behaviour", { events: { end: "never" } }, "PATCH")
    await post(running.url, `/v1/tasks/groups/${group}/runs`, { inputs: rows(1) })
    const gone = new AbortController()
    const response = await fetch(`${running.url}/v1/tasks/groups/${group}/events`, {
      headers: { "x-api-key": "test-key" },
      signal: gone.signal,
    })
    await response.body!.getReader().read()
    expect((await stats()).event_streams.open).toBe(1)
    gone.abort()
    await expect.poll(async () => (await stats()).event_streams.open).toBe(0)
    await post(running.url, "/_sim/behaviour", {}, "PUT")
  })

  it("resets really reset, and the server lives on", async () => {
    const group = await newGroup()
    for (const when of ["before", "after"]) {
      await post(running.url, "/_sim/faults", { route: "group.runs.add", fault: { kind: "reset", when } })
      await expect(post(running.url, `/v1/tasks/groups/${group}/runs`, { inputs: rows(2) })).rejects.toThrow(
        TypeError,
      )
    }
    const view = await (await get(running.url, `/v1/tasks/groups/${group}`)).json()
    expect(view.status.num_task_runs).toBe(2)
    await post(running.url, "/_sim/faults", {
      route: "group.runs.list",
      fault: { kind: "cut", after_events: 1, where: "mid_line" },
    })
    const cut = await get(running.url, `/v1/tasks/groups/${group}/runs`)
    await expect(cut.text()).rejects.toThrow(TypeError)
  })

  it("garbage on the wire does not end it", async () => {
    const port = Number(new URL(running.url).port)
    for (const text of [
      "NONSENSE\r\n\r\n",
      "GET /v1/%%% HTTP/1.1\r\nhost: a b\r\n\r\n",
      "POST /v1/tasks/groups HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{",
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.end(text))
        socket.on("error", () => undefined)
        socket.on("close", () => resolve())
        socket.resume()
      })
    }
    expect((await get(running.url, "/_sim")).status).toBe(200)
  })

  it("keeps keys out of everything it says", async () => {
    const key = "sk-secret-1234567890"
    const headers = { "x-api-key": key, "content-type": "application/json" }
    await fetch(`${running.url}/v1/tasks/groups`, { method: "POST", headers, body: "{}" })
    await fetch(`${running.url}/_sim/webhooks/x`, { method: "POST", headers, body: "{}" })
    for (const path of ["requests", "ledger", "webhooks", "behaviour"]) {
      expect(await (await get(running.url, `/_sim/${path}`)).text()).not.toContain(key)
    }
  })
})

describe("a ledger on disk", { retry: 1 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "simulator-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const truth = async (url: string, group: string) =>
    (await (await get(url, `/_sim/ledger/${group}`)).json()) as { runs: Array<Record<string, unknown>> }

  it("a killed simulator starts again with its groups, and they end the same", async () => {
    const slow = [
      "--data",
      folder,
      "--seed",
      "disk",
      "--scenario",
      '{"runs":{"duration_ms":[1000,3000],"queue_ms":[0,0]}}',
    ]
    const first = await startProcess(...slow)
    const group = (await (await post(first.url, "/v1/tasks/groups", {})).json()).taskgroup_id as string
    await post(first.url, `/v1/tasks/groups/${group}/runs`, {
      default_task_spec: jsonSpec(),
      inputs: rows(30),
    })
    await post(first.url, "/_sim/keys/revoke", { key: "another-key" })
    const events = await get(first.url, `/v1/tasks/groups/${group}/events`)
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    while (!text.includes("task_run.state")) text += (await reader.read()).value ?? ""
    const before = await truth(first.url, group)
    expect(await first.end("SIGKILL")).toBe(null)
    const seen = parseStream(text).map((event) => event.data.event_id as string)

    // What a kill in the middle of a write leaves behind.
    const file = join(folder, "ledger.jsonl")
    writeFileSync(file, `${readFileSync(file, "utf8")}{"t":"runs","group":"${group}","runs":[{"id"`)

    const second = await startProcess("--data", folder, "--seed", "other")
    expect(second.line["seed"]).toBe("disk")
    const rest = await get(second.url, `/v1/tasks/groups/${group}/events?last_event_id=${seen.at(-1)}`)
    const resumed = parseStream(await rest.text()).map((event) => event.data)
    expect(resumed.at(-1)).toMatchObject({ type: "task_group_status", status: { is_active: false } })
    expect(resumed.some((event) => seen.includes(event.event_id))).toBe(false)
    const after = await truth(second.url, group)
    const fate = (runs: Array<Record<string, unknown>>) => runs.map((run) => ({ ...run, status: "left out" }))
    expect(fate(after.runs)).toEqual(fate(before.runs))
    const revoked = await fetch(`${second.url}/v1/tasks/groups/${group}`, {
      headers: { "x-api-key": "another-key" },
    })
    expect(revoked.status).toBe(401)
    expect(readFileSync(file, "utf8")).not.toMatch(/test-key|another-key/)
    expect(await second.end("SIGINT")).toBe(0)
  })

  it("keeps text to the letter, also behind lines of an earlier version, which kept values", async () => {
    const data = join(folder, "earlier")
    const start = () => {
      const clock = createVirtualClock()
      const sim = createSimulator({ clock, ...openJournal(data) })
      return { h: wrap(sim, clock), sim }
    }
    const first = start()
    const group = await first.h.group()
    const odd = '{ "id":738529527931269425,"2023":1.10,"2021":-0 }'
    const metadata = '{"input_index":0,"a":1.10}'
    const input = `{"input":${odd},"processor":"core","metadata":${metadata},"x":1.0}`
    const path = `/v1/tasks/groups/${group}/runs`
    await first.h.send("POST", path, `{"inputs":[${input}]}`)
    await first.h.add(group, rows(1, 1))
    first.sim.revokeKey("another-key")
    first.sim.close()

    const file = join(data, "ledger.jsonl")
    const earlier = (record: Loose): object => {
      if (record.t === "spec") return { t: "spec", id: record.id, spec: JSON.parse(record.text) }
      const { key, ...group } = record
      if (record.t === "group") return group
      if (record.t === "key") return { t: "key", account: key, revoked: record.revoked }
      if (record.t !== "runs" || record.runs[0].ordinal === 0) return record
      const [{ inputText, extraText, metadataText: _, ...run }] = record.runs
      return { ...record, runs: [{ ...run, input: JSON.parse(inputText), extra: JSON.parse(extraText) }] }
    }
    const lines = readFileSync(file, "utf8").trimEnd().split("\n")
    writeFileSync(file, `${lines.map((line) => JSON.stringify(earlier(JSON.parse(line)))).join("\n")}\n`)

    const { h, sim } = start()
    await h.clock.advance(60_000)
    const [kept, read] = await h.list(group, "?include_input=true&include_output=true")
    const given = await (await h.send("GET", `/v1/tasks/runs/${kept!.data.run.run_id}/input`)).text()
    expect(given).toBe(`{"x":1.0,"processor":"core","metadata":${metadata},"input":${odd}}`)
    expect(read!.data).toMatchObject({ input: rows(1, 1)[0], output: { type: "json" } })
    const asRevoked = await h.send("GET", path, undefined, { "x-api-key": "another-key" })
    expect(asRevoked.status).toBe(401)
    sim.behaviour.patch({ shapes: { group_readers: "creating_key" } })
    expect(await h.list(group)).toHaveLength(2)
    expect(sim.requests.crashes).toEqual([])
    sim.close()
  })
})
