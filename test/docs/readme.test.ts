import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Schema from "effect/Schema"
import { welcome } from "../../scripts/start/message.ts"
import { RESULT_OFFERS } from "../../src/http/negotiate.ts"
import { processorNames, usdPerRun } from "../../src/domain/Processors.ts"
import { Variables } from "../../src/domain/Settings.ts"
import { rowsOf, sectionOf } from "./markdown.ts"

const read = (path: string) => readFileSync(path, "utf8")
const readme = read("README.md")
const adrs = readdirSync("docs/adr").toSorted()
const pages = [
  "README.md",
  "CHANGELOG.md",
  "docs/storage.md",
  "docs/operating.md",
  "docs/guarantees.md",
  ...adrs.map((name) => `docs/adr/${name}`),
]

describe("README", () => {
  it("shows what npm start prints", () => {
    const text = welcome({
      url: "http://127.0.0.1:8787",
      data: ".data",
      simulatorUrl: "http://127.0.0.1:8788",
    })
    expect(readme).toContain(`\`\`\`text\nStarting ...\n${text.trimEnd()}\n\`\`\``)
  })

  it("lists every variable with its default and its meaning", () => {
    const listed = rowsOf(sectionOf(readme, "Configuration"))
    expect(listed).toEqual(
      Object.entries(Variables.fields).map(([name, field]) => {
        const about = Schema.resolveAnnotations(field)
        const preset = about?.["default"] === null ? "" : `\`${String(about?.["default"])}\``
        return [`\`${name}\``, preset, about?.description]
      }),
    )
  })

  it("lists the formats that are served", () => {
    const rows = rowsOf(sectionOf(readme, "The formats"))
    const extensions: ReadonlyArray<string> = [...RESULT_OFFERS.map(({ format }) => format), "db"]
    expect(rows.map(([url]) => url)).toEqual(
      expect.arrayContaining(extensions.map((name) => `\`/{id}.${name}\``)),
    )
    expect(rows).toHaveLength(extensions.length)
    for (const { format, types } of RESULT_OFFERS) {
      expect(rows.find(([url]) => url === `\`/{id}.${format}\``)?.[1]).toBe(`\`${types[0]}\``)
    }
  })

  it("lists the prices that estimates are made of", () => {
    const tiers = processorNames.filter((name) => !name.endsWith("-fast"))
    expect(rowsOf(sectionOf(readme, "Costs")).map(([name, price]) => [name, price])).toEqual(
      tiers.map((name) => [`\`${name}\``, String(usdPerRun(name))]),
    )
  })

  it("shows the example as it is", () => {
    expect(readme).toContain(`\`\`\`ts\n${read("examples/embed.ts").trimEnd()}\n\`\`\``)
  })

  it("names tests that exist for its promises", () => {
    const named = rowsOf(sectionOf(readme, "Test")).flatMap(([, files = ""]) => [
      ...files.matchAll(/\]\(([^)]+)\)/g),
    ])
    expect(named.length).toBeGreaterThan(10)
    expect(named.map(([, path = ""]) => path).filter((path) => !existsSync(path))).toEqual([])
  })

  it("names npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    const named = pages.flatMap((page) => [...read(page).matchAll(/npm (?:run )?(start|test|dev|check)\b/g)])
    expect(new Set(named.map(([, name]) => name))).toEqual(new Set(["start", "test", "dev", "check"]))
    for (const [, name = ""] of named) expect(Object.keys(scripts)).toContain(name)
  })
})

describe.each(pages)("%s", (page) => {
  it("links to what exists", () => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target)
    const local = links.filter((target) => !/^https?:/.test(target))
    const missing = local.filter((target) => {
      const [path = "", anchor] = target.split("#")
      const file = path === "" ? page : join(dirname(page), path)
      if (!existsSync(file)) return true
      return anchor !== undefined && !headingsOf(read(file)).includes(anchor)
    })
    expect(missing).toEqual([])
  })
})

const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  )

describe("decisions", () => {
  it("are numbered without gaps", () => {
    expect(adrs.map((name) => Number(name.slice(0, 4)))).toEqual(adrs.map((_, at) => at + 1))
  })

  it.each(adrs)("%s says context, decision, what was rejected, consequence", (name) => {
    const text = read(`docs/adr/${name}`)
    expect(text.startsWith(`# ${name.slice(0, 4)}. `)).toBe(true)
    const headings = [...text.matchAll(/^## (\w+)/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(["Context", "Decision", "Rejected", "Consequence"])
  })
})

it("the changelog has the version of package.json", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string }
  expect(read("CHANGELOG.md")).toContain(`## [${version}] - `)
})
