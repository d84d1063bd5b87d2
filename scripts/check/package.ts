import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { packPackage } from "../lib/build.ts"
import { command, type Outcome } from "./run.ts"

/** What is published: `dist/`, the pages that the README names, and who else's code is in it. */
const PACKED =
  /^(?:dist\/(?:(?:src|simulator)\/.*\.(?:m?js|d\.ts|d\.mts)|assets\/.+)|docs\/[^/]+\.md|package\.json|(?:README|CHANGELOG|THIRD_PARTY)\.md|LICENSE)$/

/** The packed files that nobody wants to download. */
export const unwanted = (files: ReadonlyArray<string>): ReadonlyArray<string> =>
  files.filter((path) => !PACKED.test(path) || /(?:^|\/)tsconfig\.json$/.test(path))

/** Packs what would be published, and lets the two tools look at it that know how packages go wrong. */
export const checkPackage = async (): Promise<Outcome> => {
  const folder = mkdtempSync(join(tmpdir(), "package-"))
  try {
    const { tarball, files } = await packPackage(folder)
    const extra = unwanted(files)
    if (extra.length > 0) return { ok: false, output: `packed without need: ${extra.join(", ")}` }
    const linted = await command("publint", "run", tarball, "--strict")
    if (!linted.ok) return linted
    return await command("attw", tarball, "--profile", "esm-only", "--no-emoji", "--format", "ascii")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
