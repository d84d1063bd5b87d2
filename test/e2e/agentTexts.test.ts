import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, expect, it } from "vitest"
import { fencesOf } from "../docs/markdown.ts"
import { Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { servers } from "./servers.ts"
import { markdownTable } from "./truth.ts"

/** What llms.txt and the skill tell an agent to do, done: their commands in bash, as they are served. */
const pair = servers({
  scenario: {
    runs: {
      queue_ms: [50, 200],
      duration_ms: [300, 1_500],
      scale_by_processor: false,
      failure_rate: 0,
      overrides: [{ input_index: 4, attempt: 1, outcome: "failed" }],
    },
  },
})
const product = new Product(pair)
const folder = mkdtempSync(join(tmpdir(), "multitask-agent-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const END = "--- the next one ---"

/** What each of these scripts prints, run one after another in one shell that ends with the first that fails. */
const run = async (scripts: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const whole = scripts.map((script) => `${script}\necho\necho '${END}'\n`).join("")
  const { stdout, stderr } = await promisify(execFile)(
    "bash",
    ["--norc", "--noprofile", "-euo", "pipefail", "-c", whole],
    {
      cwd: folder,
      env: { PATH: process.env["PATH"], PARALLEL_API_KEY: product.key },
      timeout: 120_000,
    },
  )
  expect(stderr).toBe("")
  product.answers.push(stdout)
  return stdout.split(`${END}\n`).slice(0, -1)
}

const companies = (markdown: string) => markdownTable(markdown).map((row) => row["company"])

it("llms.txt: the one command is a plan", async () => {
  const commands = fencesOf((await product.get("llms.txt")).text, "bash")
  expect(commands).toHaveLength(1)
  const [answer = ""] = await run(commands)
  expect(JSON.parse(answer)).toMatchObject({ dry_run: true, num_inputs: 1 })
})

it("the skill: plan, three rows, look, the others, retry; once, however often it is repeated", async () => {
  const { text } = await product.get(".well-known/agent-skills/parallel-multitask/SKILL.md")
  const commands = fencesOf(text, "bash")
  const [, plan = "", url = "", three = "", why = "", added, all = "", retried = ""] = await run(commands)
  expect(JSON.parse(plan)).toMatchObject({
    dry_run: true,
    num_inputs: 3,
    num_inputs_left_out: 2,
    processor: expect.any(String),
    output_schema: { type: "object" },
    estimated_cost_usd: expect.any(Number),
  })
  const group = product.remember(new URL(url.trim()).pathname.slice(1))
  expect(companies(three)).toEqual(["Stripe", "Airbus", "Figma"])
  expect(markdownTable(three).map((row) => row["status"])).toEqual(Array(3).fill("✅ completed"))
  expect(why).toMatch(/Stripe[^]*https?:\/\//)
  expect(added?.trim()).toBe(url.trim())
  const [whole = "", behind = "", failed = ""] = all.split(/^(?=# )/m)
  expect(companies(whole)).toEqual(["Stripe", "Airbus", "Figma", "Notion", "Siemens"])
  expect(companies(behind)).toEqual([])
  expect(companies(failed)).toEqual(["Siemens"])
  expect(retried).toMatch(/"dry_run":true[^]*"retried":1[^]*\n?http/)

  const ended = await product.ended(group, 30_000)
  expect(ended.results.map((row: any) => [row.company, row.$status])).toEqual(
    ["Stripe", "Airbus", "Figma", "Notion", "Siemens"].map((company) => [company, "completed"]),
  )
  const runsOf = async () =>
    (await pair.control.ledger(group)).runs.map((r: any) => `${r.input_index} ${r.processor}`).toSorted()
  const runs = await runsOf()
  expect(runs).toHaveLength(6)
  expect(runs.at(-1)).toBe("4 pro")

  // An agent that lost its answers begins again.
  const again = await run(commands)
  expect(again[2]?.trim()).toBe(url.trim())
  expect(await runsOf()).toEqual(runs)
})

it("leaves no secret behind", async () => {
  await expectNoSecrets(product, [])
})
