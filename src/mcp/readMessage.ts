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
/** Longer than what a client says of itself and of its request. */
const MAX_ENVELOPE_CHARS = 65_536

/**
 * What was read before: why it is no message. `place`: of what JSON allows and nobody can tell what it means, or of what
 * has no room beside the arguments.
 */
export type MessageFailure =
  | ReadFailure
  | { readonly _tag: "Ambiguous"; readonly place: string }
  | { readonly _tag: "TooLong"; readonly place: string; readonly limit: number }

/**
 * Reads a message, within bounds that are checked before anything is built from it. Values take many times the memory of
 * their text, and an isolate is shared: no more is made of it than what its envelope may hold.
 */
export const readMessage = (text: string, limits: MessageLimits): McpMessage | MessageFailure => {
  const sink = new EnvelopeSink()
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
  if (sink.tooLong !== null) return { _tag: "TooLong", place: sink.tooLong, limit: MAX_ENVELOPE_CHARS }
  return { message: JSON.parse(sink.envelope()), args: sink.args }
}

class EnvelopeSink implements JsonSink {
  readonly watch = AROUND
  args: JsonText | null = null
  ambiguous: string | null = null
  tooLong: string | null = null
  private root: JsonKind = "null"
  private scalar: JsonText = "null"
  private isParams = false
  private isArguments = false
  /** Of what is kept: its place, and as which member of what it is written. */
  private place = ""
  private lead = ""
  private into: Array<string> = []
  private length = 0
  private readonly members: Array<string> = []
  /** null where `params` is no object. */
  private params: Array<string> | null = null
  private readonly names = new Set<string>()

  value(kind: JsonKind, depth: number, name: string | null): number {
    if (depth === 0) {
      this.root = kind
      return kind === "object" || kind === "array" ? NOTHING : MAX_ENVELOPE_CHARS
    }
    if (depth === 1) this.isParams = name === PARAMS && kind === "object"
    const inParams = depth === AROUND && this.isParams
    this.isArguments = inParams && name === ARGUMENTS && kind === "object"
    if (name === null || this.root !== "object" || (depth === AROUND && !inParams)) return NOTHING
    this.place = inParams ? `${PARAMS}.${name}` : name
    this.note(name.length)
    if (depth === 1 && this.isParams) {
      this.params = []
      return NOTHING
    }
    this.into = inParams ? (this.params ?? []) : this.members
    this.lead = `${JSON.stringify(name)}:`
    if (this.isArguments) return Infinity
    // The reader tells of names given twice within what is kept.
    return MAX_ENVELOPE_CHARS
  }

  /** Which of two with one name counts would be another for whoever reads the message before or behind this server. */
  private note(length: number): void {
    this.count(length)
    if (this.tooLong !== null) return
    if (this.names.has(this.place)) this.ambiguous ??= this.place
    this.names.add(this.place)
  }

  private count(length: number): void {
    this.length += length
    if (this.length > MAX_ENVELOPE_CHARS) this.tooLong ??= this.place
  }

  end(depth: number, text: JsonText | null, length: number): void {
    // Of an object whose members are kept nothing else is.
    if (length === 0) return
    if (depth === AROUND && this.isArguments) this.args = text
    else this.count(length)
    if (depth === 0) this.scalar = text ?? "null"
    else if (text !== null && this.tooLong === null)
      this.into.push(this.lead + (this.isArguments ? "{}" : text))
  }

  /** The message, its tool's arguments left out where they are an object. */
  envelope(): JsonText {
    if (this.root === "array") return "[]"
    if (this.root !== "object") return this.scalar
    const params = this.params === null ? [] : [`"${PARAMS}":{${this.params.join(",")}}`]
    return `{${[...this.members, ...params].join(",")}}`
  }

  part(): void {}

  problem(path: string): void {
    // Within the arguments it is a problem of theirs, told by its path.
    if (!new RegExp(`^${PARAMS}\\.${ARGUMENTS}[.[]`).test(path)) this.ambiguous ??= path
  }
}
