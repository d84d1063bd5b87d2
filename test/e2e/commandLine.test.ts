import { execFile } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { parse } from "csv-parse/sync"
import { afterAll, beforeAll, expect, it } from "vitest"
import { buildPackage } from "../../scripts/lib/build.ts"
import { fencesOf } from "../docs/markdown.ts"
import { companies, Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { QUICK, servers } from "./servers.ts"
import { expectOneRunEach } from "./truth.ts"
import { until } from "./until.ts"

/** The command and the examples, built as they are published, against the real server. */
const pair = servers({
  ...QUICK,
  scenario: { runs: { duration_ms: [200, 1_000], scale_by_processor: false, failure_rate: 0 } },
})
const product = new Product(pair)
const COMPANIES = [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }]
const folder = mkdtempSync(join(tmpdir(), "multitask-cli-"))
const program = resolve("dist/src/cli/main.js")

beforeAll(async () => {
  await buildPackage(`${process.cwd()}/`)
  const shim = join(folder, "parallel-multitask")
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`)
  chmodSync(shim, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

const environment = () => ({
  PATH: [folder, process.env["PATH"] ?? ""].join(delimiter),
  HOME: folder,
  MULTITASK_URL: pair.url,
  PARALLEL_API_KEY: product.key,
})

/** Runs something to its end, without a terminal. */
const execute = (
  file: string,
  args: ReadonlyArray<string>,
  onStart?: (pid: number) => void,
): Promise<Ended> =>
  new Promise((done) => {
    const options = { cwd: folder, env: environment(), maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(file, [...args], options, (error, stdout, stderr) => {
      product.answers.push(stdout, stderr)
      done({ code: error === null ? 0 : (error.code ?? null), stdout, stderr })
    })
    child.stdin?.end()
    onStart?.(child.pid!)
  })

const command = (...args: ReadonlyArray<string>) => execute(process.execPath, [program, ...args])

const idIn = (text: string): string => {
  const id = /\/(tgrp_\w+)/.exec(text)?.[1]
  expect(id, text).toBeDefined()
  product.remember(id!)
  return id!
}

it("docs/cli.md: what it shows runs as it stands there, and a table comes back with its columns and the answers", async () => {
  const [first, second] = fencesOf(readFileSync("docs/cli.md", "utf8"), "sh")
  // npx would ask the registry for what is not published; there is nobody to ask before it spends.
  const script = first!
    .replace(/^export .*$/m, "")
    .replace("npx parallel-multitask run", "parallel-multitask run --yes")
  const ran = await execute("sh", ["-euc", script])
  expect(ran).toMatchObject({ code: 0, stdout: "" })
  expectOneRunEach(await pair.control.ledger(idIn(ran.stderr)), COMPANIES)

  const rows = parse(readFileSync(join(folder, "enriched.csv")), { bom: true }) as ReadonlyArray<
    ReadonlyArray<string>
  >
  const [header = [], ...records] = rows
  expect(header[0]).toBe("company")
  expect(header.slice(-3)).toEqual(["$status", "$error", "$id"])
  expect(header.length).toBeGreaterThan(4)
  expect(records.map(([company]) => company)).toEqual(["Stripe", "Anthropic", "Cloudflare"])
  expect(records.map((record) => record.at(-3))).toEqual(["completed", "completed", "completed"])

  writeFileSync(join(folder, "companies.jsonl"), '{"company":"Stripe","n":12345678901234567890}\n')
  writeFileSync(
    join(folder, "fields.json"),
    JSON.stringify({ type: "object", properties: { ceo: { type: "string", description: "The CEO" } } }),
  )
  const piped = await execute("sh", ["-euc", second!])
  expect(piped.code, piped.stderr).toBe(0)
  idIn(piped.stderr)
  expect(readFileSync(join(folder, "enriched.jsonl"), "utf8")).toMatch(
    /^\{"\$id":"trun_\w+","\$status":"completed","company":"Stripe","n":12345678901234567890,"ceo":".*"\}\n$/,
  )
})

it("a group goes on from command to command: submit, stop, resume, add, follow, retry, get, delete", async () => {
  writeFileSync(join(folder, "rows.json"), JSON.stringify(companies(5)))
  writeFileSync(join(folder, "more.tsv"), "company\tcountry\nÄpfel\tDE\n")
  const submitted = await command("submit", "rows.json", "--text", "--describe", "A fact", "--yes")
  expect(submitted.code, submitted.stderr).toBe(0)
  const id = idIn(submitted.stdout)
  expect(submitted.stdout).toBe(`${pair.url}/${id}\n`)
  expect((await command("add", id, "more.tsv", "--yes")).code).toBe(0)
  const followed = await command("follow", `${submitted.stdout.trim()}.html`)
  expect(followed.code, followed.stderr).toBe(0)
  // Without a terminal there is nothing to move about in.
  expect(followed.stderr).not.toMatch(/[\r\u001b]/)
  const lines = await (await fetch(`${pair.url}/${id}.jsonl`)).text()
  expect(followed.stdout).toBe(lines)
  expect((await command("get", id, "-o", "out.md")).code).toBe(0)
  expect(readFileSync(join(folder, "out.md"), "utf8")).toBe(
    await (await fetch(`${pair.url}/${id}.md`)).text(),
  )
  expect((await command("stop", id)).code).toBe(0)
  expect((await command("resume", id, "--yes")).code).toBe(0)
  expect((await command("retry", id, "--yes")).stderr).toContain("nothing to retry")
  expectOneRunEach(await pair.control.ledger(id), [...companies(5), { company: "Äpfel", country: "DE" }])
  expect((await command("delete", id)).code).toBe(1)
  expect((await command("delete", id, "--yes")).code).toBe(0)
  product.groups.splice(product.groups.indexOf(id), 1)
  expect((await fetch(`${pair.url}/${id}.json`)).status).toBe(404)
  expect((await command("get", id)).code).toBe(1)
})

it("who interrupts it leaves the group running, and is told where", async () => {
  await pair.control.hold(3)
  writeFileSync(join(folder, "held.json"), JSON.stringify(companies(4)))
  let pid = 0
  const args = [program, "run", "held.json", "--text", "--describe", "A fact", "--processor", "base", "--yes"]
  const running = execute(process.execPath, args, (started) => {
    pid = started
  })
  const isHeld = ({ taskgroup_id, num_runs }: { taskgroup_id: string; num_runs: number }) =>
    num_runs === 4 && !product.groups.includes(taskgroup_id)
  await until("the runs are at Parallel", 30_000, async () => (await pair.control.groups()).some(isHeld))
  process.kill(pid, "SIGINT")
  const ended = await running
  expect(ended).toMatchObject({ code: 130, stdout: "" })
  expect(ended.stderr).toContain("parallel-multitask follow")
  const id = idIn(ended.stderr)
  await pair.control.finish(id)
  expect((await command("follow", id, "-o", "held.csv")).code).toBe(0)
  expectOneRunEach(await pair.control.ledger(id), companies(4))
})

it("docs/client.md: its example is a file that runs as it is", async () => {
  const source = readFileSync("examples/client.ts", "utf8")
  expect(fencesOf(readFileSync("docs/client.md", "utf8"), "ts")[0]).toBe(source.trimEnd())
  const ran = await execute(process.execPath, [resolve("examples/client.ts")])
  expect(ran).toMatchObject({ code: 0, stderr: "" })
  const lines = ran.stdout.trim().split("\n")
  expect(lines[0]).toMatch(/^3 rows with \w+: about \$0\.\d+$/)
  expectOneRunEach(await pair.control.ledger(idIn(lines[1]!)), COMPANIES)
  const ends = [...ran.stdout.matchAll(/^(\w+) completed /gm)].map(([, company = ""]) => company)
  expect(ends.toSorted()).toEqual(["Anthropic", "Cloudflare", "Stripe"])
  expect(ran.stdout).toContain("completed: 3")
})

it("the key was written nowhere", () => expectNoSecrets(product))
