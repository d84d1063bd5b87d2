import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, systemClock } from "../../simulator/http.ts"
import { createSimulator } from "../../simulator/index.ts"
import { unwanted } from "../../scripts/check/package.ts"
import { startGroup } from "../../scripts/lib/process-group.ts"
import { wranglerCommand, wranglerEnv } from "../../scripts/start/commands.ts"
import { fencesOf } from "../docs/markdown.ts"
import { type Installation, install, tool } from "./installation.ts"
import { freePort } from "./servers.ts"
import { until } from "./until.ts"

/** The package as others get it: packed, installed into a folder where nothing of the project is. */
let installed: Installation

beforeAll(async () => {
  installed = await install()
}, 180_000)

afterAll(() => installed?.remove())

const manifest = JSON.parse(readFileSync("package.json", "utf8"))

const snippets = fencesOf(readFileSync("docs/embedding.md", "utf8"), "ts")

/** A Worker that binds the objects' classes and nothing else. */
const TWO_BINDINGS = `import multitask from "parallel-multitask/worker"

type Bound = Pick<Env, "TASK_GROUP" | "IDEMPOTENCY">

export const passOn = (request: Request<unknown, IncomingRequestCfProperties>, env: Bound, ctx: ExecutionContext) =>
  multitask.fetch(request, env, ctx)
`

const TSC = tool("typescript/bin/tsc")

/** But for those in `effect`'s declarations, one of which asks for the DOM's `Storage`. */
const errorsIn = (stdout: string) =>
  stdout.split("\n").filter((line) => line.includes("error") && !line.startsWith("node_modules/effect/"))

/** Compiles the program that uses every entry, and looks into all declarations on the way. */
const compiled = async (name: string, options: object) => {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    target: "ES2023",
    types: ["node"],
    ...options,
  }
  const { folder } = installed
  copyFileSync("test/e2e/consumer/everyEntry.ts", join(folder, "everyEntry.ts"))
  const project = `tsconfig.${name}.json`
  writeFileSync(join(folder, project), JSON.stringify({ compilerOptions, files: ["everyEntry.ts"] }))
  const { stdout } = await installed.node(TSC, "-p", project)
  return { errors: errorsIn(stdout) }
}

describe("what is packed", () => {
  it("is what is needed and nothing else", () => {
    expect(unwanted(installed.files)).toEqual([])
    const tops = new Set(installed.files.map((path) => path.replace(/^(dist\/)?([^/]+).*$/, "$1$2")))
    expect([...tops].toSorted()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "THIRD_PARTY.md",
      "dist/assets",
      "dist/simulator",
      "dist/src",
      "docs",
      "package.json",
    ])
    expect(installed.files).toEqual(
      expect.arrayContaining(["dist/assets/_headers", "dist/assets/.assetsignore", "dist/src/mcpSdk.mjs"]),
    )
  })

  it("brings nothing else of the project with it: no Node, no SDK", () => {
    const lock = JSON.parse(readFileSync(join(installed.folder, "node_modules/.package-lock.json"), "utf8"))
    const packages = Object.keys(lock.packages).map((path) => path.replace("node_modules/", ""))
    expect(packages.filter((name) => !/^(?:@types\/node|undici-types)$/.test(name))).toEqual([
      "effect",
      "parallel-multitask",
      "queryable-object",
    ])
  })
})

describe("under the oldest Node promised", () => {
  it("every entry runs that is for Node, as Node's own resolution compiles it", async () => {
    const { errors } = await compiled("nodenext", { module: "nodenext" })
    expect(errors).toEqual([])
    const { stdout, stderr } = await installed.oldest("everyEntry.js")
    expect(stderr).toBe("")
    expect(JSON.parse(stdout)).toEqual({
      node: expect.stringMatching(/^v20\./),
      version: manifest.version,
      planned: 2,
      processor: expect.any(String),
      refused: "InvalidRequest",
      withoutKey: 401,
      waited: 60_000,
      layers: "function",
      // What needs a newer one says so.
      inProcess: expect.stringContaining("needs node:sqlite as of Node 22.16"),
    })
  })

  it("the command runs", async () => {
    const command = "node_modules/.bin/parallel-multitask"
    const version = await installed.oldest(command, "--version")
    expect(version).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" })
    const help = await installed.oldest(command, "--help")
    expect(help).toMatchObject({ code: 0, stderr: "" })
    expect(help.stdout).toContain("parallel-multitask run")
  })
})

