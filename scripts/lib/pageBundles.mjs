import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../..", import.meta.url))
const ASSETS = "src/pages/assets/assets"
/** Where the pages' HTML finds what is made here; not committed. */
const MADE = "made"

/** How a file ends that somebody is writing. */
const UNDER_WAY = ".tmp"

/** Pages with a script: `<page>/<page>.js`. */
const SCRIPTS = ["callback", "console", "docs", "form", "result", "studio"]

/** What only some visitors need is a script of its own, loaded by `import("../lazy/….js")` when they do. */
const lazily = {
  name: "lazy",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve }) {
    onResolve({ filter: /\/lazy\/\w+\.js$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: `/assets/${MADE}/${basename(path)}`, external: true } : undefined,
    )
  },
}

const filesIn = (/** @type {string} */ folder) =>
  readdirSync(join(root, ASSETS, folder))
    .filter((file) => /\.(?:css|js)$/.test(file))
    .map((file) => `${ASSETS}/${folder}/${file}`)

/** One style sheet and one script for each page, so that a slow line is crossed once, and what is loaded when needed. */
export const bundlePages = () =>
  build({
    absWorkingDir: root,
    entryPoints: [
      ...filesIn("pages"),
      ...filesIn("lazy"),
      ...SCRIPTS.map((page) => `${ASSETS}/${page}/${page}.js`),
    ],
    entryNames: "[name]",
    outdir: `${ASSETS}/${MADE}`,
    bundle: true,
    minify: true,
    sourcemap: "linked",
    write: false,
    metafile: true,
    format: "esm",
    target: "es2024",
    charset: "utf8",
    legalComments: "inline",
    plugins: [lazily],
  })

/** Writes them, and nothing that is there already: whoever watches the folder would build again and again. */
export const writePages = async () => {
  const { outputFiles } = await bundlePages()
  const folder = join(root, ASSETS, MADE)
  mkdirSync(folder, { recursive: true })
  const made = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]))
  for (const name of readdirSync(folder))
    if (!made.has(name) && !name.endsWith(UNDER_WAY)) rmSync(join(folder, name), { force: true })
  for (const [name, contents] of made) replace(join(folder, name), Buffer.from(contents))
}

/** Whoever reads the file meanwhile gets the old one or the new one, whole. */
const replace = (/** @type {string} */ file, /** @type {Buffer} */ contents) => {
  try {
    if (readFileSync(file).equals(contents)) return
  } catch {
    // It is not there yet.
  }
  const next = `${file}.${process.pid}${UNDER_WAY}`
  writeFileSync(next, contents)
  renameSync(next, file)
}
