/**
 * What every npm script does first, under whatever Node is installed on the machine (20 or newer) and before anything
 * of the project is there: install what is missing, then run the script again under the Node that the project brings
 * (`node_modules/.bin/node`), because wrangler and the tests need a newer one. Only `node:` modules here.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { installPlan } from "./lib/install-plan.mjs"

export const root = resolve(fileURLToPath(new URL("..", import.meta.url)))

const projectNode = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node")

/**
 * @param {string} script `import.meta.url` of the entry script
 * @param {() => Promise<{ main: (args: string[]) => Promise<number> }>} load the part that needs the project's Node
 */
export const run = async (script, load) => {
  process.chdir(root)
  stopWithNpm()
  install()
  if (isProjectNode()) {
    const { main } = await load()
    process.exit(await main(process.argv.slice(2)))
  }
  process.exit(await again(fileURLToPath(script)))
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

const install = () => {
  const plan = installPlan({
    manifest: readJson("package.json"),
    lock: readJson("package-lock.json"),
    // npm's own record of what it put into node_modules
    installed: existsSync(projectNode) ? readJson("node_modules/.package-lock.json") : undefined,
  })
  if (plan === undefined) return
  console.error(`Installing dependencies (npm ${plan.command}: ${plan.reason}) ...`)
  const { status, error } = spawnSync("npm", [plan.command, "--no-progress"], {
    cwd: root,
    // npm must not run on the Node inside the folder that it is about to replace
    env: { ...process.env, PATH: pathWithoutProjectBinaries() },
    // stdout belongs to the script; npm gets no input, so that it can ask nothing
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  })
  if (status === 0 && existsSync(projectNode)) return
  console.error(`npm ${plan.command} failed${error ? `: ${error.message}` : ""}`)
  process.exit(1)
}

const pathWithoutProjectBinaries = () =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => resolve(folder) !== join(root, "node_modules", ".bin"))
    .join(delimiter)

const isProjectNode = () => process.version === `v${readJson("node_modules/node/package.json")?.version}`

/** Runs the script under the project's Node, passes signals on, and resolves to its exit code. */
const again = (/** @type {string} */ script) =>
  new Promise((done) => {
    const child = spawn(projectNode, [script, ...process.argv.slice(2)], {
      // The channel closes when this process dies, however it dies: that is how the other one notices.
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env: {
        ...process.env,
        PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH ?? ""}`,
      },
      shell: process.platform === "win32",
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
