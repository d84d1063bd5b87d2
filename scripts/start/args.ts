/** What `npm start` and `npm run dev` were asked for. What they do not know goes to `wrangler dev` as it is. */
export interface StartOptions {
  readonly realApi: boolean
  readonly verbose: boolean
  readonly help: boolean
  /** Where state and logs are kept. */
  readonly data: string
  /** Set only when somebody asked for this very port. */
  readonly port: number | undefined
  readonly simulatorPort: number | undefined
  readonly wranglerArgs: ReadonlyArray<string>
}

export const usage = `npm start -- [options]     with a stand-in for Parallel's API
npm run dev -- [options]   with the real API

  --port N             port of the Worker (also: PORT; default: 8787, or the next free one)
  --simulator-port N   port of the stand-in (also: SIMULATOR_PORT; default: the Worker's + 1, or the next free one)
  --data DIR           where groups and logs are kept (default: .data)
  --verbose            show the logs of both
  --help               show this
  Anything else is passed on to wrangler dev, for example --var SETTLE_SECONDS:2`

export class UsageError extends Error {}

export const parseStartArgs = (
  argv: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>> = {},
): StartOptions => {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const wranglerArgs: Array<string> = []
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = splitOnce(argv[i] ?? "", "=")
    if (["--real-api", "--verbose", "--help"].includes(name) && inline === undefined) {
      flags.add(name)
    } else if (["--port", "--simulator-port", "--data"].includes(name)) {
      const value = inline ?? argv[++i]
      if (value === undefined || value === "") throw new UsageError(`${name} needs a value`)
      values.set(name, value)
    } else {
      wranglerArgs.push(argv[i] ?? "")
    }
  }
  return {
    realApi: flags.has("--real-api"),
    verbose: flags.has("--verbose"),
    help: flags.has("--help"),
    data: values.get("--data") ?? ".data",
    port: port("--port", values.get("--port")) ?? port("PORT", env["PORT"]),
    simulatorPort:
      port("--simulator-port", values.get("--simulator-port")) ??
      port("SIMULATOR_PORT", env["SIMULATOR_PORT"]),
    wranglerArgs,
  }
}

const splitOnce = (text: string, separator: string): [string, string?] => {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}

const port = (name: string, value: string | undefined): number | undefined => {
  if (value === undefined || value === "") return undefined
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) return number
  throw new UsageError(`${name} is ${value}, but a port is a number from 1 to 65535`)
}
