import { describe, expect, it } from "vitest"
import { checkText } from "../../scripts/check/text.ts"

// Put together here, so that this file does not break the rules that it tests.
const word = (...parts: ReadonlyArray<string>) => parts.join("")

const caught: ReadonlyArray<readonly [path: string, text: string]> = [
  ["src/domain/A.ts", word("// TO", "DO: later")],
  ["README.md", word("FIX", "ME")],
  ["test/unit/a.test.ts", word("it.on", "ly('x', () => {})")],
  ["test/unit/a.test.ts", word("it.effect.sk", "ip('x', () => {})")],
  ["src/domain/A.ts", word("// see ../sha", "red/SPEC.md")],
  ["docs/adr/1.md", word("as ../sha", "red says")],
  ["scripts/a.mjs", word("const folder = '/wo", "rk/main'")],
  ["docs/adr/1.md", word("(/wo", "rk/shared)")],
  [".npmrc", word("registry=https://regis", "try.example.org/")],
  ["package-lock.json", word(`"resol`, `ved": "https://example.org/a.tgz"`)],
]

const allowed: ReadonlyArray<readonly [path: string, text: string]> = [
  ["src/domain/A.ts", "const mastodon = todos.length"],
  ["src/layers/A.ts", word("items.sk", "ip(3)")],
  ["src/pages/assets/assets/result/a.js", word(`import { b } from "../sha`, `red/b.js"`)],
  ["docs/a.md", "https://example.com/work/main"],
  ["src/domain/A.ts", "registry.get(name)"],
  ["worker-configuration.d.ts", word("TO", "DO")],
]

describe("the text rules", () => {
  it.each(caught)("catch in %s: %s", (path, text) => {
    expect(checkText([{ path, text: `first line\n${text}\n` }])).toMatchObject([{ path, line: 2 }])
  })

  it.each(allowed)("let pass in %s: %s", (path, text) => {
    expect(checkText([{ path, text }])).toEqual([])
  })
})
