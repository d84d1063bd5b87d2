import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { MUTATIONS } from "./mutations.ts"

/** Applies each mutation to a copy of the project and runs the simulation on it until a seed fails. */
const seeds = process.argv[2] ?? "300"
const only = process.argv[3]
const root = process.cwd()
const copy = mkdtempSync(join(tmpdir(), "mutants-"))
let survived = 0
try {
  for (const part of ["src", "simulator", "test", "package.json", "tsconfig.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"))
  console.log("| what is broken | caught by seed | how |\n| --- | --- | --- |")
  for (const { name, file, find, replace } of MUTATIONS) {
    if (only !== undefined && !name.includes(only)) continue
    const path = join(copy, file)
    const original = readFileSync(path, "utf8")
    if (!original.includes(find)) throw new Error(`${name}: the code to break is not in ${file} any more`)
    writeFileSync(
      path,
      original.replace(find, () => replace),
    )
    const { stdout } = spawnSync(
      process.execPath,
      ["test/simulation/main.ts", "--seeds", seeds, "--until-failure"],
      {
        cwd: copy,
        encoding: "utf8",
        timeout: 300_000,
      },
    )
    writeFileSync(path, original)
    const caught = /^seed (\S+)(?: \(\w+\))?: (.*)$/m.exec(stdout)
    if (caught === null) survived++
    console.log(
      `| ${name} | ${caught?.[1] ?? `**none of ${seeds}**`} | ${caught?.[2]?.slice(0, 140) ?? stdout.slice(-200)} |`,
    )
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
if (survived > 0) process.exitCode = 1
