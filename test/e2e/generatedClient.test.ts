import { spawnSync } from "node:child_process"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { beforeAll, expect, it } from "vitest"
import { Product } from "./product.ts"
import { QUICK, servers } from "./servers.ts"
import { until } from "./until.ts"

/**
 * A client that a generator of other people's makes of `/openapi.json`, as it is served, works: its types hold together,
 * a program that uses them is compiled, and the same program runs a group from its plan to its end.
 */

const pair = servers({ ...QUICK, scenario: { runs: { duration_ms: [50, 300], scale_by_processor: false } } })
const product = new Product(pair)

/** What somebody would write on such a client. Compiled with it, so that its types are the generator's. */
const PROGRAM = `
import * as api from "./client.ts"
import type { MultitaskRequest, TaskGroupResult } from "./client.ts"

export const run = async (key: string, until: (done: () => Promise<boolean>) => Promise<unknown>) => {
  api.defaults.headers = { "x-api-key": key }
  const request: MultitaskRequest = {
    inputs: [{ company: "Stripe" }, { company: "Anthropic" }],
    output_type: "json",
    output_description: "Founding year of the company",
    processor: "base",
  }
  const plan = await api.createMultitask(request, { dryRun: true })
  if (!("dry_run" in plan)) throw new Error("not a plan")
  const cost: number | null = plan.estimated_cost_usd
  const created = await api.createMultitask(request, { idempotencyKey: "generated-client-1" })
  if (!("taskgroup_id" in created)) throw new Error("not a group")
  const id: string = created.taskgroup_id
  let result: TaskGroupResult | undefined
  await until(async () => {
    result = await api.getTaskGroupJson(id, { basis: "none" })
    return !result.status.is_active
  })
  const first = await api.getTaskGroupJson(id, { limit: 1, status: "completed" })
  const again = await api.retryRows(id, { rows: [0], processor: "core" })
  const row = await api.getRowJson(id, "0")
  const answer = await api.queryTaskGroup(id, { type: "query", statement: "select count(*) as n from results" })
  const deleted = await api.deleteTaskGroup(id)
  const gone = await api.getTaskGroupJson(id).catch((error: { status: number; data: api.ErrorBody }) => error)
  return { cost, id, result: result!, first, again, row, answer, deleted, gone }
}
`

let folder = ""
beforeAll(async () => {
  folder = join(pair.root, "client")
  mkdirSync(folder)
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction")
  writeFileSync(join(folder, "openapi.json"), (await product.get("openapi.json")).text)
  writeFileSync(join(folder, "program.ts"), PROGRAM)
  const options = {
    target: "ES2024",
    module: "NodeNext",
    lib: ["ES2024", "DOM"],
    types: [],
    strict: true,
    noEmit: true,
  }
  const compilerOptions = { ...options, skipLibCheck: true, allowImportingTsExtensions: true }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }))
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  expect(node("oazapfts/dist/cli.js", "openapi.json", "client.ts", "--optimistic")).toBe("")
})

/** Runs a program of node_modules; what it says, on either stream, when it fails. */
const node = (script: string, ...args: ReadonlyArray<string>) => {
  const command = [resolve("node_modules", script), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" })
  return status === 0 ? "" : `${stdout}${stderr}`
}

it("is compiled, with a program that uses it", () => {
  expect(node("typescript/bin/tsc", "-p", ".")).toBe("")
})

interface Ran {
  readonly [step: string]: any
}

it("plans, creates, reads, retries, asks and deletes", async () => {
  const program = (await import(pathToFileURL(join(folder, "program.ts")).href)) as {
    run(key: string, wait: (done: () => Promise<boolean>) => Promise<unknown>): Promise<Ran>
  }
  const ran = await program.run(product.key, (done) => until("the group ends", 30_000, done, 200))
  expect(ran["cost"]).toBe(0.02)
  expect(ran["result"]).toMatchObject({
    taskgroup_id: ran["id"],
    status: { state: "done", num_task_runs: 2 },
  })
  expect(ran["result"].results).toHaveLength(2)
  expect(ran["first"].results).toHaveLength(1)
  expect(ran["again"]).toMatchObject({ retried: 1 })
  expect(ran["row"]).toMatchObject({ input_index: 0, input: { company: "Stripe" } })
  expect(ran["answer"].result.rows).toEqual([{ n: 2 }])
  expect(ran["deleted"]).toMatchObject({ deleted: true })
  expect(ran["gone"]).toMatchObject({ status: 404, data: { type: "error" } })
})
