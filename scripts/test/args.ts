/**
 * The projects of vitest.config.ts, in the order they run. Those of one line run in one vitest; the heavy ones, which
 * start a browser or servers of their own, one after the other, so that two cores suffice.
 */
export const stages: ReadonlyArray<ReadonlyArray<string>> = [["unit", "worker"], ["browser"], ["e2e"]]

/** Projects whose tests drive a browser. */
export const needChromium: ReadonlyArray<string> = ["browser", "e2e"]

/** The project whose tests run the documentation's examples, and what these are run with. */
export const runsExamples = "e2e"
export const exampleCommands: ReadonlyArray<string> = ["curl", "python3"]

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
  const unknown = wanted.filter((name) => !stages.flat().includes(name))
  if (unknown.length > 0) {
    throw new Error(`no project ${unknown.join(", ")}: there are ${stages.flat().join(", ")}`)
  }
  const selected = stages
    .map((names) => names.filter((name) => wanted.length === 0 || wanted.includes(name)))
    .filter((names) => names.length > 0)
  return { stages: selected, vitestArgs }
}
