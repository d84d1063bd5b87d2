import { chmodSync, mkdirSync, readdirSync } from "node:fs"
import { join, relative } from "node:path"
import { type Group, startGroup } from "../lib/process-group.ts"
import { isFree, nextFree } from "../lib/ports.ts"
import { parseStartArgs, type StartOptions, usage, UsageError } from "./args.ts"
import { simulatorCommand, wranglerCommand, wranglerEnv } from "./commands.ts"
import { takeLock } from "./lock.ts"
import { welcome } from "./message.ts"

const READY_MS = 120_000

/** The end of a run that is nobody's wish: what happened, and the output that explains it. */
class Failure extends Error {}

type Start = typeof startGroup

export const main = async (argv: ReadonlyArray<string>): Promise<number> => {
  // From the very beginning: a signal that comes while things start must not leave anything behind.
  const stopRequested = whenStopRequested()
  const groups: Array<Group> = []
  let stopping = false
  try {
    const options = parseStartArgs(argv, process.env)
    if (options.help) {
      console.log(usage)
      return 0
    }
    const start: Start = (group) => {
      if (stopping) throw new Failure("stopped while starting")
      const started = startGroup(group)
      groups.push(started)
      return started
    }
    const running = serve(options, start)
    // Once stopping, what `serve` has to say about its dying children is no news.
    running.catch(() => {})
    await Promise.race([running, stopRequested])
    stopping = true
    console.log("\nStopping ...")
    return await stopAll(groups, 0)
  } catch (error) {
    if (!(error instanceof Failure || error instanceof UsageError)) throw error
    console.error(error.message)
    return await stopAll(groups, error instanceof UsageError ? 2 : 1)
  }
}

/** Starts everything and says so; from then on it only ever fails, when one of the processes ends. */
const serve = async (options: StartOptions, start: Start): Promise<never> => {
  // Objects' databases hold keys. Whatever is made from here on, by the processes that this one starts too, is ours alone.
  process.umask(0o077)
  mkdirSync(options.data, { recursive: true })
  keepToOurselves(options.data)
  let url = ""
  // A relative path, since the length of a socket's path is limited.
  const lock = await takeLock(relative("", join(options.data, "start.sock")), () => url)
  if (lock.takenBy !== undefined) {
    throw new Failure(`Already running in ${options.data}${lock.takenBy ? `: ${lock.takenBy}` : ""}`)
  }

  console.log("Starting ...")
  const port = await choosePort("--port", options.port, 8787, [])
  let simulator: Simulator | undefined
  if (!options.realApi) {
    const simulatorPort = await choosePort("--simulator-port", options.simulatorPort, port + 1, [port])
    simulator = await startSimulator(options, start, simulatorPort)
  }

  url = `http://127.0.0.1:${port}`
  const wrangler = start({
    name: "wrangler dev",
    command: wranglerCommand(options, port, simulator?.url),
    env: wranglerEnv(options.data),
    log: join(options.data, "wrangler.log"),
    ...(options.verbose ? { onLine: (line: string) => console.log(`[worker] ${line}`) } : {}),
  })
  const ended = Promise.race([
    failWhenEnded(wrangler),
    ...(simulator ? [failWhenEnded(simulator.group)] : []),
  ])
  await Promise.race([answers(url), ended])
  console.log(welcome({ url, data: options.data, simulatorUrl: simulator?.url }))
  return ended
}

/** What an earlier version made may be open to everybody on the machine. */
const keepToOurselves = (folder: string) => {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) keepToOurselves(path)
    else if (entry.isFile()) chmodSync(path, 0o600)
  }
}

interface Simulator {
  readonly group: Group
  readonly url: string
}

const choosePort = async (
  name: string,
  asked: number | undefined,
  otherwise: number,
  taken: ReadonlyArray<number>,
) => {
  if (asked === undefined) return nextFree(otherwise, taken)
  if (!taken.includes(asked) && (await isFree(asked))) return asked
  throw new Failure(`${name} ${asked} is in use by another program`)
}

const startSimulator = async (options: StartOptions, start: Start, port: number): Promise<Simulator> => {
  const listening = Promise.withResolvers<string>()
  const group = start({
    name: "simulator",
    command: simulatorCommand(options.data, port),
    log: join(options.data, "simulator.log"),
    onLine: (line) => {
      if (options.verbose) console.log(`[simulator] ${line}`)
      const url = listeningUrl(line)
      if (url !== undefined) listening.resolve(url)
    },
  })
  return { group, url: await Promise.race([listening.promise, failWhenEnded(group)]) }
}

/** The simulator says `{"event":"listening","url":...}` once it answers. */
const listeningUrl = (line: string): string | undefined => {
  if (!line.startsWith("{")) return undefined
  try {
    const message: unknown = JSON.parse(line)
    return typeof message === "object" &&
      message !== null &&
      "event" in message &&
      message.event === "listening" &&
      "url" in message &&
      typeof message.url === "string"
      ? message.url.replace(/\/$/, "")
      : undefined
  } catch {
    return undefined
  }
}

/** Any answer will do: it is the server that is waited for, not a page. */
const answers = async (url: string): Promise<void> => {
  const deadline = Date.now() + READY_MS
  for (;;) {
    try {
      const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5000) })
      await response.body?.cancel()
      return
    } catch {
      if (Date.now() > deadline) throw new Failure(`${url} did not answer within ${READY_MS / 1000} s`)
      await new Promise((done) => setTimeout(done, 100))
    }
  }
}

const failWhenEnded = async (group: Group): Promise<never> => {
  const how = await group.ended
  throw new Failure(`${how}. Its last output:\n\n${group.tail()}\n`)
}

const whenStopRequested = (): Promise<void> =>
  new Promise((done) => {
    // A terminal's Ctrl-C arrives more than once: from the terminal, and passed on by npm.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => done())
    process.on("disconnect", () => done())
  })

const stopAll = async (groups: ReadonlyArray<Group>, exitCode: number): Promise<number> => {
  const stopped = await Promise.allSettled(groups.map((group) => group.stop()))
  const failures = stopped.filter((result) => result.status === "rejected")
  for (const failure of failures) console.error(String(failure.reason))
  return failures.length > 0 ? 1 : exitCode
}
