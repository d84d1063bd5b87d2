import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { SourceMap, type SourceMapPayload } from "node:module"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { nextFree } from "../../scripts/lib/ports.ts"
import { wranglerEnv } from "../../scripts/start/commands.ts"

/** What a bench starts; all of it ends with `stop`, and its files with it. */
export interface Started {
  readonly url: string
  readonly pid: number
  readonly stop: () => Promise<void>
}

/** In memory where that can be had: how long a disk takes to be sure says nothing about the product. */
const place = () => (existsSync("/dev/shm") ? "/dev/shm" : tmpdir())

/** A folder of its own for everything that one command writes. */
export const makeFolder = () => {
  const path = mkdtempSync(join(place(), "multitask-bench-"))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** Parallel's stand-in, in a process of its own. */
export const startSimulator = async (folder: string, scenario: object): Promise<Started> => {
  const file = join(folder, `scenario-${Math.random().toString(36).slice(2)}.json`)
  writeFileSync(file, JSON.stringify(scenario))
  const child = spawn(process.execPath, ["simulator/main.ts", "--seed", "bench", "--scenario", file], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  started.add(child)
  const url = await new Promise<string>((done, fail) => {
    child.once("exit", (code) => fail(new Error(`the simulator ended with ${code}`)))
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { event, url: address } = JSON.parse(line) as { event: string; url: string }
      if (event === "listening") done(address)
    })
  })
  return { url, pid: child.pid ?? 0, stop: () => ended(child) }
}

/** Whatever happens, nothing is left running. */
const started = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of started) child.kill("SIGKILL")
})

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done()
    child.once("exit", () => {
      started.delete(child)
      done()
    })
    child.kill("SIGTERM")
  })

/** A line of the project's own configuration: what is measured runs as what is deployed. */
const setting = (name: string): string => {
  const line = new RegExp(`^${name} = (.+)$`, "m").exec(readFileSync("wrangler.toml", "utf8"))
  if (line?.[1] === undefined) throw new Error(`wrangler.toml has no ${name}`)
  return line[1]
}

const bundles = new Map<string, string>()

/** What is loaded when `/mcp` is first asked. */
export const MCP_SDK = "src/mcpSdk.mjs"

/** As in the project's own configuration: what is loaded on demand is no part of a Worker that stands beside it. */
const MODULES = `find_additional_modules = true
rules = [
  { type = "ESModule", globs = ["**/mcpSdk.mjs"] },
  { type = "Text", globs = ["**/*.module.txt"], fallthrough = false },
]
`

const outOf = (name: string, folder: string): string => join(folder, name.replaceAll(/\W/g, "-"))

/** A Worker as `npm run deploy` would upload it. `without`: modules that something empty stands for, as they are imported. */
export const bundle = (
  entry: string,
  folder: string,
  without: Readonly<Record<string, string>> = {},
): string => {
  const name = [entry, ...Object.keys(without)].join(" without ")
  const known = bundles.get(name)
  if (known !== undefined) return known
  const out = outOf(name, folder)
  // Its own configuration: the project's names objects that a control does not have.
  const config = `${out}.toml`
  writeFileSync(
    config,
    `name = "bench"\nmain = ${JSON.stringify(resolve(entry))}\ncompatibility_date = ${setting("compatibility_date")}\ncompatibility_flags = ${setting("compatibility_flags")}\n${MODULES}${aliases(without)}`,
  )
  const built = spawnSync(
    process.execPath,
    [
      "node_modules/wrangler/bin/wrangler.js",
      "deploy",
      "--config",
      config,
      "--dry-run",
      "--minify",
      "--outdir",
      out,
    ],
    { encoding: "utf8", env: wranglerEnv(folder) },
  )
  if (built.status !== 0) throw new Error(`${entry} could not be bundled: ${built.stdout}${built.stderr}`)
  const file = readdirSync(out).find((made) => made.endsWith(".js"))
  if (file === undefined) throw new Error(`${entry}: no bundle in ${out}`)
  const code = readFileSync(join(out, file), "utf8")
  bundles.set(name, code)
  return code
}

/** Of a bundle's places, those in the sources. */
export const sourceMapOf = (entry: string, folder: string): SourceMap => {
  bundle(entry, folder)
  const out = outOf(entry, folder)
  const file = readdirSync(out).find((made) => made.endsWith(".js.map"))
  if (file === undefined) throw new Error(`${entry}: no source map in ${out}`)
  return new SourceMap(JSON.parse(readFileSync(join(out, file), "utf8")) as SourceMapPayload)
}

/** wrangler's, of specifiers as they are written. */
const aliases = (of: Readonly<Record<string, string>>): string =>
  ["[alias]", ...Object.entries(of).map(([from, to]) => `${quoted(from)} = ${quoted(resolve(to))}`)].join(
    "\n",
  )

