import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DefaultTreeAdapterTypes as Tree, parse } from "parse5"
import { afterAll, beforeAll, expect, it } from "vitest"
import { endpointsOf, isOfNote, type OpenApi } from "../../scripts/documents/description.ts"
import { Product } from "./product.ts"
import { QUICK, servers } from "./servers.ts"

/**
 * The examples of `/docs` as a reader copies them from the served page, each run against the real server: by a shell
 * with curl, by Node, by Python. The same request in three languages has the same outcome.
 */

const pair = servers({
  ...QUICK,
  // So that there is a page to come back to; nobody signs in.
  vars: { ...QUICK.vars, PARALLEL_LOGIN_URL: "https://login.example" },
  scenario: {
    runs: {
      queue_ms: [5, 20],
      duration_ms: [10, 60],
      failure_rate: 0,
      scale_by_processor: false,
      // So that there is something to be run again.
      overrides: [{ input_index: 2, attempt: 1, outcome: "failed" }],
    },
  },
})
const product = new Product(pair)
const folder = mkdtempSync(join(tmpdir(), "multitask-docs-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Language = "sh" | "ts" | "python"
const LANGUAGES: ReadonlyArray<Language> = ["sh", "ts", "python"]

/** In all of them at once: most of it is waiting. */
const inEach = <A>(act: (language: Language) => Promise<A>): Promise<ReadonlyArray<A>> =>
  Promise.all(LANGUAGES.map(act))

interface Example {
  readonly id: string
  readonly code: Readonly<Record<Language, string>>
}

let document: OpenApi
/** By operation. */
let examples: ReadonlyMap<string, Example>
/** What stands alone, in the guide. */
let guide: ReadonlyArray<string>

beforeAll(async () => {
  document = JSON.parse((await product.get("openapi.json")).text) as OpenApi
  const page = parse((await product.get("docs")).text)
  const sections = elementsOf(page, "section")
  examples = new Map(
    sections.flatMap((section) => {
      const pres = elementsOf(section, "pre").filter((pre) => attributeOf(pre, "data-language") !== undefined)
      if (pres.length === 0) return []
      const [, id = ""] = elementsOf(section, "code").map(textOf)
      const code = Object.fromEntries(pres.map((pre) => [attributeOf(pre, "data-language"), textOf(pre)]))
      return [[id, { id, code: code as Example["code"] }]]
    }),
  )
  guide = elementsOf(page, "pre")
    .filter((pre) => attributeOf(pre, "data-language") === undefined)
    .map(textOf)
})

it("has an example of each request in each language", () => {
  const ids = endpointsOf(document)
    .filter(isOfNote)
    .map(({ id }) => id)
  // What a person's login gave cannot be written down beforehand.
  expect([...examples.keys(), "postCallback"].toSorted()).toEqual(ids.toSorted())
  for (const { id, code } of examples.values())
    for (const language of LANGUAGES) expect(code[language], `${id} in ${language}`).toBeTruthy()
})

it("requests that read: each example shows the group", async () => {
  const group = await finishedGroup()
  for (const { id, method, path } of endpointsOf(document).filter(isOfNote)) {
    const isQuestion = path.endsWith(".db") || path === "/mcp"
    if (method !== "GET" && !isQuestion) continue
    const outputs = await inEach((language) => run(id, language, group))
    for (const output of outputs) {
      expect(output, id).not.toContain('"type":"error"')
      if (path === "/mcp") expect(output).toContain("planTaskGroup")
      if (path.includes("{taskgroup_id}") && !isQuestion) expect(output, id).toMatch(/tgrp_\w|trun_\w/)
      expect(shapeOf(output), `${id}: ${output.slice(0, 400)}`).toEqual(shapeOf(outputs[0]!))
    }
  }
})

it("requests that create: each example starts the group that it describes, or plans it", async () => {
  const creating = endpointsOf(document).filter(
    ({ path, method }) => path.startsWith("/v1beta/") && method === "POST",
  )
  expect(creating.length).toBeGreaterThan(0)
  for (const { id } of creating)
    await inEach(async (language) => {
      const answer = JSON.parse(await run(id, language, "none")) as Record<string, any>
      expect(answer["num_inputs"], id).toBeGreaterThan(0)
      const ended = await product.ended(product.remember(answer["taskgroup_id"]), 30_000)
      const { completed = 0, failed = 0 } = ended.status.task_run_status_counts
      expect([completed > 0, completed + failed]).toEqual([true, answer["num_inputs"]])
    })
})

/** What each act's answer and the group say afterwards. */
const ACTS: Readonly<Record<string, (answer: any, group: string) => unknown>> = {
  "POST /{taskgroup_id}/inputs": async (answer, group) => {
    expect(answer.added).toBeGreaterThan(0)
    expect((await product.json(group)).status.num_task_runs).toBe(answer.num_inputs)
  },
  "POST /{taskgroup_id}/retry": (answer) => expect(answer.retried).toBeGreaterThan(0),
  "POST /{taskgroup_id}/stop": (answer) => expect(answer).toMatchObject({ not_sent: 0, running: 0 }),
  "POST /{taskgroup_id}/resume": (answer) => expect(answer).toMatchObject({ resumed: 0 }),
  "DELETE /{taskgroup_id}": async (answer, group) => {
    expect(answer.deleted).toBe(true)
    expect((await product.get(`${group}.json`)).status).toBe(404)
  },
}

it("requests that change: each example does what it says to the group", async () => {
  const acts = endpointsOf(document).filter(({ method, path }) => Object.hasOwn(ACTS, `${method} ${path}`))
  expect(acts).toHaveLength(Object.keys(ACTS).length)
  for (const { id, method, path } of acts)
    await inEach(async (language) => {
      const group = await finishedGroup()
      const answer: unknown = JSON.parse(await run(id, language, group))
      expect(answer, id).toMatchObject({ taskgroup_id: group })
      await ACTS[`${method} ${path}`]?.(answer, group)
    })
})

it("the quick start shows the results of what it started", async () => {
  const start = guide.find((code) => code.startsWith("export PARALLEL_API_KEY="))
  const output = await shell(start?.replace(/=….*$/m, `="$PARALLEL_API_KEY"`) ?? "", "")
  const [url = "", ...markdown] = output.split("\n")
  expect(url).toMatch(new RegExp(`^${pair.url}/tgrp_\\w+$`))
  expect(markdown.join("\n")).toMatch(/2 of 2 completed[^]*Stripe[^]*Anthropic/)
})

it("a request that is sent again is paid for once", async () => {
  const again = guide.find((code) => code.includes("idempotency-key")) ?? ""
  const first = await shell(again, "")
  expect(first).toMatch(/\/tgrp_\w+$/)
  expect(await shell(again, "")).toBe(first)
})

const finishedGroup = async (): Promise<string> => {
  const inputs = [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }]
  const output = { output_type: "json", output_description: "Founding year of the company" }
  const group = await product.submit({ inputs, ...output, processor: "base" })
  await product.ended(group, 30_000)
  return group
}

/** What the example prints; fails where it does. */
const run = (id: string, language: Language, group: string): Promise<string> => {
  const code = examples.get(id)?.code[language] ?? ""
  if (language === "sh") return shell(code, group)
  const file = join(folder, `${id}.${language === "ts" ? "mts" : "py"}`)
  writeFileSync(file, code)
  return program(language === "ts" ? process.execPath : "python3", [file], group)
}

const shell = (code: string, group: string) => program("sh", ["-ec", code], group)

const program = (command: string, args: ReadonlyArray<string>, group: string): Promise<string> =>
  new Promise((done, failed) => {
    const env = { ...process.env, PARALLEL_API_KEY: product.key, TASKGROUP_ID: group }
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 })
    let output = ""
    let complaints = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text))
    child.on("error", (error) =>
      failed(
        new Error(`${command} cannot be started: examples are run with curl, Node and Python 3`, {
          cause: error,
        }),
      ),
    )
    child.on("close", (code) =>
      code === 0
        ? done(output)
        : failed(new Error(`${command} ended with ${code}: ${complaints}\n${output}`)),
    )
  })

/** What must be the same in each language: of JSON its members, of text that there is some. */
const shapeOf = (output: string): unknown =>
  /^[{[]/.test(output) && !output.includes("\n{") ? membersOf(JSON.parse(output)) : output.trim().length > 0

const membersOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? [] : [membersOf(value[0])]
  if (typeof value !== "object" || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, membersOf(member)]))
}

const elementsOf = (node: Tree.Node, name: string): ReadonlyArray<Tree.Element> =>
  "childNodes" in node
    ? node.childNodes.flatMap((child) => [
        ...("tagName" in child && child.tagName === name ? [child] : []),
        ...elementsOf(child, name),
      ])
    : []

const textOf = (node: Tree.Node): string =>
  "value" in node ? node.value : "childNodes" in node ? node.childNodes.map(textOf).join("") : ""

const attributeOf = (element: Tree.Element, name: string): string | undefined =>
  element.attrs.find((attribute) => attribute.name === name)?.value
