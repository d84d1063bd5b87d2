import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve as absolute } from "node:path"
import { type DefaultTreeAdapterTypes as Tree, parse } from "parse5"
import { afterAll, describe, expect, it } from "vitest"
import { endpointsOf, isOfNote, type Schema } from "../../scripts/documents/description.ts"
import { makeDocsHtml, makeDocsMarkdown, readSources } from "../../scripts/documents/docs.ts"
import { docsHtml } from "../../scripts/documents/docsHtml.ts"
import { docsMarkdown, FOR_MODELS, FOR_PEOPLE } from "../../scripts/documents/docsMarkdown.ts"
import { snippetsOf } from "../../scripts/documents/snippets.ts"
import { fillTemplate } from "../../src/domain/template.ts"

const { document, guide } = readSources()
const endpoints = endpointsOf(document)
const markdown = makeDocsMarkdown()

const visibleText = (node: Tree.Node): string =>
  "value" in node
    ? node.value
    : "childNodes" in node
      ? node.childNodes.map(visibleText).join("tagName" in node && node.tagName !== "code" ? " " : "")
      : ""

const texts = { "docs.html": visibleText(parse(makeDocsHtml())), "docs.md": markdown }

/** The names of all members that a schema tells of, wherever in it. */
const membersOf = (schema: Schema): ReadonlyArray<string> => [
  ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [name, ...membersOf(member)]),
  ...[schema.items, schema.additionalProperties].flatMap((one) =>
    typeof one === "object" ? membersOf(one) : [],
  ),
  ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((all) =>
    (all ?? []).flatMap((one: Schema) => membersOf(one)),
  ),
]

const schemas: ReadonlyArray<Schema> = [
  ...Object.values<Schema>(document.components?.schemas ?? {}),
  ...endpoints
    .flatMap(({ body, answers }) => [body, ...answers.flatMap(({ contents }) => contents)])
    .flatMap((content): ReadonlyArray<Schema> => (content?.schema === undefined ? [] : [content.schema])),
]

