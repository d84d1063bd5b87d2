import { appendFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { openJournal } from "../../simulator/disk.ts"
import { harness, rows } from "./harness.ts"

describe("runs", () => {
  it("by default twelve of them fill in within ten to twenty seconds", async () => {
    for (const seed of ["a", "b", "c"]) {
      const h = harness({}, seed)
      const group = await h.group()
      await h.add(group, rows(12))
      const ends = h.sim.ledger.groups.get(group)!.runs.map((run) => run.endAt - run.createdAt)
      expect(Math.min(...ends)).toBeLessThan(6_000)
      expect(Math.max(...ends)).toBeGreaterThan(8_000)
      expect(Math.max(...ends)).toBeLessThan(20_000)
    }
  })

  it("slower processors take longer, and speed divides it all", async () => {
    const lasting = async (processor: string, speed = 1) => {
      const h = harness({ runs: { speed } })
      const group = await h.group()
      await h.add(
        group,
        rows(50).map((row) => ({ ...row, processor })),
      )
      const { runs } = h.sim.ledger.groups.get(group)!
      return runs.reduce((sum, run) => sum + run.endAt - run.startAt, 0)
    }
    const core = await lasting("core")
    expect(await lasting("lite-fast")).toBeLessThan(core / 2)
    expect(await lasting("ultra")).toBeGreaterThan(core * 1.5)
    expect(await lasting("core", 10)).toBeLessThan(core / 9)
  })

  it("no more of a group run at once than its concurrency allows, also across POSTs", async () => {
    const h = harness({ runs: { concurrency: 3 } })
    const group = await h.group()
    await h.add(group, rows(10))
    await h.clock.advance(5_000)
    await h.add(group, rows(10, 10))
    let most = 0
    for (let n = 0; n < 200; n++) {
      await h.clock.advance(500)
      const { status } = await h.json("GET", `/v1/tasks/groups/${group}`)
      most = Math.max(most, status.task_run_status_counts.running ?? 0)
    }
    expect(most).toBe(3)
  })

  it("the event cursor of a later batch stands behind what was told before", async () => {
    const h = harness()
    const group = await h.group()
    const first = await h.add(group, rows(4))
    await h.clock.advance(60_000)
    const second = await h.add(group, rows(2, 4))
    const reading = await h.open(group, `?last_event_id=${second.event_cursor}`)
    await h.clock.advance(60_000)
    const told = reading.events.filter((event) => event.data.type === "task_run.state")
    const ids = told.map((event) => event.data.run.run_id as string)
    expect(ids.toSorted()).toEqual((second.run_ids as string[]).toSorted())
    expect(ids).not.toContain(first.run_ids[0])
  })

  it("the input is told as it was given, but for the values of MCP headers", async () => {
    const h = harness()
    const input = {
      input: { company: "Figma" },
      processor: "core",
      metadata: { a: "1" },
      mcp_servers: [
        { type: "url", url: "https://mcp.test", name: "m", headers: { authorization: "hidden-value" } },
      ],
      webhook: { url: "https://hook.test", event_types: ["task_run.status"] },
    }
    const { run_id: id } = await h.json("POST", "/v1/tasks/runs", input)
    const told = await h.json("GET", `/v1/tasks/runs/${id}/input`)
    expect(told).toEqual({ ...input, mcp_servers: [{ type: "url", url: "https://mcp.test", name: "m" }] })
  })
})

describe("the journal on disk", () => {
  it("cuts off a half-written line, so that what follows can be read again", () => {
    const folder = mkdtempSync(join(tmpdir(), "simulator-journal-"))
    try {
      const first = openJournal(folder)
      first.journal.append({ t: "meta", seed: "é".repeat(700_000) })
      first.journal.close()
      appendFileSync(join(folder, "ledger.jsonl"), '{"t":"key","account":"a","rev')
      const second = openJournal(folder)
      expect(second.past).toHaveLength(1)
      second.journal.append({ t: "key", key: "b", revoked: true })
      second.journal.close()
      const { past, journal } = openJournal(folder)
      journal.close()
      expect(past).toEqual([
        { t: "meta", seed: "é".repeat(700_000) },
        { t: "key", key: "b", revoked: true },
      ])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
