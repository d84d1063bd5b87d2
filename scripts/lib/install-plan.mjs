/**
 * Decides whether dependencies must be installed, and how, from what npm itself recorded. Pure, so that it is tested;
 * plain JavaScript, because it runs before anything is installed.
 *
 * @typedef {{ version?: string, optional?: boolean, link?: boolean, dependencies?: object, devDependencies?: object, optionalDependencies?: object, peerDependencies?: object }} Package
 * @typedef {{ packages?: Record<string, Package> }} Lock
 */

/** The project's own package that names its Node, for each platform: its folder. */
export const NODE_PACKAGE = "tools/node"

const KINDS = /** @type {const} */ ([
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
])

/**
 * @param {{ manifest: any, node?: any, lock: Lock | undefined, installed: Lock | undefined }} state `manifest`
 *   and `node` are the package.json of the project and of NODE_PACKAGE
 * @returns {{ command: "ci" | "install", reason: string } | undefined} undefined when everything is in place
 */
export const installPlan = ({ manifest, node, lock, installed }) => {
  if (lock?.packages === undefined) return { command: "install", reason: "there is no lockfile" }
  for (const kind of KINDS) {
    if (!sameEntries(manifest?.[kind], lock.packages[""]?.[kind])) {
      return { command: "install", reason: `${kind} changed in package.json` }
    }
    if (!sameEntries(node?.[kind], lock.packages[NODE_PACKAGE]?.[kind])) {
      return { command: "install", reason: `${kind} changed in ${NODE_PACKAGE}/package.json` }
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
