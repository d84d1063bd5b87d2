import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { HOST } from "./support/fakeWorld.ts"
import { FakeServer } from "./support/server.ts"

const folder = mkdtempSync(join(tmpdir(), "multitask-cli-"))
const program = join(folder, "cli.mjs")
const csv = join(folder, "a.csv")
const fake = new FakeServer()
let server: Server
let base = ""
/** Called when somebody waits for rows, which then never come; null: they come. */
let onFollowed: (() => void) | null = null

beforeAll(async () => {
  await build({
    entryPoints: ["src/cli/main.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: program,
  })
  writeFileSync(csv, "name\nAcme\nGlobex\n")
  server = createServer((request, response) => {
    if (onFollowed !== null && request.url?.includes(".sse") === true) {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": waiting\n")
      return onFollowed()
    }
    void text(request)
      .then((body) =>
        fake.fetch(`${HOST}${request.url ?? ""}`, {
          method: request.method ?? "GET",
          ...(body !== "" && { body }),
        }),
      )
      .then(async (answer) =>
        response.writeHead(answer.status, [...answer.headers.entries()].flat()).end(await answer.text()),
      )
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const start = (...args: ReadonlyArray<string>): ChildProcess =>
  spawn(process.execPath, [program, ...args], {
    env: { MULTITASK_URL: base, PARALLEL_API_KEY: "demo-key", HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  })

const ended = async (child: ChildProcess) => {
  const [out, err, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "exit"),
  ])
  return { code: code as number | null, out, err }
}

const RUN = ["run", csv, "--describe", "the CEO", "--yes"]

describe("the program", () => {
  it("ends with the exit code, all of its output written", async () => {
    const { code, out, err } = await ended(start(...RUN))
    expect({ code, out }).toEqual({
      code: 0,
      out: "name,ceo,$status,$error,$id\r\nAcme,CEO 0,completed,,trun_0\r\nGlobex,CEO 1,completed,,trun_1\r\n",
    })
    expect(err).not.toContain("\u001b")
    expect((await ended(start("rum"))).code).toBe(1)
  })

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("ends at %s with %i, although connections are open", async (signal, exitCode) => {
    const followed = Promise.withResolvers<void>()
    onFollowed = () => followed.resolve()
    const child = start(...RUN)
    const end = ended(child)
    await followed.promise
    child.kill(signal)
    const { code, err } = await end
    expect(code).toBe(exitCode)
    expect(err).toContain("To come back to it: parallel-multitask follow https://")
  })

  it("ends quietly when its reader leaves", async () => {
    const child = start("--help")
    child.stdout!.destroy()
    const [err, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")])
    expect({ code, err }).toEqual({ code: 0, err: "" })
  })
})
