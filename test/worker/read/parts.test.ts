import { beforeAll, describe, expect, it } from "vitest"
import { parseCsv } from "../../layers/render/rfc4180.ts"
import { expectError, problemPaths, untilEnded } from "../support/expect.ts"
import { companies, create, type ErrorBody, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"
import { finalStates, watch } from "../support/viewer.ts"

interface Entry {
  readonly field: string
}

interface Run {
  readonly run_id: string
  readonly input_index: number
  readonly status: string
  readonly error: { readonly message: string } | null
  readonly output: { readonly basis: ReadonlyArray<Entry> } | null
}

type Result = Readonly<Record<string, unknown>>
interface Group {
  readonly status: { readonly num_task_runs: number; readonly task_run_status_counts: object }
  readonly results: ReadonlyArray<Result>
  readonly runs: ReadonlyArray<Run>
}

const COUNT = 40

let id = ""
let all: Group
let failed: ReadonlyArray<Run> = []
const get = (path: string, headers: Record<string, string> = {}) => send(path, { headers })
const textOf = async (path: string) => new TextDecoder().decode(await (await get(path)).arrayBuffer())
const jsonOf = async (query: string) => (await get(`/${id}.json${query}`)).json<Group>()
const linesOf = async (query: string) =>
  (await textOf(`/${id}.jsonl${query}`))
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Result)

beforeAll(async () => {
  const upstream = newUpstream()
  await upstream.behave({ runs: { failure_rate: 0.4 } })
  id = (await create(upstream, { inputs: companies(COUNT) })).taskgroup_id
  await untilEnded(id)
  all = await jsonOf("")
  failed = all.runs.filter(({ status }) => status === "failed")
  expect(failed.length).toBeGreaterThan(2)
  expect(failed.length).toBeLessThan(COUNT - 2)
})

/** Where the rows go on; null where that is all of them. */
const nextOf = (response: Response): string | null =>
  /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1] ?? null

describe("by status", () => {
  it("has those rows alone, in each format, and the whole group's counts", async () => {
    const part = await jsonOf("?status=failed")
    expect(part.runs).toEqual(failed)
    expect(part.results).toEqual(failed.map(({ input_index }) => all.results[input_index]))
    expect(part.status).toEqual(all.status)
    const ids = failed.map(({ run_id }) => run_id)
    expect((await linesOf("?status=failed")).map((line) => line["$id"])).toEqual(ids)
    const [, ...csv] = parseCsv(await textOf(`/${id}.csv?status=failed`))
    expect(csv.map((row) => row[0])).toEqual(ids)
    const markdown = await textOf(`/${id}.md?status=failed`)
    for (const { run_id, status } of all.runs) expect(markdown.includes(run_id)).toBe(status === "failed")
  })

  it("takes several, and none that there are not", async () => {
    expect((await jsonOf("?status=failed,completed")).runs).toEqual(all.runs)
    expect((await jsonOf("?status=queued,running,cancelled")).runs).toEqual([])
    expect(await linesOf("?status=queued")).toEqual([])
  })

  it("says running of rows that only memory knows to run", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id } = await create(upstream, { inputs: companies(5) })
    const viewer = await watch(`/${taskgroup_id}.sse`)
    await viewer.untilEvent("a running row", ({ data }) => data.run?.status === "running")
    const group = await (await get(`/${taskgroup_id}.json`)).json<Group>()
    const part = await (await get(`/${taskgroup_id}.json?status=running`)).json<Group>()
    expect(part.runs.length).toBeGreaterThan(0)
    expect(part.runs.every(({ status }) => status === "running")).toBe(true)
    expect(group.runs.length).toBe(5)
    await viewer.leave()
  })
})

