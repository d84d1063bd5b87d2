#!/usr/bin/env node
/** The command `parallel-multitask`. */
import { homedir } from "node:os"
import { EXIT_CODES, Interruption, type Signal } from "./Interruption.ts"
import { run } from "./program.ts"
import { write } from "./Session.ts"

const interruption = new Interruption()
for (const signal of Object.keys(EXIT_CODES) as ReadonlyArray<Signal>) {
  process.on(signal, () => {
    // Who asks again has waited long enough for what was to be tidied up.
    if (interruption.signal.aborted) process.exit(EXIT_CODES[signal])
    interruption.raise(signal)
  })
}
const { env, stdin, stdout, stderr, platform } = process
const code = await run(
  process.argv.slice(2),
  { env, stdin, stdout, stderr, platform, home: homedir(), fetch: globalThis.fetch, now: Date.now },
  interruption,
)
// All that was written is to be out before the end, which is not to wait for connections that are kept open.
const ignore = () => {}
stdout.on("error", ignore)
stderr.on("error", ignore)
await Promise.all([write(stdout, ""), write(stderr, "")])
process.exit(code)
