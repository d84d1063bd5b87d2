import { existsSync, globSync, readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { MAX_COLUMNS } from "../../src/domain/Columns.ts"
import { CONSTANTS } from "../../src/domain/Constants.ts"
import { PRICES_AS_OF, processorNames, usdPerRun } from "../../src/domain/Processors.ts"
import { Variables } from "../../src/domain/Settings.ts"
import { errorBody } from "../../src/http/errors.ts"
import { createErrorOf } from "../../src/programs/apiErrors.ts"
import { InvalidRequest } from "../../src/programs/createErrors.ts"
import { anchorsOf, fencesOf, rowsOf, sectionOf } from "./markdown.ts"
import { decoded, settings } from "./product.ts"

const read = (path: string) => readFileSync(path, "utf8")
const adrs = readdirSync("docs/adr").toSorted()
const pages = [
  "README.md",
  "CHANGELOG.md",
  "simulator/README.md",
  ...globSync("docs/*.md").toSorted(),
  ...adrs.map((name) => `docs/adr/${name}`),
]
const operating = read("docs/operating.md")
const formats = read("docs/formats.md")
const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code)

describe.each(pages)("%s", (page) => {
  it("links to what exists", () => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target)
    // A group's own links, where its Markdown is shown, lead to where it is read.
    const local = links.filter((target) => !/^https?:|^\/tgrp_/.test(target))
    const missing = local.filter((target) => {
      const [path = "", anchor] = target.split("#")
      const file = path === "" ? page : join(dirname(page), path)
      if (!existsSync(file)) return true
      return anchor !== undefined && !anchorsOf(read(file)).includes(anchor)
    })
    expect(missing).toEqual([])
  })

  it("names npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    const named = [...read(page).matchAll(/npm (?:run (\w+)|(start|test)\b)/g)].map(
      ([, run, own]) => run ?? own,
    )
    expect(named.filter((name = "") => scripts[name] === undefined)).toEqual([])
  })
})

it("every page of docs can be found from the README", () => {
  const linked = [...read("README.md").matchAll(/\]\((docs\/[\w-]+\.md)\)/g)].map(([, path]) => path)
  expect(new Set(linked)).toEqual(new Set(globSync("docs/*.md")))
})

const rateLimits = [
  ...read("wrangler.toml").matchAll(
    /^name = "(\w+)"\nnamespace_id = "\d+"\nsimple = \{ limit = (\d+), period = 60 \}$/gm,
  ),
].map(([, name, limit]) => [name, limit])

