import { build } from "esbuild"

const SHARED = "src/pages/assets/assets/shared"

/** Code of other rooms that the pages use, each named by an entry and served as a script that people can read. */
export const PAGE_SCRIPTS: ReadonlyArray<{ readonly file: string; readonly entry: string }> = [
  { file: `${SHARED}/domain.js`, entry: "src/pages/browser.ts" },
  { file: `${SHARED}/client.js`, entry: "src/pages/client.ts" },
]

export const makePageScript = async (entry: string): Promise<string> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2024",
    charset: "utf8",
    banner: { js: `// Made of ${entry} by \`npm run pages\`: change that and what it exports, not this.` },
  })
  const foreign = Object.keys(metafile.inputs).filter((path) => !path.startsWith("src/"))
  // A package would bring its licence, and more bytes than a page should load.
  if (foreign.length > 0) throw new Error(`${entry} brings other people's code along: ${foreign.join(", ")}`)
  return outputFiles[0]!.text
}
