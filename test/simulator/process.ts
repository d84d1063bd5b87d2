import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const MAIN = fileURLToPath(new URL("../../simulator/main.ts", import.meta.url))

export interface Running {
  readonly url: string
  readonly child: ChildProcess
  readonly line: Record<string, unknown>
  /** Ends the process and waits for it; the answer is its exit code, null when killed. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

const children = new Set<ChildProcess>()

/** For `afterAll`: a test that fails half-way leaves no process behind (which would keep the test run from ending). */
export const endAll = (): void => {
  for (const child of children) child.kill("SIGKILL")
}

/** The simulator as users start it; resolves once it listens. */
export const startProcess = async (...args: ReadonlyArray<string>): Promise<Running> => {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  children.add(child)
  child.once("exit", () => children.delete(child))
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([
    once(lines, "line").then(([line]) => String(line)),
    once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`the simulator exited with ${String(code)}`)),
    ),
  ])
  const line = JSON.parse(first) as Record<string, unknown>
  return {
    url: String(line["url"]),
    child,
    line,
    async end(signal) {
      const exited = child.exitCode === null ? once(child, "exit") : Promise.resolve([child.exitCode])
      child.kill(signal)
      return ((await exited) as [number | null])[0]
    },
  }
}

export const post = (url: string, path: string, body: unknown, method = "POST") =>
  fetch(`${url}${path}`, {
    method,
    headers: { "x-api-key": "test-key", "content-type": "application/json" },
    body: JSON.stringify(body),
  })

export const get = (url: string, path: string) =>
  fetch(`${url}${path}`, { headers: { "x-api-key": "test-key" } })
