import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { SourceFile } from "./imports.ts"

/** Every file that git tracks or would track; in a copy without git, all but what is known to be generated. */
export const projectFiles = (): ReadonlyArray<string> => {
  try {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
    // A file that was deleted and not committed yet is still listed, once for each side of a merge.
    const present = new Set(listed.split("\0").filter((path) => path !== "" && isReadable(path)))
    if (present.size > 0) return [...present]
  } catch {
    // Not a repository, or no git: go on without.
  }
  return walk(".")
}

const skipped = new Set(["node_modules", ".git", ".data", ".wrangler", "coverage"])

const walk = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : []
  })

const isReadable = (path: string) => {
  try {
    readFileSync(path)
    return true
  } catch {
    return false
  }
}

const binary = /\.(?:png|jpe?g|gif|ico|webp|woff2?|ttf|otf|pdf|gz|zip|db|sqlite)$/i

export const readFiles = (paths: ReadonlyArray<string>): ReadonlyArray<SourceFile> =>
  paths.filter((path) => !binary.test(path)).map((path) => ({ path, text: readFileSync(path, "utf8") }))
