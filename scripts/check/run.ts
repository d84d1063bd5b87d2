import { spawn } from "node:child_process"

export interface Outcome {
  readonly ok: boolean
  /** What to show when it failed. */
  readonly output: string
}

export interface Step {
  readonly name: string
  readonly run: () => Promise<Outcome> | Outcome
}

export interface Finished extends Outcome {
  readonly name: string
  readonly seconds: number
}

/** Runs a command from node_modules/.bin to its end, with everything it prints. */
export const command = (name: string, ...args: ReadonlyArray<string>): Promise<Outcome> =>
  new Promise((done) => {
    const child = spawn(`node_modules/.bin/${name}`, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_HIDE_BANNER: "true",
        WRANGLER_WRITE_LOGS: "false",
        FORCE_COLOR: "0",
      },
    })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8")
      stream.on("data", (chunk: string) => (output += chunk))
    }
    child.on("error", (error) => done({ ok: false, output: error.message }))
    child.on("close", (code) => done({ ok: code === 0, output: output.trim() }))
  })

/** Runs all steps, `width` at a time, whatever fails; results are in the order of the steps. */
export const runSteps = async (
  steps: ReadonlyArray<Step>,
  width: number,
  onFinished: (step: Finished) => void = () => {},
): Promise<ReadonlyArray<Finished>> => {
  const finished: Array<Finished> = []
  const waiting = steps.entries()
  const worker = async () => {
    for (const [index, step] of waiting) {
      const started = performance.now()
      const outcome = await attempt(step)
      finished[index] = { ...outcome, name: step.name, seconds: (performance.now() - started) / 1000 }
      onFinished(finished[index])
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return finished
}

const attempt = async ({ run }: Step): Promise<Outcome> => {
  try {
    return await run()
  } catch (error) {
    return { ok: false, output: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
