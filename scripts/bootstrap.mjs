/**
 * What every npm script does first, under whatever Node is installed on the machine (20 or newer) and before anything
 * of the project is there: install what is missing, then go on under the Node that the project brings, because wrangler
 * and the tests need a newer one. Only `node:` modules here.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, dirname, join, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { installPlan, NODE_PACKAGE } from "./lib/install-plan.mjs"

export const root = resolve(fileURLToPath(new URL("..", import.meta.url)))

const modules = join(root, "node_modules")

/**
 * @param {string} script `import.meta.url` of the entry script
 * @param {() => Promise<{ main: (args: string[]) => Promise<number> }>} load the part that needs the project's Node
 */
export const run = async (script, load) => {
  const node = prepare()
  // By version, not by path: a path that is spelled in two ways would start this again and again.
  if (process.version === node.version) {
    const { main } = await load()
    process.exit(await main(process.argv.slice(2)))
  }
  process.exit(await under(node.file, [fileURLToPath(script), ...process.argv.slice(2)]))
}

/** Runs a file, given from the project's folder, to its end under the project's Node. */
export const runFile = async (/** @type {string[]} */ args) => process.exit(await under(prepare().file, args))

/** Installs what is missing, puts what was installed first in PATH, and returns the project's Node. */
const prepare = () => {
  process.chdir(root)
  stopWithNpm()
  const node = install()
  // The folder of the Node itself too: npm 10 leaves no link to it in .bin (docs/adr/0020).
  process.env.PATH = [dirname(node.file), join(modules, ".bin"), process.env.PATH ?? ""].join(delimiter)
  return node
}

/**
 * npm runs a script through a shell, and when npm is killed, or the shell ended by a signal meant for both, the script
 * hears nothing. Being left behind is therefore taken as being asked to stop. (`exec` in package.json's start and dev
 * does without the shell, so that Ctrl-C ends in the script's own exit code.) Started otherwise, a script may well
 * outlive the shell it came from.
 */
const stopWithNpm = () => {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM")
  }, 250).unref()
}

const readJson = (/** @type {string} */ file) => {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8"))
  } catch {
    return undefined
  }
}

/** Of the platforms' packages, npm installs the one that fits. */
const projectNode = () => {
  for (const name of Object.keys(readJson(`${NODE_PACKAGE}/package.json`)?.optionalDependencies ?? {})) {
    const { bin, version } = readJson(`node_modules/${name}/package.json`) ?? {}
    const file = bin && join(modules, name, bin.node)
    if (file && existsSync(file)) return { file, version: `v${version}` }
  }
  return undefined
}

const install = () => {
  const present = projectNode()
  const plan = installPlan({
    manifest: readJson("package.json"),
    node: readJson(`${NODE_PACKAGE}/package.json`),
    lock: readJson("package-lock.json"),
    // npm's own record of what it put into node_modules
    installed: present && readJson("node_modules/.package-lock.json"),
  })
  if (plan === undefined && present) return present
  const command = plan?.command ?? "ci"
  console.error(`Installing dependencies (npm ${command}: ${plan?.reason}) ...`)
  // No package's scripts, and not the project's own, which would come back here.
  const { status, error } = spawnSync("npm", [command, "--ignore-scripts", "--no-progress"], {
    cwd: root,
    // npm must not run on the Node inside the folder that it is about to replace
    env: { ...process.env, PATH: pathWithoutProject() },
    // stdout belongs to the script; npm gets no input, so that it can ask nothing
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  })
  const node = projectNode()
  if (status === 0 && node) return node
  console.error(
    status === 0
      ? `npm installed no Node for ${process.platform} ${process.arch}: see ${NODE_PACKAGE}/package.json`
      : `npm ${command} failed${error ? `: ${error.message}` : ""}`,
  )
  process.exit(1)
}

const pathWithoutProject = () =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !resolve(folder).startsWith(`${modules}${sep}`))
    .join(delimiter)

/** Passes signals on, and resolves to the exit code. */
const under = (/** @type {string} */ node, /** @type {string[]} */ args) =>
  new Promise((done) => {
    const child = spawn(node, args, {
      // The channel closes when this process dies, however it dies: that is how the other one notices.
      stdio: ["inherit", "inherit", "inherit", "ipc"],
    })
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.on(signal, () => child.kill(signal))
    }
    child.on("error", (error) => {
      console.error(error.message)
      done(1)
    })
    child.on("exit", (code, signal) => done(code ?? (signal ? 128 + constants.signals[signal] : 1)))
  })
