import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseRecording } from "../../simulator/index.ts"
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

/** The command as users run it, with a key, against the simulator there; Ctrl-C is pressed once it says something. */
const run = async (args: ReadonlyArray<string>, url = "", key = KEY, interruptAt = "never") => {
  const env = { ...process.env, PARALLEL_API_KEY: key, PARALLEL_BASE_URL: url }
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let [out, error] = ["", ""]
  child.stdout.on("data", (chunk) => {
    out += String(chunk)
    if (String(chunk).includes(interruptAt)) child.kill("SIGINT")
  })
  child.stderr.on("data", (chunk) => (error += String(chunk)))
  const [code] = (await once(child, "close")) as [number | null]
  return { code, out, error }
}

const runs = { failure_rate: 0, duration_ms: [4_000, 8_000] }
const FAST = JSON.stringify({ runs, transport: { gzip: true } })
const simulator = (speed = "2") => startProcess("--scenario", FAST, "--speed", speed)
const requestsOf = async (url: string) =>
  ((await (await get(url, "/_sim/requests")).json()) as { total: number }).total

describe("npm run smoke", { timeout: 120_000, retry: 1 }, () => {
  it.each([
    ["without a key", "", ["--yes"], "PARALLEL_API_KEY"],
    ["without a terminal to ask on, unless it is told to", KEY, [], "--yes"],
    ["without a time to end at", KEY, ["--yes", "--minutes", "soon"], "--minutes"],
    ["over a file that is there", KEY, ["--yes", "--out", "present"], "EEXIST"],
  ])("spends nothing %s, and says what it wants", async (_, key, args, word) => {
    writeFileSync(join(folder, "present"), "mine")
    const { url } = await simulator()
    const { code, error } = await run(args, url, key)
    expect(code).toBe(1)
    expect(error).toContain(word)
    expect(await requestsOf(url)).toBe(0)
    expect(readdirSync(folder)).toEqual(["present"])
    expect(readFileSync(join(folder, "present"), "utf8")).toBe("mine")
  })

  it("runs, records, tells, and exits with 0; the recording is private, judges the same and can be replayed", async () => {
    const { url } = await simulator()
    const { code, out, error } = await run(["--yes"], url)
    expect(error).toBe("")
    expect(out).toMatch(/3 `lite` runs at .*, about \$0\.015/)
    expect(out).toContain("The product's result is complete and right")
    expect(code).toBe(0)
    const pattern = /^smoke-\d{4}-\d\d-\d\dT[\d-]+Z\.jsonl$/
    const file = join(
      folder,
      readdirSync(folder).find((name) => pattern.test(name))!,
    )
    const text = readFileSync(file, "utf8")
    expect(out + text).not.toMatch(/PLANTED/)
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(out).toContain(`${await requestsOf(url)} requests in`)
    // Over HTTP, compressed streams show.
    expect(out).toMatch(/U24b +B +Are event streams compressed\? yes: gzip/)

    const judged = await run(["--judge", file])
    expect(judged.code).toBe(0)
    expect(judged.out.trim().length).toBeGreaterThan(3_000)
    expect(out).toContain(judged.out.trim())

    const replay = await startProcess("--replay", file, "--speed", "4")
    const group = (await (await post(replay.url, "/v1/tasks/groups", {})).json()) as { taskgroup_id: string }
    const path = `/v1/tasks/groups/${group.taskgroup_id}`
    expect((await post(replay.url, `${path}/runs`, { inputs: [{}, {}, {}] })).status).toBe(200)
    const events = await get(replay.url, `${path}/events`)
    // Which of the recorded streams it is depends on the moment; all of them name the runs that were recorded.
    const told = await events.text()
    const runs = new Set(told.match(/trun_[0-9a-f]{32}/g))
    expect([runs.size, [...runs].every((id) => text.includes(id))]).toEqual([3, true])
    expect(told).toMatch(/^event: task_group_status\ndata: \{"type":"task_group_status"/)
    expect(await replay.end("SIGTERM")).toBe(0)
  })

  it("stops cleanly at Ctrl-C, with what it knows by then", async () => {
    const { url } = await simulator("0.2")
    const file = join(folder, "interrupted")
    const { code, out } = await run(["--yes", "--out", file], url, KEY, "runs were added")
    expect(code).toBe(1)
    expect(out).toContain("It was interrupted.")
    expect(out).toMatch(/U13b +A/)
    const { exchanges, notes } = parseRecording(readFileSync(file, "utf8"))
    expect(notes.map(({ note }) => note)).toEqual(["It was interrupted."])
    expect(exchanges.filter(({ end }) => end === null)).toEqual([])
  })

  it("exits with 1 when the result is not complete in time", async () => {
    const { url } = await simulator("0.2")
    const { code, out } = await run(["--yes", "--minutes", "0.08", "--out", join(folder, "late")], url)
    expect(code).toBe(1)
    expect(out).toContain("NOT complete and right")
    expect(out).toContain("The time limit is reached.")
  })
})
