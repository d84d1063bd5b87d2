import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { nextFree } from "../../scripts/lib/ports.ts"
import { parseStartArgs, UsageError } from "../../scripts/start/args.ts"
import { wranglerCommand } from "../../scripts/start/commands.ts"
import { takeLock } from "../../scripts/start/lock.ts"
import { welcome } from "../../scripts/start/message.ts"

describe("the arguments of npm start", () => {
  it("have defaults", () => {
    expect(parseStartArgs([])).toEqual({
      realApi: false,
      verbose: false,
      help: false,
      data: ".data",
      port: undefined,
      simulatorPort: undefined,
      wranglerArgs: [],
    })
  })

  it("take ports from flags, and else from the environment", () => {
    expect(parseStartArgs(["--port", "9000"], { PORT: "9001" }).port).toBe(9000)
    expect(parseStartArgs(["--port=9000"]).port).toBe(9000)
    expect(parseStartArgs([], { PORT: "9001", SIMULATOR_PORT: "9002" })).toMatchObject({
      port: 9001,
      simulatorPort: 9002,
    })
    expect(parseStartArgs([], { PORT: "" }).port).toBeUndefined()
  })

  it.each([
    ["--port", "http"],
    ["--port", "0"],
    ["--port", "65536"],
    ["--port", "8787.5"],
    ["--port"],
    ["--data="],
  ])("refuse %s %s", (...argv) => {
    expect(() => parseStartArgs(argv)).toThrow(UsageError)
  })

  it("pass the rest on to wrangler, in order", () => {
    const { wranglerArgs, verbose } = parseStartArgs([
      "--var",
      "A:1",
      "--verbose",
      "--var=B:2",
      "--local-protocol",
      "http",
    ])
    expect(verbose).toBe(true)
    expect(wranglerArgs).toEqual(["--var", "A:1", "--var=B:2", "--local-protocol", "http"])
  })
})

describe("the wrangler command", () => {
  const options = { data: ".data", realApi: false, wranglerArgs: [] }

  it("points the Worker at the stand-in, and only then lets it call private addresses", () => {
    const command = wranglerCommand(options, 8787, "http://127.0.0.1:8788").join(" ")
    expect(command).toContain("--var PARALLEL_BASE_URL:http://127.0.0.1:8788 --var ALLOW_PRIVATE_URLS:true")
    expect(command).toContain("--persist-to .data/worker ")
  })

  it("sets nothing of the kind for the real API, and keeps its groups apart", () => {
    const command = wranglerCommand({ ...options, realApi: true }, 8787, undefined).join(" ")
    expect(command).not.toContain("PARALLEL_BASE_URL")
    expect(command).not.toContain("ALLOW_PRIVATE_URLS")
    expect(command).toContain("--persist-to .data/worker-real-api ")
  })

  it("binds to loopback, unless told otherwise", () => {
    expect(wranglerCommand(options, 8787, undefined).join(" ")).toContain("--ip 127.0.0.1")
    const told = wranglerCommand(
      { ...options, wranglerArgs: ["--ip", "::1", "--persist-to=x"] },
      8787,
      undefined,
    )
    expect(told.filter((arg) => arg === "--ip")).toHaveLength(1)
    expect(told.filter((arg) => arg.startsWith("--persist-to"))).toEqual(["--persist-to=x"])
  })
})

describe("the greeting", () => {
  it("gives a command that can be pasted", () => {
    const text = welcome({
      url: "http://127.0.0.1:8787",
      data: ".data",
      simulatorUrl: "http://127.0.0.1:8788",
    })
    const body = /-d '(.*)'/.exec(text)?.[1] ?? ""
    expect(text).toContain("curl http://127.0.0.1:8787/v1beta/tasks/multitask")
    expect(text).toContain('-H "x-api-key: demo-key"')
    expect(JSON.parse(body)).toMatchObject({ output_type: "json" })
  })

  it("asks for a key of one's own where the API is the real one", () => {
    const text = welcome({ url: "http://127.0.0.1:8787", data: ".data", simulatorUrl: undefined })
    expect(text).toContain('-H "x-api-key: $PARALLEL_API_KEY"')
    expect(text).not.toContain("demo-key")
  })
})

describe("nextFree", () => {
  const freeFrom = (first: number) => (port: number) => Promise.resolve(port >= first)

  it("takes the first port that is free and not taken by ourselves", async () => {
    expect(await nextFree(8787, [], freeFrom(8787))).toBe(8787)
    expect(await nextFree(8787, [], freeFrom(8790))).toBe(8790)
    expect(await nextFree(8787, [8787, 8788], freeFrom(8787))).toBe(8789)
  })

  it("fails when there is none left", async () => {
    await expect(nextFree(65_535, [], () => Promise.resolve(false))).rejects.toThrow("no free port")
  })
})

describe("the lock of a data folder", () => {
  const folder = () => mkdtempSync(join(tmpdir(), "start-lock-"))

  it("is given once, and says where the holder is reached", async () => {
    const path = join(folder(), "start.sock")
    expect(await takeLock(path, () => "http://127.0.0.1:8787")).toEqual({})
    expect(await takeLock(path, () => "")).toEqual({ takenBy: "http://127.0.0.1:8787" })
    rmSync(path, { force: true })
  })

  it("is taken from a holder that was killed", async () => {
    const path = join(folder(), "start.sock")
    const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`
    expect(spawnSync(process.execPath, ["-e", script]).signal).toBe("SIGKILL")
    expect(await takeLock(path, () => "")).toEqual({})
  })
})
