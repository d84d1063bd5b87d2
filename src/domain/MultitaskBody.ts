import { JsonReader } from "./JsonReader.ts"
import { type JsonSink, NOTHING, PARTS, type ReadFailure } from "./JsonSink.ts"
import type { JsonKind } from "./JsonText.ts"
import { Problems } from "./Problem.ts"
import { RowCollector, type RowLimits } from "./Rows.ts"
import { failureProblem, RowReader, rowSink } from "./RowReader.ts"
import type { JsonText } from "./TaskGroup.ts"
import { textFailure } from "./TextFailure.ts"
import { TextRows } from "./TextRows.ts"

export interface BodyLimits extends RowLimits {
  /** Of the body, itself the first; rows count from their own object. */
  readonly maxDepth: number
  readonly maxValues: number
}

/** What `inputs` was. */
export type BodyInputs =
  | { readonly _tag: "rows"; readonly collector: RowCollector }
  /** Text that is not JSON: the address of rows. */
  | { readonly _tag: "address"; readonly text: string }
  /** JSON text of which no rows can be made; what is wrong with it is among the problems. */
  | { readonly _tag: "unreadable" }
  | { readonly _tag: "other"; readonly kind: JsonKind | "missing" }

/** A body of the POST as it was read: nothing but the rows has been looked at. */
export class MultitaskBody {
  /** What the body is; anything but an object has no fields. */
  readonly kind: JsonKind
  /** Texts of the fields but `inputs`, without blanks between tokens. */
  readonly fields: ReadonlyMap<string, JsonText>
  /** Fields that are too long to be kept: that they are is among the problems. */
  readonly tooLong: ReadonlySet<string>
  /** Names that are no fields, the first of them. */
  readonly unknown: ReadonlyArray<string>
  readonly inputs: BodyInputs
  /** What cannot be taken, wherever it stands. */
  readonly problems: Problems

  constructor(read: Omit<MultitaskBody, never>) {
    this.kind = read.kind
    this.fields = read.fields
    this.tooLong = read.tooLong
    this.unknown = read.unknown
    this.inputs = read.inputs
    this.problems = read.problems
  }
}

const INPUTS = "inputs"

/** The longest text of a field, in UTF-16 code units: far above what Parallel takes, and the index of every row fits. */
const MAX_FIELD_CHARS = 524_288
/** The longest address, as in most servers. */
const MAX_ADDRESS_CHARS = 16_384
const MAX_UNKNOWN = 100

/** Reads the body of the POST, or of a later act, from texts as they come. `known` are its fields. */
export class MultitaskBodyReader implements JsonSink {
  readonly watch = 3
  private readonly limits: BodyLimits
  private readonly known: ReadonlySet<string>
  private readonly values = { count: 0 }
  private readonly problems = new Problems()
  private readonly reader: JsonReader
  private readonly rows: JsonSink
  private readonly collector: RowCollector

  private kind: JsonKind = "null"
  private readonly fields = new Map<string, JsonText>()
  private readonly tooLong = new Set<string>()
  private readonly seen = new Set<string>()
  private readonly unknown: Array<string> = []
  private name = ""
  private inputs: BodyInputs = { _tag: "other", kind: "missing" }
  /** Rows that come as JSON text, and an address, until all of it is here. */
  private text: RowReader | null = null
  private address: string | null = null
  private readonly maxTextChars: number | null

  /** `maxTextChars`: `inputs` may be text in any format of rows, as whoever calls a tool has it, of so many characters. */
  constructor(
    limits: BodyLimits,
    known: Iterable<string>,
    { maxTextChars = null }: { readonly maxTextChars?: number | null } = {},
  ) {
    this.limits = limits
    this.maxTextChars = maxTextChars
    this.known = new Set(known)
    this.collector = new RowCollector(limits, this.problems)
    this.reader = new JsonReader({
      sink: this,
      maxDepth: limits.maxDepth,
      maxValues: limits.maxValues,
      values: this.values,
      path: "",
    })
    this.rows = rowSink(this.collector, limits, this.problems, 2, () => this.reader.said)
  }

  /** Why reading has stopped, if it has: no more need come. */
  get failure(): ReadFailure | null {
    return this.reader.failure ?? bound(this.text?.reader.failure ?? null)
  }

  push(text: string): void {
    if (this.failure === null) this.reader.push(text)
  }

  /** All has come. */
  finish(): MultitaskBody | ReadFailure {
    if (this.failure === null) this.reader.end()
    const { failure, kind, fields, tooLong, unknown, inputs, problems } = this
    return failure ?? new MultitaskBody({ kind, fields, tooLong, unknown, inputs, problems })
  }

  value(kind: JsonKind, depth: number, name: string | null): number {
    if (depth === 0) this.kind = kind
    if (depth === 1 && name !== null) return this.field(kind, name)
    return depth > 1 && this.areRows ? this.rows.value(kind, depth, name) : NOTHING
  }

