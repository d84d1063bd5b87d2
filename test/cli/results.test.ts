import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Writable } from "node:stream"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { Refused } from "../../src/cli/Refused.ts"
import { checkOutputFile } from "../../src/cli/results/outputFile.ts"
import { type OutputFormat, outputFormatOf } from "../../src/cli/results/outputFormat.ts"
import { writeResults } from "../../src/cli/results/writeResults.ts"
import type { RunRow } from "../../src/domain/TaskGroup.ts"
import { ID, resultsServer, textRow } from "./support/resultsServer.ts"
import { outputOf } from "./support/world.ts"
import { cellsOf, COMPANIES, written } from "./support/written.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "results-"))
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
})

/** `count` rows whose texts together are longer than what is kept in memory. */
const many = (count: number, chars: number): ReadonlyArray<RunRow> =>
  Array.from({ length: count }, (_, at) =>
    textRow(
      at,
      JSON.stringify({ n: at, pad: `${at}\u2028${"x".repeat(chars)}` }),
      at === count - 1 ? '{"late":1}' : null,
    ),
  )

/** Waits are over at once, until this is done. */
const timePasses = async (doing: Promise<unknown>): Promise<void> => {
  let isDone = false
  const note = () => {
    isDone = true
  }
  doing.then(note, note)
  // Files are read and written meanwhile.
  while (!isDone) {
    await vi.advanceTimersByTimeAsync(1_000)
    await new Promise((resolve) => void setImmediate(resolve))
  }
}

describe("results in pages", () => {
  it.each<OutputFormat>(["json", "jsonl", "csv"])(
    "reads 5,000 rows page by page, each once, as %s",
    async (format) => {
      const rows = many(5_000, 10)
      const { multitask, asked } = resultsServer(rows)
      const stdout = outputOf()
      await writeResults({ world: { stdout }, multitask, id: ID, format, file: null, columns: null })
      const numbers =
        format === "csv"
          ? cellsOf(stdout.text)
              .slice(1)
              .map(([n]) => Number(n))
          : [...stdout.text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
      expect(numbers).toEqual(rows.map((_, at) => at))
      expect(asked.slice(0, 2)).toEqual([
        `/${ID}.${format === "jsonl" ? "jsonl" : "json"}?basis=none&limit=500`,
        `/${ID}.${format === "jsonl" ? "jsonl" : "json"}?basis=none&limit=500&after=499`,
      ])
      // The last page is full: that nothing follows it, another one says.
      expect(asked).toHaveLength(11)
    },
  )

  it("keeps what has no room in memory in a file that nobody else may read, and removes it", async () => {
    vi.stubEnv("TMPDIR", folder)
    let modes: ReadonlyArray<number> = []
    const text: Array<string> = []
    const stdout = new Writable({
      decodeStrings: false,
      write: (piece: string, _, done) => {
        text.push(piece)
        modes = readdirSync(folder).flatMap((name) =>
          [join(folder, name), join(folder, name, "rows")].map((path) => statSync(path).mode & 0o777),
        )
        done()
      },
    })
    const { multitask } = resultsServer(many(2_000, 5_000))
    await writeResults({ world: { stdout }, multitask, id: ID, format: "csv", file: null, columns: null })
    vi.unstubAllEnvs()
    expect(modes).toEqual([0o700, 0o600])
    expect(readdirSync(folder)).toEqual([])
    const [header, ...cells] = cellsOf(text.join(""))
    expect(header).toEqual(["n", "pad", "late", "$status", "$error", "$id"])
    expect(cells.map(([n]) => Number(n))).toEqual(Array.from({ length: 2_000 }, (_, at) => at))
    expect(cells.every(([n, pad]) => pad === `${n}\u2028${"x".repeat(5_000)}`)).toBe(true)
  })

  describe("when answers break off", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }))
    afterEach(() => void vi.useRealTimers())

    it.each<[OutputFormat, boolean]>([
      ["json", false],
      ["jsonl", false],
      ["csv", false],
      ["md", false],
      // Of Markdown nobody can tell.
      ["json", true],
      ["jsonl", true],
      ["csv", true],
    ])("reads a page again, as %s (as if it were the end: %s)", async (format, quietly) => {
      const rows = many(700, 5)
      const stdout = outputOf()
      const broken = resultsServer(rows, { cut: (answer) => answer % 2 === 0, quietly })
      const writing = writeResults({
        world: { stdout },
        multitask: broken.multitask,
        id: ID,
        format,
        file: null,
        columns: null,
      })
      await timePasses(writing)
      await writing
      expect(stdout.text).toBe(await written(rows, format))
    })

    it("gives up after five times, says so, and leaves the file as it was", async () => {
      const file = join(folder, "a.csv")
      writeFileSync(file, "old")
      const { multitask, asked } = resultsServer(many(3, 5), { cut: () => true })
      const writing = writeResults({
        world: { stdout: outputOf() },
        multitask,
        id: ID,
        format: "csv",
        file,
        columns: null,
      }).catch((error: unknown) => error)
      await timePasses(writing)
      expect(await writing).toBeInstanceOf(Refused)
      expect(String(await writing)).toMatch(/broke off each of 5 times.*read them again with "get"/)
      expect(asked).toHaveLength(5)
      expect([readdirSync(folder), readFileSync(file, "utf8")]).toEqual([["a.csv"], "old"])
    })
  })

  it("does not take another server's page for results", async () => {
    const { Multitask } = await import("../../src/client/index.ts")
    const fetch = () =>
      Promise.resolve(new Response("<p>Sign in", { headers: { "content-type": "text/html" } }))
    const multitask = new Multitask({ baseUrl: "https://other.example", fetch })
    const writing = writeResults({
      world: { stdout: outputOf() },
      multitask,
      id: ID,
      format: "json",
      file: null,
      columns: null,
    })
    await expect(writing).rejects.toThrow(
      "The server answered text/html where results were asked for. Check --host.",
    )
  })
})

