import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { projectFiles } from "../../scripts/check/files.ts"
import { bundledFiles, folderOf, noticesIn, thirdParty } from "../../scripts/check/licences.ts"

describe("whose code is deployed", () => {
  it("is told from what esbuild put into the bundle, not from what it read", () => {
    const inputs = {
      "src/worker.ts": { bytesInOutput: 9 },
      "../tree/node_modules/effect/dist/Effect.js": { bytesInOutput: 9 },
      "node_modules/effect/dist/Shaken.js": { bytesInOutput: 0 },
      "node_modules/a/node_modules/@b/c/index.js": { bytesInOutput: 9 },
    }
    const files = bundledFiles({ outputs: { "worker.js": { inputs } } })
    expect(files.map(folderOf)).toEqual(["node_modules/a/node_modules/@b/c", "node_modules/effect"])
  })

  it("includes what a package's files have from others: a copyright with its terms, of others the line", () => {
    const copied =
      "/**\n * MD5.\n *\n * Copyright (c) 2022 Somebody\n * Permission is granted\n */\nconst a = 1"
    const adapted = "/**\n * Reads cookies.\n *\n * Adapted from https://example.com/x under MIT License\n */"
    expect(noticesIn(copied)).toEqual(["MD5.\n\nCopyright (c) 2022 Somebody\nPermission is granted"])
    expect(noticesIn(adapted)).toEqual(["Adapted from https://example.com/x under MIT License"])
    expect(noticesIn("/* Sorts the rows, adapted from what the caller has. */")).toEqual([])
  })

  it("says plainly which package states no licence", () => {
    const packages = [
      { name: "free", version: "1.0.0", license: "MIT", text: "Do.", notices: { "a.js": ["By B"] } },
      { name: "silent", version: "2.0.0", notices: {} },
    ]
    const sections = thirdParty(packages).split("\n## ")
    expect(sections[1]).toContain(
      "Licence: MIT.\n\n```text\nDo.\n```\n\nIn its `a.js`:\n\n```text\nBy B\n```",
    )
    expect(sections[2]).toMatch(/^silent 2\.0\.0\n\n\*\*States no licence\*\*/)
  })

  it("is nobody else's in what browsers are sent", () => {
    const pages = projectFiles().filter((path) => /^src\/pages\/.*\.(?:ts|js|css|svg)$/.test(path))
    expect(pages.length).toBeGreaterThan(20)
    expect(pages.filter((path) => noticesIn(readFileSync(path, "utf8")).length > 0)).toEqual([])
  })
})
