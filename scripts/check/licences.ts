import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bundlePages } from "../lib/pageBundles.mjs"
import { command, type Outcome } from "./run.ts"

/** What `npm run licences` writes. */
export const FILE = "THIRD_PARTY.md"

interface Package {
  readonly name: string
  readonly version: string
  /** As its package.json has it. */
  readonly license?: string | undefined
  /** The text of its licence file, where it has one. */
  readonly text?: string | undefined
  /** What its files say of code that they have from somebody else; by file, from the package's folder. */
  readonly notices: Readonly<Record<string, ReadonlyArray<string>>>
}

/**
 * The files of other people's packages that esbuild put into a bundle, from the folder of the project, with `/`.
 *
 * @param metafile esbuild's: `outputs[path].inputs[path].bytesInOutput`
 */
export const bundledFiles = (metafile: {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >
}): ReadonlyArray<string> =>
  Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([path, { bytesInOutput }]) => {
      const start = path.indexOf("node_modules/")
      return bytesInOutput > 0 && start >= 0 ? [path.slice(start)] : []
    })
    .toSorted()

/** `node_modules/a/node_modules/@b/c` of a file in there. */
export const folderOf = (file: string): string =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file

/** The comments of a source that name another owner: a copyright whole, as its licence asks; of others the line. */
export const noticesIn = (source: string): ReadonlyArray<string> =>
  [...source.matchAll(/\/\*[\s\S]*?\*\//g)].flatMap(([comment]) => {
    const lines = comment
      .replace(/^\/\*\**|\*\/$/g, "")
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    if (/\bcopyright\b.*\d{4}|@license\b/i.test(comment)) return [lines.join("\n").trim()]
    return lines.filter((line) =>
      /\b(?:adapted|ported|copied|vendored|taken) from\b.*(?:https?:|\blicen[sc]e)/i.test(line),
    )
  })

const readPackage = (folder: string, files: ReadonlyArray<string>): Package => {
  // Written by npm from our own lockfile
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Package
  const texts = readdirSync(folder).filter((file) => /^(?:licen[sc]e|copying|notice)\b/i.test(file))
  const notices = files.flatMap((file) => {
    const found = new Set(noticesIn(readFileSync(file, "utf8")))
    return found.size > 0 ? [[file.slice(folder.length + 1), [...found]]] : []
  })
  const text = texts.map((file) => readFileSync(`${folder}/${file}`, "utf8").trim()).join("\n\n")
  return { name, version, license, text: text || undefined, notices: Object.fromEntries(notices) }
}

export const thirdParty = (packages: ReadonlyArray<Package>): string =>
  [
    "# Third-party software",
    "Whose code is in what `npm run deploy` uploads: the Worker, and the pages' scripts that browsers are sent. Written by `npm run licences` from the bundles themselves; `npm run check` fails when it is out of date.",
    "Two things are not sent but named, and fetched by the browser from their owners into frames: by the form's page the Tailwind script from its CDN (an extra: the page is whole without it), by `/{id}.db?page=studio` the Outerbase studio, when the visitor asks for it. Packages in the pages are in scripts of their own, sent when they are needed. What only builds and tests the project is neither uploaded nor sent. In the package that others install, `dist/src/mcpSdk.mjs` and `dist/assets/made/` are made of what is listed here; the rest of it npm fetches from its owners.",
    ...packages.flatMap(({ name, version, license, text, notices }) => [
      `## ${name} ${version}`,
      license === undefined && text === undefined
        ? "**States no licence**: neither its package.json nor a file in it names one. All rights are its author's until they say otherwise."
        : `Licence: ${license ?? "see its text"}.`,
      ...(text === undefined ? [] : [fenced(text)]),
      ...Object.entries(notices).flatMap(([file, found]) => [`In its \`${file}\`:`, ...found.map(fenced)]),
    ]),
  ].join("\n\n") + "\n"

const fenced = (text: string) => `\`\`\`text\n${text}\n\`\`\``

/** Bundles the Worker as a deploy would, uploads nothing, and lists whose code is in it. */
export const currentThirdParty = async (): Promise<Outcome> => {
  const folder = mkdtempSync(join(tmpdir(), "licences-"))
  try {
    const metafile = join(folder, "meta.json")
    const options = ["--dry-run", "--minify", "--outdir", folder, "--metafile", metafile]
    const built = await command("wrangler", "deploy", ...options)
    if (!built.ok) return built
    const pages = await bundlePages()
    const files = [JSON.parse(readFileSync(metafile, "utf8")), pages.metafile].flatMap(bundledFiles)
    const packages = Map.groupBy(files.toSorted(), folderOf)
    return {
      ok: packages.size > 0,
      output: thirdParty([...packages].map(([path, own]) => readPackage(path, own))),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const checkThirdParty = async (): Promise<Outcome> => {
  const { ok, output } = await currentThirdParty()
  if (!ok) return { ok, output }
  return output === readFileSync(FILE, "utf8")
    ? { ok, output: "" }
    : { ok: false, output: `${FILE} is not what the bundle holds: npm run licences` }
}
