import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { InvalidDocument } from "./behaviour/spec.ts"
import { openJournal } from "./disk.ts"
import { startServer, systemClock } from "./http.ts"
import { parseRecording } from "./replay/recording.ts"
import { createReplay } from "./replay/replay.ts"
import { createSimulator } from "./simulator.ts"
import type { BehaviourPatch, Simulator } from "./types.ts"

const HELP = `A stand-in for Parallel's Task API.

  --port N           port to listen on (default 0: any free one)
  --host ADDRESS     address to listen on (default 127.0.0.1)
  --data DIR         keep the ledger in this folder (default: in memory)
  --seed TEXT        makes everything repeatable (default: a new one each time)
  --speed N          runs go N times as fast (default 1)
  --scenario X       initial behaviour: a JSON document, or a file that holds one
  --replay FILE      answer with what \`npm run smoke\` recorded; of the rest, only --port, --host and --speed count
`

const readArguments = () =>
  parseArgs({
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      data: { type: "string" },
      seed: { type: "string" },
      speed: { type: "string" },
      scenario: { type: "string" },
      replay: { type: "string" },
      help: { type: "boolean", default: false },
    },
  }).values

const readScenario = (given: string | undefined): BehaviourPatch | undefined => {
  if (given === undefined) return undefined
  const text = given.trimStart().startsWith("{") ? given : readFileSync(given, "utf8")
  return JSON.parse(text) as BehaviourPatch
}

const numberOf = (name: string, text: string, fits: (n: number) => boolean): number => {
  const number = Number(text)
  if (text.trim() === "" || !fits(number)) throw new Error(`--${name}: ${text} will not do`)
  return number
}

const withSpeed = (
  scenario: BehaviourPatch | undefined,
  speed: string | undefined,
): BehaviourPatch | undefined => {
  if (speed === undefined) return scenario
  return { ...scenario, runs: { ...scenario?.runs, speed: numberOf("speed", speed, (n) => n > 0) } }
}

const create = (values: ReturnType<typeof readArguments>): Simulator => {
  const behaviour = withSpeed(readScenario(values.scenario), values.speed)
  // A new seed each time: ids of a new simulator must not be those of an earlier one that a client still knows.
  const seed = values.seed ?? randomUUID()
  const disk = values.data === undefined ? {} : openJournal(values.data)
  return createSimulator({
    clock: systemClock,
    seed,
    ...disk,
    ...(behaviour === undefined ? {} : { behaviour }),
  })
}

const simulate = (values: ReturnType<typeof readArguments>) => {
  const simulator = create(values)
  return { answering: simulator, line: { seed: simulator.ledger.seed }, close: () => simulator.close() }
}

const replay = (values: ReturnType<typeof readArguments>, file: string) => {
  const speed = values.speed === undefined ? 1 : numberOf("speed", values.speed, (n) => n > 0)
  const recording = parseRecording(readFileSync(file, "utf8"))
  return {
    answering: createReplay(recording, { clock: systemClock, speed }),
    line: { replay: file },
    close: () => undefined,
  }
}

const main = async () => {
  const values = readArguments()
  if (values.help) return console.log(HELP)
  const port = numberOf("port", values.port, (n) => Number.isInteger(n) && n >= 0 && n < 65_536)
  const { answering, line, close } =
    values.replay === undefined ? simulate(values) : replay(values, values.replay)
  const { url, stop } = await startServer(answering, { port, host: values.host })
  const quit = () => {
    void stop().then(() => {
      close()
      process.exit(0)
    })
  }
  process.once("SIGTERM", quit)
  process.once("SIGINT", quit)
  process.on("unhandledRejection", (reason) =>
    console.error(JSON.stringify({ event: "crash", message: String(reason) })),
  )
  console.log(JSON.stringify({ event: "listening", url, control: `${url}/_sim`, ...line }))
}

main().catch((error: unknown) => {
  const message = error instanceof InvalidDocument ? `--scenario: ${error.message}` : String(error)
  console.error(message)
  process.exit(1)
})
