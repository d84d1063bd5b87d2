const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
]
const processors = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"]

/**
 * The lockfile as the project keeps it: every platform's packages, and no `engines` but the project's own. npm holds
 * those against the Node that it runs on itself, and complains; the packages are run by the Node that the project
 * brings, which is what the tests hold them against.
 *
 * @template {{ packages: Record<string, any> }} Lock
 * @param {Lock} lock
 */
export const completed = (lock) => {
  const packages = Object.entries({ ...lock.packages, ...missingPlatforms(lock) }).map(([path, entry]) => {
    const kept = { ...entry }
    if (path !== "") delete kept.engines
    return /** @type {const} */ ([path, kept])
  })
  return { ...lock, packages: Object.fromEntries(packages.sort(([a], [b]) => a.localeCompare(b, "en"))) }
}

/** The paths of packages that npm would install without holding them against a checksum. */
export const unchecked = (/** @type {{ packages: Record<string, any> }} */ { packages }) =>
  Object.keys(packages).filter(
    (path) =>
      path.startsWith("node_modules/") &&
      packages[path].link !== true &&
      packages[path].integrity === undefined,
  )

/**
 * The optional packages that the lockfile's packages want and that it does not hold, as lockfile entries.
 *
 * @param {{ packages: Record<string, any> }} lock
 * @returns {Record<string, object>}
 */
export const missingPlatforms = ({ packages }) => {
  /** @type {Record<string, object>} */
  const missing = {}
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const entry = `node_modules/${name}`
      if (packages[entry] !== undefined || packages[`${path}/${entry}`] !== undefined) continue
      const platform = platformOf(name)
      // Not a binary of a platform, or a range instead of a version: only a registry knows more.
      if (platform === undefined || !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) continue
      const { cpu, os, libc } = platform
      // In the order in which npm writes them, so that its next run changes nothing
      missing[entry] = {
        version,
        cpu,
        ...(dev ? { dev } : {}),
        ...(libc ? { libc } : {}),
        optional: true,
        os,
      }
    }
  }
  return missing
}

/**
 * `@oxlint/binding-linux-arm64-musl` runs where its name says.
 *
 * @param {string} name
 */
export const platformOf = (name) => {
  const words = (name.split("/").at(-1) ?? "").split("-")
  const os = words.find((word) => systems.includes(word))
  const cpu = words.find((word) => processors.includes(word))
  if (os === undefined || cpu === undefined) return undefined
  const libc = os === "linux" ? libcOf(words) : undefined
  return { cpu: [cpu], os: [os], libc: libc && [libc] }
}

const libcOf = (/** @type {ReadonlyArray<string>} */ words) => {
  if (words.some((word) => word.startsWith("musl"))) return "musl"
  return words.some((word) => word.startsWith("gnu")) ? "glibc" : undefined
}
