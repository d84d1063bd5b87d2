import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bodyOf, parseRecording } from "../../simulator/index.ts"
import { endAll, get, post, startProcess } from "../simulator/process.ts"

const MAIN = fileURLToPath(new URL("../../smoke/main.ts", import.meta.url))
const KEY = "smoke-main-PLANTED-key"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "smoke-"))
})
afterAll(() => {
  endAll()
  rmSync(folder, { recursive: true, force: true })
})

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

const run = (
  args: ReadonlyArray<string>,
  env: Record<string, string>,
  onText: (text: string, child: ReturnType<typeof spawn>) => void = () => {},
): Promise<Ran> =>
  new Promise((resolve) => {
    const { PARALLEL_API_KEY: _, PARALLEL_BASE_URL: __, ...rest } = process.env
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { ...rest, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let [out, error] = ["", ""]
    child.stdout.on("data", (chunk) => {
      out += String(chunk)
      onText(out, child)
    })
    child.stderr.on("data", (chunk) => {
      error += String(chunk)
    })
    child.once("close", (code) => resolve({ code, out, error }))
  })

const FAST = JSON.stringify({
  runs: { failure_rate: 0, duration_ms: [4_000, 8_000] },
  transport: { gzip: true },
})
const simulator = (...args: ReadonlyArray<string>) =>
  startProcess("--scenario", FAST, "--speed", "2", ...args)
const requestsOf = async (url: string) =>
  (await (await get(url, "/_sim/requests")).json()) as { total: number }

describe("npm run smoke", { timeout: 120_000, retry: 1 }, () => {
  it("needs a key, and says which variable it looks at", async () => {
    const { code, error } = await run(["--yes"], {})
    expect(code).toBe(1)
    expect(error).toMatch(/PARALLEL_API_KEY/)
  })

  it("spends nothing without a terminal to ask on, unless it is told to", async () => {
    const { url } = await simulator()
    const { code, out, error } = await run([], { PARALLEL_API_KEY: KEY, PARALLEL_BASE_URL: url })
    expect(code).toBe(1)
    expect(out).toContain("3 `lite` runs")
    expect(out).toContain("$0.015")
    expect(error).toContain("--yes")
    expect((await requestsOf(url)).total).toBe(0)
    expect(readdirSync(folder).filter((name) => name.endsWith(".jsonl"))).toEqual([])
  })

  it("runs, records, tells, and exits with 0; the recording is private, judges the same and can be replayed", async () => {
    const { url } = await simulator()
    const { code, out, error } = await run(["--yes"], { PARALLEL_API_KEY: KEY, PARALLEL_BASE_URL: url })
    expect(error).toBe("")
    expect(out).toContain("The product's result is complete and right")
    expect(code).toBe(0)
    const [name = ""] = readdirSync(folder).filter((file) =>
      /^smoke-\d{4}-\d\d-\d\dT[\d-]+Z\.jsonl$/.test(file),
    )
    const file = join(folder, name)
    const text = readFileSync(file, "utf8")
    expect(out + text).not.toMatch(/PLANTED/)
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(out).toContain(`${(await requestsOf(url)).total} requests in`)
    // Over HTTP, compressed streams show.
    expect(out).toMatch(/U24b +B +Are event streams compressed\? yes: gzip/)

    const judged = await run(["--judge", file], {})
    expect(judged.code).toBe(0)
    expect(judged.out.trim().length).toBeGreaterThan(3_000)
    expect(out).toContain(judged.out.trim())

    const replay = await startProcess("--replay", file, "--speed", "4")
    const group = (await (await post(replay.url, "/v1/tasks/groups", {})).json()) as { taskgroup_id: string }
    const path = `/v1/tasks/groups/${group.taskgroup_id}`
    expect((await post(replay.url, `${path}/runs`, { inputs: [{}, {}, {}] })).status).toBe(200)
    const events = await get(replay.url, `${path}/events`)
    // Which of the recorded streams it is depends on the moment; all of them name the runs that were recorded.
    const added = parseRecording(text).exchanges.find(
      ({ method, path }) => method === "POST" && path.endsWith("/runs"),
    )!
    const runs = (JSON.parse(bodyOf(added)) as { run_ids: string[] }).run_ids
    const told = await events.text()
    expect(new Set(told.match(/trun_[0-9a-f]{32}/g))).toEqual(new Set(runs))
    expect(told).toMatch(/^event: task_group_status\ndata: \{"type":"task_group_status"/)
    expect(await replay.end("SIGTERM")).toBe(0)
  })

  it("stops cleanly at Ctrl-C, with what it knows by then", async () => {
    const { url } = await startProcess("--scenario", FAST, "--speed", "0.2")
    const file = join(folder, "interrupted")
    let sent = false
    const { code, out } = await run(
      ["--yes", "--out", file],
      { PARALLEL_API_KEY: KEY, PARALLEL_BASE_URL: url },
      (text, child) => {
        if (sent || !text.includes("runs were added")) return
        sent = true
        setTimeout(() => child.kill("SIGINT"), 1_500)
      },
    )
    expect(code).toBe(1)
    expect(out).toContain("It was interrupted.")
    expect(out).toMatch(/D2 +A/)
    const { exchanges, notes } = parseRecording(readFileSync(file, "utf8"))
    expect(notes.map(({ note }) => note)).toEqual(["interrupted"])
    expect(exchanges.filter(({ end }) => end === null)).toEqual([])
  })

  it("exits with 1 when the result is not complete in time", async () => {
    const { url } = await startProcess("--scenario", FAST, "--speed", "0.2")
    const { code, out } = await run(["--yes", "--minutes", "0.08", "--out", join(folder, "late")], {
      PARALLEL_API_KEY: KEY,
      PARALLEL_BASE_URL: url,
    })
    expect(code).toBe(1)
    expect(out).toContain("NOT complete and right")
    expect(out).toContain("The time limit is reached.")
  })

  it("writes over nothing", async () => {
    const file = join(folder, "present")
    writeFileSync(file, "mine")
    const { url } = await simulator()
    const { code, error } = await run(["--yes", "--out", file], {
      PARALLEL_API_KEY: KEY,
      PARALLEL_BASE_URL: url,
    })
    expect(code).toBe(1)
    expect(error).toContain("EEXIST")
    expect(readFileSync(file, "utf8")).toBe("mine")
    expect((await requestsOf(url)).total).toBe(0)
  })
})