interface WorkerOptions {
  readonly entry: string
  readonly objects: Readonly<Record<string, string>>
  readonly folder: string
  /** Where the objects' databases are; a second start on the same folder finds them. */
  readonly data: string
  readonly vars?: Readonly<Record<string, string>>
  /** Where its inspector listens, if it shall. */
  readonly inspectorPort?: number
}

/** workerd itself, as wrangler brings it along. */
const WORKERD = `node_modules/@cloudflare/workerd-${process.platform}-${process.arch === "x64" ? "64" : process.arch}/bin/workerd`

const quoted = JSON.stringify

/** A configuration of workerd: one Worker with its objects, their databases on disk, and the network. */
const configuration = (options: WorkerOptions, port: number, data: string): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = ${quoted(data)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "mcpSdk.mjs", esModule = embed "mcpSdk.mjs"),
  ],
  compatibilityDate = ${setting("compatibility_date")},
  compatibilityFlags = ${setting("compatibility_flags")},
  bindings = [
    ${Object.entries(options.objects)
      .map(([binding, name]) => `(name = ${quoted(binding)}, durableObjectNamespace = ${quoted(name)})`)
      .concat(
        Object.entries(options.vars ?? {}).map(
          ([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`,
        ),
      )
      .join(",\n    ")}
  ],
  durableObjectNamespaces = [
    ${Object.values(options.objects)
      .map((name) => `(className = ${quoted(name)}, uniqueKey = ${quoted(name)}, enableSql = true)`)
      .join(",\n    ")}
  ],
  durableObjectStorage = (localDisk = "disk"),
);
`

export const freePort = (): Promise<number> => nextFree(20_000 + Math.floor(Math.random() * 20_000), [])

/** A Worker in a workerd of its own, without the proxy that `wrangler dev` puts in front. */
const startWorker = async (options: WorkerOptions): Promise<Started> => {
  const data = join(options.folder, options.data)
  mkdirSync(data, { recursive: true })
  const place = mkdtempSync(join(options.folder, "workerd-"))
  writeFileSync(join(place, "worker.js"), bundle(options.entry, options.folder))
  copyFileSync(MCP_SDK, join(place, "mcpSdk.mjs"))
  const port = await freePort()
  const config = join(place, "config.capnp")
  writeFileSync(config, configuration(options, port, data))
  const inspector =
    options.inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${options.inspectorPort}`]
  const child = spawn(WORKERD, ["serve", config, ...inspector], { stdio: ["ignore", "inherit", "inherit"] })
  started.add(child)
  const ending = new Promise<never>((_, fail) =>
    child.once("exit", (code) => fail(new Error(`workerd ended with ${code}`))),
  )
  ending.catch(() => {})
  await Promise.race([answering(port), ending])
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop: () => ended(child) }
}

const answering = async (port: number): Promise<void> => {
  for (let attempt = 0; attempt < 400; attempt++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, "127.0.0.1", () => done(true))
      socket.once("error", () => done(false))
      socket.once("connect", () => socket.destroy())
    })
    if (open) return
    await new Promise((done) => setTimeout(done, 25))
  }
  throw new Error(`nothing listens on ${port}`)
}

export const startProduct = (
  folder: string,
  simulatorUrl: string,
  options: {
    /** Another than the one whose costs are counted. */
    readonly entry?: string
    readonly data?: string
    readonly count?: boolean
    readonly inspectorPort?: number
    readonly vars?: Readonly<Record<string, string>>
  } = {},
): Promise<Started> =>
  startWorker({
    entry: options.entry ?? "bench/workers/product.ts",
    objects: { TASK_GROUP: "TaskGroupDO", IDEMPOTENCY: "IdempotencyDO" },
    folder,
    data: options.data ?? "product",
    ...(options.inspectorPort === undefined ? {} : { inspectorPort: options.inspectorPort }),
    vars: {
      PARALLEL_BASE_URL: simulatorUrl,
      ALLOW_PRIVATE_URLS: "true",
      ...(options.count === true ? { BENCH_COUNT: "true" } : {}),
      ...options.vars,
    },
  })

export const startBare = (folder: string): Promise<Started> =>
  startWorker({ entry: "bench/workers/bare.ts", objects: { BARE: "BareObject" }, folder, data: "bare" })

const MIB = 1024 * 1024

const field = (pid: number, name: string): number => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  return (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024) / MIB
}

/** Milliseconds of CPU that a process has taken, its threads together (proc(5): in ticks of a hundredth). */
export const cpuMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** MiB resident now; `peak` since the last `reset`. */
export const memory = (pid: number) => ({
  now: () => field(pid, "VmRSS"),
  peak: () => field(pid, "VmHWM"),
  reset: () => writeFileSync(`/proc/${pid}/clear_refs`, "5"),
})