  private get areRows(): boolean {
    return this.name === INPUTS && this.inputs._tag === "rows"
  }

  private field(kind: JsonKind, name: string): number {
    this.name = name
    this.reader.base = name === INPUTS && kind === "array" ? 2 : 0
    if (!this.known.has(name)) {
      this.noteUnknown(name)
      return MAX_FIELD_CHARS
    }
    if (this.seen.has(name)) {
      this.problems.add(name, "is given twice, so that one of the two would be lost. Send it once.")
      this.name = ""
      return NOTHING
    }
    this.seen.add(name)
    if (name !== INPUTS) return MAX_FIELD_CHARS
    if (kind === "array") {
      this.inputs = { _tag: "rows", collector: this.collector }
      return NOTHING
    }
    this.inputs = { _tag: "other", kind }
    if (kind !== "string") return NOTHING
    this.address = ""
    return PARTS
  }

  private noteUnknown(name: string): void {
    if (this.unknown.includes(name)) return
    if (this.unknown.length < MAX_UNKNOWN) this.unknown.push(name)
    else this.problems.addUnlisted(1)
  }

  end(depth: number, text: JsonText | null, length: number): void {
    if (depth > 1 && this.areRows) this.rows.end(depth, text, length)
    if (depth !== 1) return
    if (this.name === INPUTS) this.endText()
    // What is not known was read only to find what cannot be taken in it.
    else if (!this.seen.has(this.name)) return
    else if (text !== null) this.fields.set(this.name, text)
    else if (length > MAX_FIELD_CHARS) {
      this.tooLong.add(this.name)
      this.problems.add(
        this.name,
        `has ${length} characters; at most ${MAX_FIELD_CHARS} are taken. Shorten it.`,
      )
    }
  }

  part(text: string): void {
    if (this.text !== null) return this.text.push(text)
    const all = (this.address ?? "") + text
    const begun = all.trimStart()
    // A table keeps its beginning: a header's first cell may be empty.
    this.address = (this.maxTextChars === null ? begun : all).slice(
      0,
      (this.maxTextChars ?? MAX_ADDRESS_CHARS) + 1,
    )
    if (!(this.maxTextChars === null ? /^[[{]/ : /^\[/).test(begun)) return
    this.address = null
    this.text = new RowReader(this.limits, this.problems, { values: this.values })
    this.text.push(begun)
  }

  problem(path: string, message: string): void {
    this.problems.add(path, message)
  }

  /** `inputs` has ended, which was text if anything was kept of it. */
  private endText(): void {
    const { address, text, problems } = this
    if (text !== null) {
      const read = text.end()
      const isRead = read instanceof RowCollector
      this.inputs = isRead ? { _tag: "rows", collector: read } : { _tag: "unreadable" }
      if (!isRead && bound(text.reader.failure) === null) problems.addAll([failureProblem(read)])
    } else if (address !== null && this.maxTextChars !== null && !isAddress(address)) {
      this.readText(address, this.maxTextChars)
    } else if (address !== null && address.length > MAX_ADDRESS_CHARS) {
      this.inputs = { _tag: "unreadable" }
      problems.add(
        INPUTS,
        `is neither JSON nor a URL of at most ${MAX_ADDRESS_CHARS} characters. Send an array of objects, the same as JSON text, or a shorter URL.`,
      )
    } else if (address !== null) this.inputs = { _tag: "address", text: address.trim() }
  }

  /** Objects one after the other, or a table. */
  private readText(text: string, maxChars: number): void {
    const rows = new TextRows(this.limits, this.problems, {
      format: null,
      maxChars: ROWS_PER_TEXT * maxChars,
    })
    rows.push(text)
    const read = rows.end()
    if (read instanceof RowCollector) this.inputs = { _tag: "rows", collector: read }
    else {
      this.inputs = { _tag: "unreadable" }
      this.problems.add(INPUTS, textFailure(read))
    }
  }
}

/** Rows may be longer than the table that they come from, by the names of its columns. */
const ROWS_PER_TEXT = 2

/** A single word that begins as a URL does: a table of URLs has a header, and rows have blanks between them. */
const isAddress = (text: string): boolean => /^\s*[a-z][a-z0-9+.-]*:\S+\s*$/i.test(text)

/** The body that a program has as a value. */
export const bodyOf = (
  value: unknown,
  limits: BodyLimits,
  known: Iterable<string>,
): MultitaskBody | ReadFailure => {
  const reader = new MultitaskBodyReader(limits, known)
  reader.push(JSON.stringify(value) ?? "null")
  return reader.finish()
}

/** Bounds end all reading; text that is not JSON ends its own. */
const bound = (failure: ReadFailure | null): ReadFailure | null =>
  failure === null || failure._tag === "NotJson" ? null : failure
