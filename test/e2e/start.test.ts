import { randomUUID } from "node:crypto"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { type Group, startGroup } from "../../scripts/lib/process-group.ts"
import { DEMO_KEY } from "../../scripts/start/message.ts"
import { companies } from "./product.ts"
import { searchFiles, searchFor, searchTables, tablesBelow } from "./secrets.ts"
import { freePort } from "./servers.ts"
import { simulatorControl } from "./simulatorControl.ts"
import { expectTruth } from "./truth.ts"
import { isRefused, until } from "./until.ts"

/** `npm start` as somebody uses it who has just cloned the project: started, tried, stopped, started again. */
const folder = mkdtempSync(join(tmpdir(), "multitask-start-"))
const started: Array<Group> = []

afterAll(async () => {
  await Promise.allSettled(started.map((group) => group.stop()))
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

const start = async (port: number, simulatorPort: number) => {
  const said: Array<string> = []
  const group = startGroup({
    name: "npm start",
    command: [
      process.execPath,
      "scripts/start.mjs",
      "--data",
      join(folder, "data"),
      "--port",
      String(port),
      "--simulator-port",
      String(simulatorPort),
    ],
    log: join(folder, `start-${started.length}.log`),
    onLine: (line) => said.push(line),
  })
  started.push(group)
  let ended = ""
  void group.ended.then((how) => (ended = how))
  await until(
    "npm start says that it runs",
    90_000,
    () => ended !== "" || said.join("\n").includes("Ctrl-C stops"),
  )
  if (ended !== "") throw new Error(`${ended}\n${group.tail()}`)
  return { group, said: () => said.join("\n") }
}

/** What a terminal does at Ctrl-C. */
const interrupt = async (group: Group) => {
  process.kill(-group.pid, "SIGINT")
  return group.ended
}

it("stops cleanly at Ctrl-C, and finds its groups again", async () => {
  const port = await freePort()
  const simulatorPort = await freePort([port])
  const url = `http://127.0.0.1:${port}`
  const simulator = `http://127.0.0.1:${simulatorPort}`
  const control = simulatorControl(() => simulator)

  const data = join(folder, "data")
  mkdirSync(join(data, "worker"), { recursive: true })
  writeFileSync(join(data, "worker", "earlier.sqlite"), "")
  chmodSync(join(data, "worker", "earlier.sqlite"), 0o644)
  chmodSync(join(data, "worker"), 0o755)
  const first = await start(port, simulatorPort)
  expect(first.said()).toContain(`${url}/`)
  expect(first.said()).toContain(DEMO_KEY)
  // A second one on the same data would damage it: it says where the first one is, and leaves.
  const second = startGroup({
    name: "second",
    command: [process.execPath, "scripts/start.mjs", "--data", join(folder, "data")],
    log: join(folder, "second.log"),
  })
  started.push(second)
  expect(await second.ended).toBe("second ended with code 1")
  expect(second.tail()).toContain(`Already running in ${join(folder, "data")}: ${url}`)

  await control.behave({ runs: { duration_ms: [2_000, 6_000], scale_by_processor: false } })
  // The very command it prints, with rows of our own beside it.
  const [, body = ""] = /-d '(.*)'/.exec(first.said()) ?? []
  const key = `pmt-e2e-key-${randomUUID()}`
  const post = async (text: string, apiKey: string): Promise<string> => {
    const response = await fetch(`${url}/v1beta/tasks/multitask`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "content-type": "application/json" },
      body: text,
    })
    expect(response.status).toBe(200)
    return response.text()
  }
  const demo = await post(body, DEMO_KEY)
  const inputs = companies(30)
  const mine = await post(JSON.stringify({ inputs, output_type: "text", processor: "lite" }), key)
  const read = async (group: string): Promise<any> => (await fetch(`${group}.json`)).json()
  expect((await read(mine)).status.is_active).toBe(true)
  // Its databases hold keys: nobody else on the machine may read anything of it.
  const open = readdirSync(data, { recursive: true, encoding: "utf8" }).filter(
    (path) => (statSync(join(data, path)).mode & 0o077) !== 0,
  )
  expect([open, statSync(data).mode & 0o777]).toEqual([[], 0o700])

  expect(await interrupt(first.group)).toBe("npm start ended with code 0")
  expect(first.group.tail()).toContain("Stopping")
  expect(await isRefused(url)).toBe(true)
  expect(await isRefused(simulator)).toBe(true)
  const search = searchFor([key])
  const places = () => [...searchFiles(folder, search), ...searchTables(tablesBelow(folder), search)]
  // Stopped in the middle, it still needs the key; and nothing else holds it, no log and no file of the simulator.
  expect(places()).toEqual([expect.stringMatching(/^[0-9a-f]+\.sqlite _cf_KV$/)])

  const again = await start(port, simulatorPort)
  for (const [group, given] of [
    [demo, (JSON.parse(body) as { inputs: Array<object> }).inputs],
    [mine, inputs],
  ] as const) {
    const answer = await until(`${group} ends`, 60_000, async () => {
      const now = await read(group)
      return now.status.is_active ? null : now
    })
    const id = new URL(group).pathname.slice(1)
    expectTruth(answer, await control.ledger(id), given)
  }
  expect(await interrupt(again.group)).toBe("npm start ended with code 0")
  expect(await isRefused(url)).toBe(true)
  expect(places()).toEqual([])
})
