import type { SourceMap } from "node:module"
import { inspect } from "./inspector.ts"

interface Profile {
  readonly nodes: ReadonlyArray<ProfileNode>
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly lineNumber: number
    readonly columnNumber: number
  }
  readonly children?: ReadonlyArray<number>
}

const EVERY_US = 100
const NO_WORK = new Set(["(idle)", "(program)"])

/**
 * Milliseconds of CPU that a workerd spends on `work`, by part: that of the innermost frame whose source file is in one
 * (`partOf`), so that what a library does counts for whoever asked it.
 */
export const profiled = async (
  port: number,
  map: SourceMap,
  partOf: (file: string) => string | undefined,
  work: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> => {
  const { call, close } = await inspect(port)
  try {
    await call("Profiler.enable")
    await call("Profiler.setSamplingInterval", { interval: EVERY_US })
    await call("Profiler.start")
    await work()
    const { profile } = await call<{ readonly profile: Profile }>("Profiler.stop")
    return sumsOf(profile, ({ lineNumber, columnNumber }) => {
      const entry = map.findEntry(lineNumber, columnNumber)
      return "originalSource" in entry ? partOf(entry.originalSource) : undefined
    })
  } finally {
    close()
  }
}

const sumsOf = (
  { nodes, samples, timeDeltas }: Profile,
  partOf: (frame: ProfileNode["callFrame"]) => string | undefined,
): ReadonlyMap<string, number> => {
  const parts = new Map<number, string | null>()
  const ids = new Map(nodes.map((node) => [node.id, node]))
  const walk = ({ id, callFrame, children }: ProfileNode, around: string): void => {
    const part = partOf(callFrame) ?? around
    parts.set(id, NO_WORK.has(callFrame.functionName) ? null : part)
    for (const child of children ?? []) walk(ids.get(child)!, part)
  }
  if (nodes[0] !== undefined) walk(nodes[0], "the rest")
  const sums = new Map<string, number>()
  samples.forEach((id, at) => {
    const part = parts.get(id)
    if (part) sums.set(part, (sums.get(part) ?? 0) + (timeDeltas[at] ?? 0) / 1_000)
  })
  return sums
}
