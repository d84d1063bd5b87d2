import { spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import { memory } from "./servers.ts"

export interface Ended {
  /** From its start to its end. */
  readonly ms: number
  /** MiB resident at most, as far as it was seen. */
  readonly peak: number
  readonly stdout: string
}

const LOOK_MS = 10

/** Runs a program to its end. Rejects when it fails, with what it said. */
export const runProgram = async (
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> => {
  const started = performance.now()
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  })
  const ending = new Promise<number | null>((done, fail) => {
    child.once("error", fail)
    child.once("close", done)
  })
  let peak = 0
  const looking = setInterval(() => {
    try {
      peak = Math.max(peak, memory(child.pid ?? 0).peak() || 0)
    } catch {
      // It has just ended.
    }
  }, LOOK_MS)
  try {
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ending])
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.slice(-1_000)}`)
    return { ms: performance.now() - started, peak, stdout }
  } finally {
    clearInterval(looking)
  }
}