describe("types", () => {
  it("of every entry hold under the resolution of bundlers, in the declarations too", async () => {
    const { errors } = await compiled("bundler", { module: "esnext", moduleResolution: "bundler" })
    expect(errors).toEqual([])
  })

  it("of the Worker hold in another one, beside what wrangler types makes of its own bindings", async () => {
    const types = await installed.node(tool("wrangler/bin/wrangler.js"), "types")
    expect(types.code, types.stderr).toBe(0)
    writeFileSync(join(installed.folder, "src/twoBindings.ts"), TWO_BINDINGS)
    for (const [at, code] of snippets.entries()) {
      if (!code.includes("testing")) writeFileSync(join(installed.folder, `src/snippet${at}.ts`), code)
    }
    const { stdout } = await installed.node(TSC, "-p", ".", "--skipLibCheck", "false")
    expect(errorsIn(stdout)).toEqual([])
  })
})

it("the examples run from what was installed, and the page on embedding shows them", async () => {
  copyFileSync("examples/embed.ts", join(installed.folder, "embed.ts"))
  const { stdout, stderr } = await installed.node("embed.ts")
  expect(stderr).toBe("")
  expect(stdout).toContain("3 of 3 completed")
  expect(snippets).toContain(readFileSync("examples/worker/src/index.ts", "utf8").trimEnd())
  const inTests = snippets.filter((code) => code.includes("testing"))
  expect(inTests).toHaveLength(1)
  writeFileSync(join(installed.folder, "inTests.ts"), inTests[0] ?? "")
  const ran = await installed.node("inTests.ts")
  expect(ran).toMatchObject({ code: 0, stderr: "" })
  expect(ran.stdout).toMatch(/(?:completed|failed): \d/)
})

it("another Worker has the whole product beside a route of its own", async () => {
  const simulator = createSimulator({
    clock: systemClock,
    seed: "another Worker",
    behaviour: { runs: { duration_ms: [50, 200], scale_by_processor: false, failure_rate: 0 } },
  })
  const upstream = await startServer(simulator, { port: 0, host: "127.0.0.1" })
  const port = await freePort()
  const [node = "", , ...args] = wranglerCommand(
    { data: join(installed.folder, ".data"), realApi: false, wranglerArgs: ["--inspector-port", "0"] },
    port,
    upstream.url,
  )
  const worker = startGroup({
    name: "wrangler dev",
    command: [node, tool("wrangler/bin/wrangler.js"), ...args],
    cwd: installed.folder,
    env: wranglerEnv(installed.folder),
    log: join(installed.folder, "wrangler.log"),
  })
  const url = `http://127.0.0.1:${port}`
  try {
    // What cannot be bundled leaves requests without any answer.
    const hello = await until("the Worker answers", 60_000, () =>
      fetch(`${url}/hello`, { signal: AbortSignal.timeout(5_000) }),
    )
    expect(await hello.text()).toBe("A route of your own\n")

    const created = await fetch(`${url}/v1beta/tasks/multitask`, {
      method: "POST",
      headers: { "x-api-key": "any-key", "content-type": "application/json", "idempotency-key": "once" },
      body: JSON.stringify({
        inputs: [{ company: "Stripe" }, { company: "Anthropic" }],
        output_type: "json",
        output_description: "Founding year of the company",
      }),
    })
    const group = await created.text()
    expect(group).toMatch(new RegExp(`^${url}/tgrp_\\w+$`))
    const ended = await until("the group has ended", 60_000, async () => {
      const shown: any = await (await fetch(`${group}.json`)).json()
      return shown.status.is_active === false && shown
    })
    expect(ended.status.task_run_status_counts).toMatchObject({ completed: 2 })

    const page = await (await fetch(`${group}.html`)).text()
    const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path)
    expect(files.length).toBeGreaterThan(2)
    for (const path of files) expect((await fetch(`${url}${path}`)).status, path).toBe(200)

    // Its SDK is a module that only a question loads.
    const asked = await fetch(`${url}/mcp`, {
      method: "POST",
      headers: {
        "x-api-key": "any-key",
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    })
    expect(asked.status).toBe(200)
    expect(await asked.text()).toContain("createTaskGroup")
  } catch (error) {
    throw new Error(worker.tail(), { cause: error })
  } finally {
    await worker.stop()
    await upstream.stop()
    simulator.close()
  }
})
