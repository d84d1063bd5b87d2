import { build } from "esbuild"

export const DOMAIN_SCRIPT = "src/pages/assets/assets/shared/domain.js"
const ENTRY = "src/pages/browser.ts"

/** The domain's code that the pages use, as one script that people can read. */
export const makeDomainScript = async (): Promise<string> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2024",
    charset: "utf8",
    banner: { js: `// Made of ${ENTRY} by \`npm run pages\`: change that and what it exports, not this.` },
  })
  const foreign = Object.keys(metafile.inputs).filter((path) => !path.startsWith("src/"))
  // A package would bring its licence, and more bytes than a page should load.
  if (foreign.length > 0) throw new Error(`${ENTRY} brings other people's code along: ${foreign.join(", ")}`)
  return outputFiles[0]!.text
}