describe("a file of results", () => {
  it("takes its place as a whole, behind links, and keeps who may read it", async () => {
    const file = join(folder, "real.json")
    writeFileSync(file, "old")
    chmodSync(file, 0o640)
    symlinkSync(file, join(folder, "link.json"))
    const { multitask } = resultsServer(COMPANIES)
    let during = ""
    const request = multitask.request.bind(multitask)
    multitask.request = (asked) => {
      during = readFileSync(file, "utf8")
      return request(asked)
    }
    const options = { world: { stdout: outputOf() }, id: ID, format: "json", columns: null } as const
    await writeResults({ ...options, multitask, file: join(folder, "link.json") })
    expect(during).toBe("old")
    expect(readFileSync(file, "utf8")).toBe(await written(COMPANIES, "json"))
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder).toSorted()).toEqual(["link.json", "real.json"])
  })

  it("is not there when somebody stops it", async () => {
    const stop = new AbortController()
    const reason = new Error("stopped")
    const { multitask } = resultsServer(many(600, 5))
    const request = multitask.request.bind(multitask)
    multitask.request = (asked) => {
      if (asked.query?.["after"] !== undefined) stop.abort(reason)
      return request(asked)
    }
    const writing = writeResults({
      world: { stdout: outputOf() },
      multitask,
      id: ID,
      format: "jsonl",
      file: join(folder, "a.jsonl"),
      columns: null,
      signal: stop.signal,
    })
    await expect(writing).rejects.toBe(reason)
    expect(readdirSync(folder)).toEqual([])
  })

  it("is checked before anything is spent", async () => {
    const check = (name: string) => checkOutputFile(join(folder, name)).then(() => "fine", String)
    expect(await check("new.csv")).toBe("fine")
    expect(existsSync(join(folder, "new.csv"))).toBe(false)
    writeFileSync(join(folder, "old.csv"), "old")
    expect(await check("old.csv")).toBe("fine")
    expect(await check("none/new.csv")).toMatch(/is in a folder that does not exist. Make the folder first.$/)
    expect(await checkOutputFile(folder).then(() => "fine", String)).toMatch(
      /is a folder. Name a file in it.$/,
    )
    expect(await checkOutputFile("/dev/null").then(() => "fine", String)).toMatch(
      /is no file that can be replaced/,
    )
    chmodSync(join(folder, "old.csv"), 0o400)
    if (process.getuid?.() !== 0) expect(await check("old.csv")).toMatch(/may not be written by you/)
  })

  it("is written as its name says, in any case; other names are refused", () => {
    expect(["a.json", "a.b.JSONL", "x/a.Csv", "a.tsv", "a.md"].map(outputFormatOf)).toEqual([
      "json",
      "jsonl",
      "csv",
      "tsv",
      "md",
    ])
    for (const name of ["a.xlsx", "a", "-", "csv", "a.csv.gz", "a.csv/b"])
      expect(() => outputFormatOf(name)).toThrow(Refused)
    expect(() => outputFormatOf("out.xlsx")).toThrow(
      "out.xlsx ends in .xlsx, so that it cannot be told how results are to be written. Use a name that ends in .json, .jsonl, .csv, .tsv, .md; without --output they go to standard output.",
    )
  })
})

describe("standard output", () => {
  it("is not written to faster than it takes", async () => {
    let open = 0
    let most = 0
    const stdout = new Writable({
      decodeStrings: false,
      highWaterMark: 1,
      write: (_, __, done) => {
        most = Math.max(most, ++open)
        setImmediate(() => {
          open--
          done()
        })
      },
    })
    const { multitask } = resultsServer(many(2_000, 5))
    await writeResults({ world: { stdout }, multitask, id: ID, format: "jsonl", file: null, columns: null })
    expect([most, stdout.writableLength]).toEqual([1, 0])
  })

  it("says by EPIPE that nobody reads it any more, and ends nothing by itself", async () => {
    const stdout = new Writable({
      write: (_, __, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    })
    const { multitask, asked } = resultsServer(many(2_000, 5))
    const writing = writeResults({
      world: { stdout },
      multitask,
      id: ID,
      format: "jsonl",
      file: null,
      columns: null,
    })
    await expect(writing).rejects.toMatchObject({ code: "EPIPE" })
    expect(asked).toHaveLength(1)
  })

  it("can be left while it takes nothing", async () => {
    const stop = new AbortController()
    const stdout = new Writable({ write: () => stop.abort(new Error("left")) })
    const { multitask } = resultsServer(COMPANIES)
    const writing = writeResults({
      world: { stdout },
      multitask,
      id: ID,
      format: "json",
      file: null,
      columns: null,
      signal: stop.signal,
    })
    await expect(writing).rejects.toThrow("left")
  })
})
