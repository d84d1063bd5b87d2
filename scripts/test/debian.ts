import { spawnSync, type SpawnSyncReturns } from "node:child_process"
import { existsSync } from "node:fs"

/** Installs packages where this is Debian and we may; says why it could not. */
export const installFromDebian = (packages: ReadonlyArray<string>): boolean => {
  if (!existsSync("/etc/debian_version") || process.getuid?.() !== 0) return false
  console.log(`Installing Debian's ${packages.join(", ")} ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const { status, stderr } = quietly("apt-get", args, env, 300_000)
    if (status !== 0) {
      console.error(`apt-get ${args[0]} failed: ${stderr.trim().split("\n").at(-1)}`)
      return false
    }
  }
  return true
}

/** Sees that commands are there, whose packages have their names; installs those that are not. */
export const needCommands = (names: ReadonlyArray<string>): void => {
  const missing = () => names.filter((name) => quietly(name, ["--version"]).status !== 0)
  const absent = missing()
  if (absent.length === 0 || (installFromDebian(absent) && missing().length === 0)) return
  throw new Error(`Tests run ${absent.join(" and ")}, which could not be installed: do that.`)
}

export const quietly = (
  command: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv = process.env,
  timeout = 60_000,
): SpawnSyncReturns<string> =>
  spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env,
    timeout,
    killSignal: "SIGKILL",
  })
