/**
 * `node scripts/complete-lockfile.mjs`, after a change of the dependencies.
 *
 * Tools like oxlint ship one optional package a platform. Where the registry that npm asked did not have all of them
 * (a mirror that lags behind), npm leaves them out of the lockfile, and `npm ci` then refuses it as incomplete. This
 * adds what is missing: name, version and platform are known without asking anybody. Such an entry has no checksum;
 * npm skips it on other platforms, and fetches it by name and version on its own.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { missingPlatforms } from "./lib/lockfile.mjs"

const file = new URL("../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(file, "utf8"))
const missing = missingPlatforms(lock)
lock.packages = Object.fromEntries(
  Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, "en")),
)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`added ${Object.keys(missing).length} packages of other platforms`)