describe("by pages", () => {
  it.each(["", "&status=failed", "&status=completed&basis=none"])(
    "the next link leads through all rows once (%s)",
    async (more) => {
      const seen: Array<Run> = []
      let path: string | null = `/${id}.json?limit=7${more}`
      let pages = 0
      while (path !== null && pages++ < 20) {
        const response: Response = await get(path)
        const { runs } = await response.json<Group>()
        expect(runs.length).toBeLessThanOrEqual(7)
        seen.push(...runs)
        path = nextOf(response)
      }
      const status = /status=(\w+)/.exec(more)?.[1]
      const expected = all.runs.filter((run) => status === undefined || run.status === status)
      expect(seen.map(({ input_index }) => input_index)).toEqual(
        expected.map(({ input_index }) => input_index),
      )
      expect(pages).toBe(Math.ceil(expected.length / 7))
    },
  )

  it.each(["json", "jsonl", "md", "csv"])("in every format, and the same for HEAD (%s)", async (format) => {
    const path = `/${id}.${format}?limit=3&after=4&utm_source=x`
    const response = await get(path)
    await response.body?.cancel()
    const next = nextOf(response)
    expect(next).toBe(`/${id}.${format}?limit=3&after=7`)
    const head = await send(path, { method: "HEAD" })
    expect(head.headers.get("link")).toBe(response.headers.get("link"))
    for (const end of [
      "?limit=40",
      "?limit=99999999999999999999",
      "?after=36&limit=3",
      "?after=39",
      "?after=1000000",
    ]) {
      const last = await get(`/${id}.${format}${end}`)
      await last.body?.cancel()
      expect([end, last.status, nextOf(last)]).toEqual([end, 200, null])
    }
  })

  it("has a tag of its own for each", async () => {
    const queries = [
      "",
      "?limit=3",
      "?limit=4",
      "?after=3&limit=3",
      "?status=failed",
      "?basis=none",
      "?basis=field:employees",
    ]
    const tags = await Promise.all(
      queries.map(async (query) => {
        const response = await send(`/${id}.json${query}`, { method: "HEAD" })
        const tag = response.headers.get("etag") ?? ""
        expect((await get(`/${id}.json${query}`, { "if-none-match": `"x", ${tag}` })).status).toBe(304)
        return tag
      }),
    )
    expect(new Set(tags).size).toBe(queries.length)
    const swapped = await send(`/${id}.json?limit=3&after=3&fbclid=1`, { method: "HEAD" })
    expect(swapped.headers.get("etag")).toBe(tags[3])
    const zeros = await send(`/${id}.json?limit=${"0".repeat(9_000)}3&after=03`, { method: "HEAD" })
    expect(zeros.headers.get("etag")).toBe(tags[3])
  })

  it("have headers that clients take, however long the query is", async () => {
    for (const query of [`status=${"failed,".repeat(2_000)}failed&limit=1`, `limit=${"0".repeat(9_000)}1`]) {
      const { status, headers } = await get(`/${id}.json?${query}`)
      expect([status, [...headers].join().length < 4_000]).toEqual([200, true])
    }
  })
})

