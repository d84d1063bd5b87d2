import { JsonReader } from "../domain/JsonReader.ts"
import { type JsonSink, NOTHING, type ReadFailure } from "../domain/JsonSink.ts"
import type { JsonKind } from "../domain/JsonText.ts"
import type { JsonText } from "../domain/TaskGroup.ts"

export interface MessageLimits {
  readonly maxDepth: number
  readonly maxValues: number
}

/** A JSON-RPC message. */
export interface McpMessage {
  /** The message, its tool's arguments left out where they are an object. */
  readonly message: unknown
  /** The arguments' own text: what JSON.parse makes of a number, or of a name given twice, is not what came. */
  readonly args: JsonText | null
}

const PARAMS = "params"
const ARGUMENTS = "arguments"
/** The message and its `params`. */
const AROUND = 2

/** What was read before: why it is no message. `place`: of what JSON allows and nobody can tell what it means. */
export type MessageFailure = ReadFailure | { readonly _tag: "Ambiguous"; readonly place: string }

/** Reads a message, within bounds that are checked before anything is built from it. */
export const readMessage = (text: string, limits: MessageLimits): McpMessage | MessageFailure => {
  const sink = new ArgumentsSink()
  const reader = new JsonReader({
    sink,
    // Bounds of the arguments are theirs, and told by who reads those.
    maxDepth: limits.maxDepth + AROUND,
    maxValues: limits.maxValues,
    values: { count: 0 },
    path: "",
  })
  reader.push(text)
  reader.end()
  if (reader.failure !== null) return reader.failure
  if (sink.ambiguous !== null) return { _tag: "Ambiguous", place: sink.ambiguous }
  const message: unknown = JSON.parse(text)
  if (sink.args !== null) (message as { params: { arguments: object } }).params.arguments = {}
  return { message, args: sink.args }
}

class ArgumentsSink implements JsonSink {
  readonly watch = AROUND
  args: JsonText | null = null
  ambiguous: string | null = null
  private isParams = false
  private isArguments = false

  value(kind: JsonKind, depth: number, name: string | null): number {
    if (depth === 1) this.isParams = name === PARAMS && kind === "object"
    this.isArguments = depth === AROUND && this.isParams && name === ARGUMENTS && kind === "object"
    return this.isArguments ? Infinity : NOTHING
  }

  end(depth: number, text: JsonText | null): void {
    if (depth === AROUND && this.isArguments) this.args = text
  }

  part(): void {}

  problem(path: string): void {
    // Within the arguments it is a problem of theirs, told by its path.
    if (!new RegExp(`^${PARAMS}\\.${ARGUMENTS}[.[]`).test(path)) this.ambiguous ??= path
  }
}