describe.each(Object.entries(texts))("%s", (name, text) => {
  it("has every request, with its address, and each name and status that the description has", () => {
    // The headers of a GET alone, and what an address takes: a model needs no list of these.
    const listed = name === "docs.md" ? endpoints.filter(isOfNote) : endpoints
    expect(listed.length).toBeGreaterThan(20)
    for (const { id, method, path, parameters, answers } of listed) {
      expect(text).toMatch(new RegExp(`(?<!\\w)${id}(?!\\w)`))
      if (isOfNote({ method, answers } as (typeof endpoints)[0])) expect(text).toContain(`${method} ${path}`)
      for (const parameter of parameters) expect(text).toContain(parameter.name)
      for (const { status } of answers) expect(text).toContain(status)
    }
  })

  it("has every field of the description", () => {
    const named = new Set(schemas.flatMap((schema: Schema) => membersOf(schema)))
    expect(named.size).toBeGreaterThan(60)
    const missing = [...named].filter(
      (field) => !new RegExp(`(?<![\\w$])${field.replace("$", "\\$")}(?![\\w$])`).test(text),
    )
    expect(missing).toEqual([])
  })

  it("says what the description says of each field", () => {
    const said = (schema: Schema): ReadonlyArray<string> =>
      Object.values(schema.properties ?? {}).flatMap((member) => [member.description ?? "", ...said(member)])
    const plain = (words: string) => words.replaceAll(/[\s`]+/g, " ").trim()
    const all = plain(text)
    const missing = [...new Set(schemas.flatMap((schema: Schema) => said(schema)))].filter(
      (words) => !all.includes(plain(words)),
    )
    expect(missing).toEqual([])
  })

  it("asks for nothing that no template has", () => {
    const made = name === "docs.md" ? markdown : makeDocsHtml()
    expect(fillTemplate(made, "https://multitask.example", name)).not.toMatch(/\{\{|\}\}(?=\w)/)
  })
})

it("a field that comes to the description comes to both", () => {
  const created = document.components?.schemas?.["Created"]
  const changed = structuredClone(document) as { components: { schemas: Record<string, unknown> } }
  changed.components.schemas["Created"] = {
    ...created,
    properties: {
      ...created?.properties,
      brand_new: { type: "integer", minimum: 7, description: "It is *new*." },
    },
  }
  const short = docsMarkdown(changed as unknown as typeof document, guide, FOR_MODELS)
  const whole = docsHtml(docsMarkdown(changed as unknown as typeof document, guide, FOR_PEOPLE))
  expect(short).toContain("- `brand_new` *integer, at least 7*: It is *new*.")
  expect(whole).toContain(
    "<li><code>brand_new</code> <em>integer, at least 7</em><br>It is <em>new</em>.</li>",
  )
})

it("text of the description is text on the page", () => {
  const hostile = `</code></pre><script>alert(1)</script> <img src=x onerror=alert(1)>`
  const page = (description: string) => {
    const content = { "text/plain": { schema: { type: "string", description }, example: hostile } }
    const responses = { 200: { description, content } }
    const paths = { "/x": { get: { operationId: "x", summary: "X", description, responses } } }
    return docsHtml(docsMarkdown({ ...document, paths }, guide, FOR_PEOPLE))
  }
  const html = page(`\`${hostile}\``)
  expect(html).toContain("&#60;/code&#62;&#60;/pre&#62;")
  expect(html).not.toContain("<img src=x")
  // HTML in its prose would be a mistake, and is none that goes unseen.
  expect(() => page(hostile)).toThrow("HTML has no place in the text")
})

it("two headings of one name are a mistake: links would lead to the wrong one", () => {
  expect(() => docsHtml("# A\n\n## Same\n\n## Same\n")).toThrow("#same")
})

it("each status of an error is explained once, and what a request adds to it stands at the request", () => {
  const table = /^\| status \| when \|\n[^]*?\n\n/m.exec(markdown)?.[0] ?? ""
  const listed = [...table.matchAll(/^\| `(\d+)` \| (.+) \|$/gm)]
  const statuses = endpoints.flatMap(({ answers }) => answers.map(({ status }) => status))
  expect(listed.map(([, status]) => status)).toEqual(
    [...new Set(statuses)].filter((status) => /^[45]/.test(status)).toSorted(),
  )
  for (const [, , meaning = ""] of listed) expect(meaning).not.toMatch(/\bOr:|login|studio|Host/)
  const [, sql = ""] = markdown.split("`queryTaskGroup`")
  expect(sql.split("\n### ")[0]).toContain("- `413`: The body is larger than 200,000 bytes.")
})

it("what a model reads fits into what it has for it", () => {
  // About four characters a token.
  expect(markdown.length / 4).toBeLessThan(12_000)
})

describe("TypeScript", () => {
  const folder = mkdtempSync(join(makeCache(), "snippets-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("passes the compiler as strictly as there is", () => {
    const shown = endpoints.filter(isOfNote).flatMap((endpoint) => {
      const snippets = snippetsOf(document, endpoint)
      return snippets === null ? [] : [[endpoint.id, snippets.ts] as const]
    })
    expect(shown.length).toBeGreaterThan(20)
    for (const [id, code] of shown)
      writeFileSync(
        join(folder, `${id}.mts`),
        `${fillTemplate(code, "https://multitask.example", id)}\nexport {}\n`,
      )
    const options = ["--strict", "--noEmit", "--target", "es2024", "--module", "nodenext", "--types", "node"]
    const files = shown.map(([id]) => join(folder, `${id}.mts`))
    const { status, stdout } = spawnSync(
      process.execPath,
      [absolute("node_modules/typescript/bin/tsc"), ...options, "--ignoreConfig", ...files],
      { encoding: "utf8", timeout: 60_000 },
    )
    expect(`${status}\n${stdout}`).toBe("0\n")
  })
})

function makeCache(): string {
  const cache = absolute("node_modules/.cache")
  mkdirSync(cache, { recursive: true })
  return cache
}