describe("wrong values", () => {
  it.each<[query: string, path: string, said: string]>([
    ["limit=0", "limit", "whole number from 1"],
    ["limit=-1", "limit", "whole number from 1"],
    ["limit=1.5", "limit", "whole number from 1"],
    ["limit=abc", "limit", "whole number from 1"],
    ["limit=", "limit", "whole number from 1"],
    ["limit=1&limit=2", "limit", "given twice"],
    ["after=-1", "after", "whole number from 0"],
    ["after=1e3", "after", "whole number from 0"],
    ["status=done", "status", "queued, running, completed, failed, cancelled"],
    ["status=", "status", "queued, running"],
    ["status=failed,", "status", "queued, running"],
    ["status=Failed", "status", "queued, running"],
    ["status=failed&status=failed", "status", "given twice"],
  ])("400: %s, in each format that knows it", async (query, path, said) => {
    for (const format of ["json", "jsonl", "md", "csv"]) {
      const body = await expectError(await get(`/${id}.${format}?${query}`, { accept: "text/html" }), 400)
      expect(problemPaths(body)).toEqual([path])
      expect(body.error.message).toContain(said)
    }
  })

  it.each<[address: string, path: string]>([
    [".json?basis=foo", "basis"],
    [".jsonl?basis=", "basis"],
    [".md?basis=field:", "basis"],
    [".sse?basis=foo", "basis"],
    [".sse?basis=all&basis=none", "basis"],
    [".csv?bom=2", "bom"],
    [".csv?bom=", "bom"],
    [".csv?bom=true", "bom"],
  ])("400: %s", async (address, path) => {
    expect(problemPaths(await expectError(await get(`/${id}${address}`), 400))).toEqual([path])
  })

  it("400: a field that outputs do not have; it says which they have", async () => {
    for (const format of ["json", "jsonl", "md", "sse"]) {
      const body = await expectError(await get(`/${id}.${format}?basis=field:nobody`), 400)
      expect(body.error.message).toContain("ceo_name, employees")
      const head = await send(`/${id}.${format}?basis=field:nobody`, { method: "HEAD" })
      expect([head.status, await head.text()]).toEqual([400, ""])
    }
  })

  it("names all of them at once", async () => {
    const body: ErrorBody = await expectError(
      await get(`/${id}.json?limit=0&status=x&basis=y&utm_source=z`),
      400,
    )
    expect(problemPaths(body)).toEqual(["status", "limit", "basis"])
    expect(body.error.message).toContain("(and 2 more problems, see detail)")
    const two = await expectError(await get(`/${id}.json?limit=0&status=x`), 400)
    expect(two.error.message).toContain("(and 1 more problem, see detail)")
  })

  it.each([
    ".json?utm_source=x&cursor=3&limits=0",
    ".html?limit=0&basis=x",
    ".sse?limit=x&status=y",
    ".json?bom=7",
    ".csv?basis=x",
  ])("what a format does not know is ignored: %s", async (address) => {
    const response = await get(`/${id}${address}`)
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })
})

describe("basis", () => {
  const ofField = (run: Run) => run.output?.basis.filter(({ field }) => field === "employees")

  it("of one field, in JSON and in the stream", async () => {
    const { runs } = await jsonOf("?basis=field:employees")
    expect(runs.some(({ output }) => output?.basis.length === 1)).toBe(true)
    expect(runs).toEqual(
      all.runs.map((run) =>
        run.output === null ? run : { ...run, output: { ...run.output, basis: ofField(run) } },
      ),
    )
    const states = finalStates(await (await watch(`/${id}.sse?basis=field:employees`)).untilOver())
    for (const run of runs) expect(states.get(run.input_index)?.output).toEqual(run.output)
  })

  it("in JSON Lines when asked, and why a row failed always", async () => {
    const failure = (run: Run) => (run.error === null ? {} : { $error: run.error.message })
    const expected = (of: (run: Run) => object) =>
      all.runs.map((run) => ({ ...all.results[run.input_index], ...failure(run), ...of(run) }))
    expect(await linesOf("")).toEqual(expected(() => ({})))
    expect(await linesOf("?basis=none")).toEqual(expected(() => ({})))
    expect(await linesOf("?basis=all")).toEqual(expected((run) => ({ $basis: run.output?.basis ?? [] })))
    expect(await linesOf("?basis=field:employees")).toEqual(
      expected((run) => ({ $basis: ofField(run) ?? [] })),
    )
  })
})

describe("what no client may break on", () => {
  const RAW = "a\u007f\u0085\u009b\u2028\u2029b"

  it("is escaped in JSON, JSON Lines, the stream and the page", async () => {
    const upstream = newUpstream()
    const inputs = [{ company: RAW }, ...companies(70)]
    const { taskgroup_id } = await create(upstream, { inputs })
    await untilEnded(taskgroup_id)
    for (const address of [
      ".json",
      ".json?basis=none",
      ".jsonl",
      ".jsonl?basis=all",
      ".sse",
      ".html",
      "/0.json",
    ]) {
      const whole = await textOf(`/${taskgroup_id}${address}`)
      const text = address === ".html" ? whole.slice(0, whole.indexOf("<noscript><div")) : whole
      expect(text).not.toMatch(/[\u007f-\u009f\u2028\u2029]/)
      expect(text).toContain(String.raw`a\u007f\u0085\u009b\u2028\u2029b`)
    }
    const [first = ""] = (await textOf(`/${taskgroup_id}.jsonl`)).split("\n")
    expect(JSON.parse(first)).toMatchObject({ company: RAW })
  })
})
