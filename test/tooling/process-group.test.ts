import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { membersOf, startGroup } from "../../scripts/lib/process-group.ts"

const folder = mkdtempSync(join(tmpdir(), "process-group-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = (name: string, script: string) => {
  const log = join(folder, `${name}.log`)
  const lines: Array<string> = []
  const first = Promise.withResolvers<void>()
  const group = startGroup({
    name,
    command: [process.execPath, "-e", script],
    log,
    onLine: (line) => {
      lines.push(line)
      first.resolve()
    },
  })
  return { group, lines, log, first: first.promise }
}

/** Starts a process of its own, as wrangler starts workerd, and ends without ending it. */
const abandoning = `
  const { spawn } = require("node:child_process")
  spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"])
  process.on("SIGTERM", () => process.exit(0))
  setTimeout(() => console.log("up"), 300)
  setInterval(() => {}, 1000)
`

describe("startGroup", { retry: 1 }, () => {
  it("logs the output, tells how the command ended, and leaves nothing", async () => {
    const { group, lines, log } = start("short", `console.log("one"); console.error("two"); process.exit(3)`)
    expect(await group.ended).toBe("short ended with code 3")
    expect(lines.toSorted()).toEqual(["one", "two"])
    expect(readFileSync(log, "utf8").split("\n").toSorted()).toEqual(["", "one", "two"])
    expect(group.tail()).toContain("one")
    expect(membersOf(group.pid)).toEqual([])
  })

  it("ends a process that its parent left behind and that ignores the polite signal", async () => {
    const { group, first } = start("abandoning", abandoning)
    await first
    // the keeper, the command, and what that started
    expect(membersOf(group.pid).length).toBeGreaterThanOrEqual(process.platform === "linux" ? 3 : 1)
    await group.stop(300)
    expect(membersOf(group.pid)).toEqual([])
  })

  it("ends the group when the process that started it is killed", async () => {
    const starter = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { startGroup } from ${JSON.stringify(new URL("../../scripts/lib/process-group.ts", import.meta.url).href)}
         const { pid } = startGroup({
           name: "orphan",
           command: [process.execPath, "-e", "setInterval(() => {}, 1000)"],
           log: ${JSON.stringify(join(folder, "orphan.log"))},
         })
         setTimeout(() => console.log(pid), 300)`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    )
    const pgid = await new Promise<number>((done) =>
      starter.stdout.once("data", (text) => done(Number(text))),
    )
    expect(membersOf(pgid).length).toBeGreaterThan(0)
    starter.kill("SIGKILL")
    await expect.poll(() => membersOf(pgid), { timeout: 4000 }).toEqual([])
  })
})
