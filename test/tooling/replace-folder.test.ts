import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const TIMES = 300

const builder = `
  import { mkdirSync, writeFileSync } from "node:fs"
  import { replaceFolder } from ${JSON.stringify(pathToFileURL(resolve("scripts/lib/replaceFolder.ts")).href)}
  const [root, name] = process.argv.slice(1)
  for (let n = 0; n < ${TIMES}; n += 1) {
    const folder = root + "/dist-" + name + n
    mkdirSync(folder)
    writeFileSync(folder + "/whole", name)
    replaceFolder(folder, root + "/dist")
  }
`

it("builds at the same time do not fail each other, and leave one whole folder", async () => {
  const root = mkdtempSync(join(tmpdir(), "replace-folder-"))
  const build = (name: string) =>
    promisify(execFile)(process.execPath, ["--input-type=module", "--eval", builder, root, name])
  try {
    await Promise.all(["a", "b", "c"].map(build))
    expect(readdirSync(root)).toEqual(["dist"])
    expect(readdirSync(join(root, "dist"))).toEqual(["whole"])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
