import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { InvalidDocument } from "./behaviour/spec.ts"
import { openJournal } from "./disk.ts"
import { startServer, systemClock } from "./http.ts"
import { createSimulator, type BehaviourPatch, type Simulator } from "./simulator.ts"

const HELP = `A stand-in for Parallel's Task API.

  --port N           port to listen on (default 0: any free one)
  --host ADDRESS     address to listen on (default 127.0.0.1)
  --data DIR         keep the ledger in this folder (default: in memory)
  --seed TEXT        makes everything repeatable (default: a new one each time)
  --speed N          runs go N times as fast (default 1)
  --scenario X       initial behaviour: a JSON document, or a file that holds one
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

const main = async () => {
  const values = readArguments()
  if (values.help) return console.log(HELP)
  const port = numberOf("port", values.port, (n) => Number.isInteger(n) && n >= 0 && n < 65_536)
  const simulator = create(values)
  const { url, stop } = await startServer(simulator, { port, host: values.host })
  const quit = () => {
    void stop().then(() => {
      simulator.close()
      process.exit(0)
    })
  }
  process.once("SIGTERM", quit)
  process.once("SIGINT", quit)
  process.on("unhandledRejection", (reason) =>
    console.error(JSON.stringify({ event: "crash", message: String(reason) })),
  )
  console.log(
    JSON.stringify({ event: "listening", url, control: `${url}/_sim`, seed: simulator.ledger.seed }),
  )
}

main().catch((error: unknown) => {
  const message = error instanceof InvalidDocument ? `--scenario: ${error.message}` : String(error)
  console.error(message)
  process.exit(1)
})
