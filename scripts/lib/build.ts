import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs"
import { execFile } from "node:child_process"
import { dirname, join, normalize } from "node:path"
import { promisify } from "node:util"
import { command } from "../check/run.ts"
import { buildMcpSdk } from "./mcpSdk.mjs"
import { writePages } from "./pageBundles.mjs"
import { replaceFolder } from "./replaceFolder.ts"

/** Of the pages, what is not served: see `.assetsignore` there. */
const NOT_SERVED = /(?:\.d\.ts|tsconfig\.json)$|\/assets\/assets\/(?!made(?:\/|$)|noscript\.css$)/

/** What a declaration names beside it. */
const RELATIVE = /(?:from|import\() ?"(\.{1,2}\/[^"]+)"/g

/**
 * Makes `dist/` of the sources: JavaScript, declarations, the pages' files and the MCP SDK's module. Whoever looks finds
 * the whole of it, the old one or the new one. Throws what the compiler printed when it failed.
 *
 * @param root the project's folder, ending in `/`, which is also the current one
 */
export const buildPackage = async (root: string): Promise<void> => {
  const folder = mkdtempSync(join(root, "dist-"))
  try {
    const [compiled] = await Promise.all([
      command("tsc", "-p", "tsconfig.build.json", "--outDir", folder),
      buildMcpSdk(),
      writePages(),
    ])
    if (!compiled.ok) throw new Error(compiled.output)
    copyFileSync(join(root, "src/mcpSdk.mjs"), join(folder, "src/mcpSdk.mjs"))
    cpSync(join(root, "src/pages/assets"), join(folder, "assets"), {
      recursive: true,
      filter: (path) => !NOT_SERVED.test(path),
    })
    keepDeclarations(folder, declarationsIn(root))
    chmodSync(join(folder, "src/cli/main.js"), 0o755)
    chmodSync(folder, 0o755)
    replaceFolder(folder, join(root, "dist"))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Builds the package, and packs it as `npm publish` would. Throws what npm printed when it failed.
 *
 * @param folder where the tarball goes
 */
export const packPackage = async (
  folder: string,
): Promise<{ readonly tarball: string; readonly files: ReadonlyArray<string> }> => {
  const args = ["pack", "--json", "--loglevel=error", "--pack-destination", folder]
  const { stdout } = await promisify(execFile)("npm", args, { shell: process.platform === "win32" })
  // What the build prints comes first.
  const packed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))
  // npm 11 and before: a list; later ones, by name.
  const [one] = Object.values(packed as Record<string, Packed>)
  if (one === undefined) throw new Error(`npm pack made nothing: ${stdout}`)
  return { tarball: join(folder, one.filename), files: one.files.map(({ path }) => path) }
}

interface Packed {
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** The declarations that package.json's `exports` name, from `dist/`. */
const declarationsIn = (root: string): ReadonlyArray<string> => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>
  }
  return Object.values(exports).flatMap((to) =>
    typeof to === "string" ? [] : [normalize(to.types).replace(/^dist[/\\]/, "")],
  )
}

/**
 * Leaves only declarations that an entry leads to, so that none needs types which a user does not have. They name each
 * other as `.ts`, where compilers look for `.d.ts`.
 */
const keepDeclarations = (folder: string, entries: ReadonlyArray<string>): void => {
  const kept = new Set<string>()
  const keep = (file: string): void => {
    if (kept.has(file) || !existsSync(join(folder, file))) return
    kept.add(file)
    for (const [, path = ""] of readFileSync(join(folder, file), "utf8").matchAll(RELATIVE)) {
      keep(join(dirname(file), path.replace(/\.ts$/, ".d.ts").replace(/\.mjs$/, ".d.mts")))
    }
  }
  for (const entry of entries) {
    if (!existsSync(join(folder, entry))) throw new Error(`package.json exports ${entry}, which is not built`)
    keep(normalize(entry))
  }
  for (const file of globSync("**/*.d.{ts,mts}", { cwd: folder })) {
    if (!kept.has(normalize(file))) rmSync(join(folder, file))
  }
}
