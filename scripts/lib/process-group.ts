import { type ChildProcess, spawn } from "node:child_process"
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const keeper = fileURLToPath(new URL("keeper.mjs", import.meta.url))
const TAIL_LINES = 30

export interface Group {
  readonly name: string
  readonly pid: number
  /** Resolves to a description when the command has ended, for whatever reason. */
  readonly ended: Promise<string>
  /** The newest lines of its output. */
  readonly tail: () => string
  /** Ends the whole group, by force when it takes longer than `graceMs`; fails if a process of it is left. */
  readonly stop: (graceMs?: number) => Promise<void>
}

/** Starts a command as the leader of a process group of its own, with its output in `log` and on `onLine`. */
export const startGroup = (options: {
  readonly name: string
  readonly command: ReadonlyArray<string>
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly log: string
  readonly onLine?: (line: string) => void
}): Group => {
  const { name, log } = options
  writeFileSync(log, "")
  const child = spawn(process.execPath, [keeper, ...options.command], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const pid = child.pid
  if (pid === undefined) throw new Error(`${name} could not be started`)

  const lines: Array<string> = []
  const onLine = (line: string) => {
    appendFileSync(log, `${line}\n`)
    lines.push(line)
    if (lines.length > TAIL_LINES) lines.shift()
    options.onLine?.(line)
  }
  readLines(child.stdout, onLine)
  readLines(child.stderr, onLine)

  return {
    name,
    pid,
    ended: whenEnded(name, child),
    tail: () => lines.join("\n"),
    stop: (graceMs = 5000) => endGroup(name, pid, graceMs),
  }
}

const whenEnded = (name: string, child: ChildProcess): Promise<string> =>
  new Promise((done) => {
    child.once("error", (error) => done(`${name} could not be started: ${error.message}`))
    child.once("close", (code, signal) => done(`${name} ended with ${signal ?? `code ${code}`}`))
  })

const readLines = (stream: NodeJS.ReadableStream | null, onLine: (line: string) => void) => {
  if (stream === null) return
  let rest = ""
  stream.setEncoding("utf8")
  stream.on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n")
    rest = parts.pop() ?? ""
    for (const part of parts) onLine(part.replace(/\r$/, ""))
  })
  stream.on("end", () => {
    if (rest !== "") onLine(rest)
  })
}

const endGroup = async (name: string, pgid: number, graceMs: number) => {
  signalGroup(pgid, "SIGTERM")
  if (await isGone(pgid, graceMs)) return
  signalGroup(pgid, "SIGKILL")
  if (await isGone(pgid, 5000)) return
  throw new Error(`${name}: processes ${membersOf(pgid).join(", ")} could not be ended`)
}

const signalGroup = (pgid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(-pgid, signal)
  } catch {
    // Nobody is left to receive it.
  }
}

const isGone = async (pgid: number, withinMs: number) => {
  const deadline = Date.now() + withinMs
  while (membersOf(pgid).length > 0) {
    if (Date.now() > deadline) return false
    await new Promise((done) => setTimeout(done, 50))
  }
  return true
}

/** The living processes of a group. */
export const membersOf = (pgid: number): ReadonlyArray<number> => {
  try {
    process.kill(-pgid, 0)
  } catch {
    return []
  }
  if (process.platform !== "linux") return [pgid]
  // A zombie still belongs to its group; where process 1 does not reap (many containers), it does so for ever.
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
        // pid (name, which may hold anything) state ppid pgrp ...
        const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
        return Number(group) === pgid && state !== "Z" && state !== "X"
      } catch {
        return false
      }
    })
}
