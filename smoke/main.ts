import { closeSync, openSync, readFileSync, writeSync } from "node:fs"
import { createInterface } from "node:readline/promises"
import { parseArgs } from "node:util"
import { parseRecording, UnreadableRecording } from "../simulator/index.ts"
import { systemClock } from "../simulator/http.ts"
import { DEFAULT_BASE_URL } from "../src/domain/Settings.ts"
import { judge } from "./judge.ts"
import { COST_USD, INPUTS, runSmoke } from "./smoke.ts"
import { verdictTable } from "./verdict.ts"

const HELP = `Runs the product against Parallel's real API with ${INPUTS.length} tiny inputs, and says what was learned of it.

  PARALLEL_API_KEY=…      the key it is run with; it asks before it spends anything
  PARALLEL_BASE_URL       another API than ${DEFAULT_BASE_URL}
  PARALLEL_OTHER_API_KEY  a key of another account, to see what it gets of the group
  --yes                   does not ask
  --out FILE              where the recording goes (default: smoke-<date>.jsonl)
  --minutes N             gives up after so long (default 15)
  --judge FILE            calls nothing: says what a recording tells

The exit code is 0 when the product's own result was complete and right.`

const say = (text: string): 0 => {
  process.stdout.write(`${text}\n`)
  return 0
}

/** A mistake of the caller's: told without a stack. */
class Refused extends Error {}

/** Also false at the end of the input. */
const confirm = async (): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const closed = new Promise<string>((resolve) => terminal.on("close", () => resolve("")))
  terminal.on("SIGINT", () => terminal.close())
  const answer = await Promise.race([terminal.question("Go on? [y/N] "), closed])
  terminal.close()
  return /^y(?:es)?$/i.test(answer.trim())
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      yes: { type: "boolean", default: false },
      out: { type: "string" },
      minutes: { type: "string", default: "15" },
      judge: { type: "string" },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help) return say(HELP)
  if (values.judge !== undefined)
    return say(verdictTable(judge(parseRecording(readFileSync(values.judge, "utf8")))))
  const key = process.env["PARALLEL_API_KEY"]?.trim() ?? ""
  if (key === "") throw new Refused("Set PARALLEL_API_KEY to a key of your account at Parallel.")
  const limitMs = Number(values.minutes) * 60_000
  if (!(limitMs > 0)) throw new Refused(`--minutes: ${values.minutes} will not do`)
  const baseUrl = process.env["PARALLEL_BASE_URL"] ?? DEFAULT_BASE_URL
  const interrupt = new AbortController()
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(1)
    say("\nstopping")
    interrupt.abort()
  }
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal)

  say(`This adds ${INPUTS.length} \`lite\` runs at ${baseUrl}, about $${COST_USD.toFixed(3)}, with your key.`)
  say("It then asks some 70 questions about them, takes one to three minutes, and records the answers")
  say("to a file, without your key and with all ids and texts replaced.")
  if (!values.yes && !process.stdin.isTTY) throw new Refused("There is no terminal to ask on: say --yes.")
  if (!values.yes && !(await confirm())) throw new Refused("Nothing was sent.")

  const out = values.out ?? `smoke-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}Z.jsonl`
  const file = openSync(out, "wx", 0o600)
  try {
    const result = await runSmoke({
      clock: systemClock,
      fetch: globalThis.fetch,
      baseUrl,
      key,
      otherKey: process.env["PARALLEL_OTHER_API_KEY"]?.trim() || null,
      limitMs,
      signal: interrupt.signal,
      write: (line) => void writeSync(file, `${JSON.stringify(line)}\n`),
      onProgress: (text) => say(`  ${text}`),
    })
    const { verdicts, problems } = result
    say(verdictTable(verdicts))
    const word = problems.length === 0 ? "complete and right" : "NOT complete and right:"
    say([`The product's result is ${word}`, ...problems].join("\n  "))
    say(`${result.requests} requests in ${(result.tookMs / 1000).toFixed(0)} s.`)
    say(`The recording is in ${out}. The simulator plays it: node simulator/main.ts --replay ${out}`)
    return problems.length === 0 ? 0 : 1
  } finally {
    closeSync(file)
  }
}

/** Not before everything is out. */
const quit = (code: number) => void process.stdout.write("", () => process.exit(code))

main().then(quit, (error: unknown) => {
  const failure = error instanceof Error ? error : new Error(String(error))
  const expected = failure instanceof Refused || failure instanceof UnreadableRecording || "code" in failure
  process.stderr.write(`${expected ? failure.message : (failure.stack ?? failure.message)}\n`)
  quit(1)
})
