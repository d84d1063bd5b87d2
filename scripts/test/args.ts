/**
 * The projects of vitest.config.ts, in the order they run. Those of one line run in one vitest; the heavy ones, which
 * start a browser or servers of their own, one after the other, so that two cores suffice.
 */
export const stages: ReadonlyArray<ReadonlyArray<string>> = [["unit", "worker"], ["browser"], ["e2e"]]

/** What runs only when it is asked for. */
const onRequest: ReadonlyArray<ReadonlyArray<string>> = [["firefox"]]

const everyStage = [...stages, ...onRequest]
/** Every project by name. */
export const projects: ReadonlyArray<string> = everyStage.flat()

/** Projects whose tests drive a browser. */
export const needChromium: ReadonlyArray<string> = ["browser", "e2e"]

/** Commands that a project's tests run: the documentation's examples, or a browser. */
export const neededCommands: Readonly<Record<string, ReadonlyArray<string>>> = {
  e2e: ["curl", "python3"],
  firefox: ["firefox-esr"],
}

export interface TestPlan {
  readonly stages: ReadonlyArray<ReadonlyArray<string>>
  /** Whatever vitest is to make of the rest: file names, `-t name`, other options. */
  readonly vitestArgs: ReadonlyArray<string>
}

export const planTests = (argv: ReadonlyArray<string>): TestPlan => {
  const wanted: Array<string> = []
  const vitestArgs: Array<string> = []
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? ""
    if (arg === "--project") wanted.push(argv[++i] ?? "")
    else if (arg.startsWith("--project=")) wanted.push(arg.slice("--project=".length))
    else vitestArgs.push(arg)
  }
  const unknown = wanted.filter((name) => !projects.includes(name))
  if (unknown.length > 0) {
    throw new Error(`no project ${unknown.join(", ")}: there are ${projects.join(", ")}`)
  }
  const selected = (wanted.length === 0 ? stages : everyStage)
    .map((names) => names.filter((name) => wanted.length === 0 || wanted.includes(name)))
    .filter((names) => names.length > 0)
  return { stages: selected, vitestArgs }
}
