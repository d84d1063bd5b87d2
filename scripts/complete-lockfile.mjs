/**
 * `node scripts/complete-lockfile.mjs`, after a change of the dependencies.
 *
 * Tools like oxlint ship one optional package a platform. Where the registry that npm asks does not have all of them (a
 * mirror that lags behind), npm leaves them out of the lockfile, and `npm ci` then refuses it as incomplete. This adds
 * what is missing: name, version and platform are known without asking anybody. Such an entry has no checksum; npm
 * skips it on other platforms, and fetches it by name and version on its own. Each run asks again for those that had
 * none the last time.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { completed, unchecked } from "./lib/lockfile.mjs"

const file = new URL("../package-lock.json", import.meta.url)
const read = () => JSON.parse(readFileSync(file, "utf8"))
const write = (/** @type {object} */ lock) => writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)

const before = read()
for (const path of unchecked(before)) delete before.packages[path]
write(before)
// Quiet about engines, which npm holds against the wrong Node; errors are shown.
const { status } = spawnSync(
  "npm",
  ["install", "--package-lock-only", "--ignore-scripts", "--loglevel=error"],
  {
    cwd: new URL("..", import.meta.url),
    stdio: "inherit",
    shell: process.platform === "win32",
  },
)
const after = completed(read())
write(after)
console.log(`without a checksum: ${unchecked(after).join(", ") || "none"}`)
process.exit(status ?? 1)
