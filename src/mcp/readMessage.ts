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
/** Longer than what a client says of itself; within a longer text nobody looks for names given twice. */
const MAX_ENVELOPE_CHARS = 65_536

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
  private readonly names = new Set<string>()

  value(kind: JsonKind, depth: number, name: string | null): number {
    if (depth === 1) this.isParams = name === PARAMS && kind === "object"
    const inParams = depth === AROUND && this.isParams
    if (name !== null && (depth === 1 || inParams)) this.note(inParams ? `${PARAMS}.${name}` : name)
    this.isArguments = inParams && name === ARGUMENTS && kind === "object"
    if (this.isArguments) return Infinity
    // The reader tells of names given twice within what is kept.
    return depth === 0 || (depth === 1 && this.isParams) ? NOTHING : MAX_ENVELOPE_CHARS
  }

  /** Which of two with one name counts would be another for whoever reads the message before or behind this server. */
  private note(place: string): void {
    if (this.names.has(place)) this.ambiguous ??= place
    this.names.add(place)
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
