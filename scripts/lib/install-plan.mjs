/**
 * Decides whether dependencies must be installed, and how, from what npm itself recorded. Pure, so that it is tested;
 * plain JavaScript, because it runs before anything is installed.
 *
 * @typedef {{ version?: string, optional?: boolean, dependencies?: object, devDependencies?: object, optionalDependencies?: object }} Package
 * @typedef {{ packages?: Record<string, Package> }} Lock
 */

/**
 * @param {{ manifest: any, lock: Lock | undefined, installed: Lock | undefined }} state
 * @returns {{ command: "ci" | "install", reason: string } | undefined} undefined when everything is in place
 */
export const installPlan = ({ manifest, lock, installed }) => {
  if (lock?.packages === undefined) return { command: "install", reason: "there is no lockfile" }
  const locked = lock.packages[""]
  for (const kind of /** @type {const} */ (["dependencies", "devDependencies", "optionalDependencies"])) {
    if (!sameEntries(manifest?.[kind], locked?.[kind])) {
      return { command: "install", reason: `${kind} changed in package.json` }
    }
  }
  if (installed?.packages === undefined) return { command: "ci", reason: "nothing is installed yet" }
  for (const [path, { version, optional }] of Object.entries(lock.packages)) {
    if (path === "") continue
    const found = installed.packages[path]
    // Binaries for other platforms are optional and rightly absent.
    if (found === undefined ? !optional : found.version !== version) {
      return { command: "ci", reason: `${path.replace(/^.*node_modules\//, "")} is not at ${version}` }
    }
  }
  return undefined
}

/** npm sorts both, so the order tells nothing. */
const sameEntries = (/** @type {object | undefined} */ a, /** @type {object | undefined} */ b) =>
  sortedJson(a) === sortedJson(b)

const sortedJson = (/** @type {object | undefined} */ entries = {}) =>
  JSON.stringify(entries, Object.keys(entries).sort())