describe("docs/operating.md", () => {
  it("lists every variable with its default and its meaning", () => {
    expect(rowsOf(sectionOf(operating, "Variables"))).toEqual(
      Object.entries(Variables.fields).map(([name, field]) => {
        const about = Schema.resolveAnnotations(field)
        const preset = about?.["default"] === null ? "" : `\`${String(about?.["default"])}\``
        return [`\`${name}\``, preset, about?.description]
      }),
    )
  })

  it("lists the limits there are", () => {
    const number = (value: number) => value.toLocaleString("en-US")
    expect(rowsOf(sectionOf(operating, "Limits")).map(([limit]) => limit)).toEqual([
      `${settings.MAX_BODY_BYTES / 2 ** 20} MiB`,
      `${settings.MCP_BODY_BYTES / 2 ** 20} MiB`,
      `${number(settings.MAX_INPUTS)} inputs`,
      `${number(settings.MAX_TASK_SPEC_CHARS)} characters`,
      `${number(settings.MAX_SPEC_PLUS_INPUT_CHARS)} characters`,
      `${number(MAX_COLUMNS)} columns`,
      `${settings.BODY_IDLE_SECONDS} s`,
      `${number(settings.MAX_VIEWERS)} viewers`,
      `${settings.MAX_READS} answers`,
      `${number(settings.STUDIO_MAX_ROWS)} rows`,
      `${number(settings.STUDIO_MAX_CHARS)} characters`,
      `${number(settings.STUDIO_MAX_WORK_MS)} ms and ${number(settings.STUDIO_MAX_KEPT_BYTES)} bytes`,
      `${settings.STUDIO_WORK_PER_SECOND_MS} ms in each second, of which ${number(settings.STUDIO_WORK_SAVED_MS)} ms may be saved up`,
      `${number(settings.GET_DATA_CHARS)} characters`,
      `${number(settings.PAGE_DATA_CHARS)} characters`,
    ])
  })

  it("lists the rate limits that wrangler.toml binds", () => {
    const listed = rowsOf(sectionOf(operating, "Who may ask how often")).map(([name = "", , limit]) => [
      name.replaceAll("`", ""),
      limit,
    ])
    expect(listed).toEqual(rateLimits)
  })

  it("lists the prices that estimates are made of", () => {
    const tiers = processorNames.filter((name) => !name.endsWith("-fast"))
    expect(sectionOf(operating, "Costs")).toContain(PRICES_AS_OF)
    expect(rowsOf(sectionOf(operating, "Costs"))).toEqual(
      tiers.map((name) => {
        const price = usdPerRun(name) ?? Number.NaN
        return [`\`${name}\``, String(price), String(price * 1000)]
      }),
    )
  })

  it("lists the npm scripts", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    const listed = rowsOf(sectionOf(operating, "Commands")).map(
      ([command = ""]) => /^`npm (?:run )?(\w+)/.exec(command)?.[1],
    )
    expect(new Set(listed)).toEqual(new Set(Object.keys(scripts)))
  })

  it("quotes lines of the log that the code writes", () => {
    const sources = globSync("src/**/*.ts").map(read).join("\n")
    const messages = rowsOf(sectionOf(operating, "Logs")).flatMap(([cell = ""]) => quoted(cell))
    expect(messages.length).toBeGreaterThan(5)
    for (const message of messages) for (const part of message.split(" … ")) expect(sources).toContain(part)
  })
})

describe("docs/formats.md", () => {
  it("lists the statuses of errors that can come", () => {
    const http = [...globSync("src/http/*.ts"), "src/programs/apiErrors.ts"].map(read).join("\n")
    const ours = [...http.matchAll(/(?:status: |refuse\(\s*)([45]\d\d)\b/g)].map(([, status]) => status)
    const listed = rowsOf(sectionOf(formats, "Errors")).map(([status = ""]) => status.replaceAll("`", ""))
    // Refusals are Parallel's, and passed on with its status.
    expect(listed).toHaveLength(new Set(listed).size)
    expect(new Set(listed)).toEqual(new Set([...ours, "401", "402", "403", "422"]))
  })

  /** The body that a section's curl sends, and the answer that it shows. */
  const shown = (heading: string) => {
    const section = sectionOf(formats, heading)
    const [, body = ""] = /-d '([^']+)'/.exec(fencesOf(section, "sh")[0] ?? "") ?? []
    const [answer = ""] = fencesOf(section, "json")
    return {
      decoded: decoded(JSON.parse(body)),
      answer: JSON.parse(answer) as Record<string, unknown>,
    }
  }

  it("shows the answer to its request", () => {
    const { decoded, answer } = shown("The answer")
    if (Result.isFailure(decoded)) throw new Error("refused")
    expect(answer).toMatchObject({ num_inputs: 1, warnings: decoded.success.warnings })
  })

  it("shows the error that its request gets", () => {
    const { decoded, answer } = shown("Errors")
    if (Result.isSuccess(decoded)) throw new Error("taken")
    const error = createErrorOf(new InvalidRequest({ problems: [...decoded.failure] }))
    const { ref_id: refId } = answer["error"] as { ref_id: string }
    expect(answer).toEqual(JSON.parse(errorBody({ ...error, refId })))
  })
})

it("settings that the pages name are settings", () => {
  const known = new Set([
    ...Object.keys(Variables.fields),
    ...Object.keys(CONSTANTS),
    ...rateLimits.map(([name]) => name),
  ])
  const others = new Set([
    // Of the smoke run and of the simulation,
    "PARALLEL_API_KEY",
    "PARALLEL_OTHER_API_KEY",
    "RECOVERY_BOUND_MS",
    // and of the command line.
    "MULTITASK_URL",
    "XDG_CONFIG_HOME",
  ])
  const named = ["README.md", ...globSync("docs/*.md")]
    .flatMap((page) => quoted(read(page)))
    .flatMap((code) => code.match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g) ?? [])
  expect(named.length).toBeGreaterThan(20)
  expect([...new Set(named)].filter((name) => !known.has(name) && !others.has(name))).toEqual([])
})

it("tests that docs/guarantees.md names exist", () => {
  const tests = globSync("test/**/*.ts")
  const names = new Set([...tests, ...tests.map((path) => basename(path))])
  const named = quoted(read("docs/guarantees.md")).filter((code) => /^[\w/.-]+\.ts$/.test(code))
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((path) => !names.has(path))).toEqual([])
})

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
