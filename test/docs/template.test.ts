import { expect, it } from "vitest"
import { readFileSync } from "node:fs"
import { fillTemplate } from "../../src/domain/template.ts"
import { docsMarkdown, FOR_MODELS } from "../../scripts/documents/docsMarkdown.ts"

const guide = readFileSync("scripts/documents/guide.md", "utf8").replaceAll(/<!-- \w+ -->/g, "")

/** Of three lengths, so that base64 ends in each of its ways. */
const ORIGINS = [
  "https://multitask.example",
  "https://m.multitask.example",
  "http://127.0.0.1:8787",
  "http://[::1]:8787",
]

const linksOf = (origin: string) => {
  const text = fillTemplate(docsMarkdown({ paths: {} }, guide, FOR_MODELS), origin, "guide.md")
  return new Map(
    [...text.matchAll(/\[Add to ([^\]]+)\]\(([^)\s]+)\)/g)].map(([, client = "", href = ""]) => [
      client,
      href,
    ]),
  )
}

it.each(ORIGINS)("install links lead to %s/mcp", (origin) => {
  const links = linksOf(origin)
  const queryOf = (client: string) => new URL(links.get(client) ?? "").searchParams
  const url = `${origin}/mcp`
  for (const client of ["Cursor", "LM Studio"])
    expect(JSON.parse(atob(queryOf(client).get("config") ?? ""))).toEqual({ url })
  expect(JSON.parse(queryOf("VS Code").get("config") ?? "")).toEqual({ type: "http", url })
  expect(queryOf("Goose").get("url")).toBe(url)
  expect([...links.keys()].toSorted()).toEqual(["Cursor", "Goose", "LM Studio", "VS Code"])
  // Nothing is left in a value that a client could take for the query's own.
  for (const href of links.values()) expect(href).toMatch(/^[a-z]+:\/\/[^?]+\?(?:\w+=[\w.%-]+(?:&|$))+$/)
  // Claude Code refuses a name with a blank in it.
  for (const client of links.keys()) expect(queryOf(client).get("name")).toBe("multitask")
})

it("commands name the server the same way", () => {
  const text = fillTemplate(guide, "https://multitask.example", "guide.md")
  const commands = [...text.matchAll(/\b(claude|codex|amp|droid) mcp add ([^`\n]+)/g)]
  expect(new Set(commands.map(([, program]) => program))).toEqual(
    new Set(["claude", "codex", "amp", "droid"]),
  )
  for (const [command] of commands) {
    expect(command).toMatch(/ multitask( --url)? https:\/\/multitask\.example\/mcp/)
  }
})

it("a document that asks for something else is a mistake", () => {
  expect(() => fillTemplate("{{nothing}}", "https://multitask.example", "x.md")).toThrow(
    "x.md asks for nothing",
  )
})
