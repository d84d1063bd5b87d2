import { endsScalar, isBlank, kindOfScalar, NUMBER, QUOTE } from "./jsonCharacters.ts"
import { JsonPlace } from "./JsonPlace.ts"
import { type JsonSink, NOTHING, PARTS, type ReadFailure } from "./JsonSink.ts"
import { JsonString } from "./JsonString.ts"
import type { JsonKind } from "./JsonText.ts"
import type { JsonText } from "./TaskGroup.ts"

export interface JsonReaderOptions {
  readonly sink: JsonSink
  /** Containers inside each other, counted from `base` on. */
  readonly maxDepth: number
  /** Scalars, arrays and objects; `values.count` is shared with other readers of the same body. */
  readonly maxValues: number
  readonly values: { count: number }
  /** Path of what is read. */
  readonly path: string
  /** Any number of values, one after the other, as in JSON Lines. */
  readonly many?: boolean
}

// States; a value may begin in VALUE, FIRST (of an array, which may also end) and BETWEEN (values of JSON Lines).
const VALUE = 0
const FIRST = 1
const BETWEEN = 2
const FIRST_KEY = 3
const KEY = 4
const COLON = 5
const AFTER = 6
const DONE = 7
const STRING = 8
const KEY_STRING = 9
const SCALAR = 10

/** Shorter numbers without an exponent are finite for certain. */
const SURELY_FINITE_CHARS = 300

class Stop extends Error {}

/**
 * Reads JSON once, from texts as they come, and builds nothing but the texts that its sink wants: cut out without blanks
 * between tokens, otherwise as they were written. Depth and number of values are bounded while reading, so that what a
 * stranger sends costs no more than looking at each of its characters. A name given twice in one object, half a
 * character and a number beyond the doubles are problems: reading goes on behind them.
 */
export class JsonReader {
  failure: ReadFailure | null = null
  /** Scalars so far that say something: neither null nor blank text. */
  said = 0
  /** Containers around what `maxDepth` is about. */
  base = 0

  private readonly options: JsonReaderOptions
  private state: number
  readonly place: JsonPlace

  /** Depth of the value that is being cut out; -1 when none is. */
  private cutting = -1
  private maxText = 0
  private parts: Array<string> = []
  private length = 0
  private streaming = false
  private tail = ""
  /** What of a string's or scalar's text came with earlier pieces. */
  private held = ""
  private readonly string = new JsonString(() => this.half())

  /** Of the present piece: from where on its text is not yet taken. */
  private from = 0
  private tokenFrom = 0
  /** Units before the present piece; where the present line begins; lines before it. */
  private offset = 0
  private lineStart = 0
  private line = 1

  constructor(options: JsonReaderOptions) {
    this.options = options
    this.place = new JsonPlace(options.path, options.many === true)
    this.state = options.many === true ? BETWEEN : VALUE
  }

  /** Reads on. Does nothing after a failure. */
  push(piece: string): void {
    if (this.failure !== null || piece === "") return
    this.from = 0
    this.tokenFrom = 0
    this.string.escapeAt = 0
    try {
      this.scan(piece)
      this.keep(piece)
    } catch (error) {
      if (!(error instanceof Stop)) throw error
    }
    this.offset += piece.length
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.failure !== null) return
    try {
      if (this.state === SCALAR) this.endScalar("", 0)
      if (this.state !== DONE && this.state !== BETWEEN) this.notJson(0, true)
    } catch (error) {
      if (!(error instanceof Stop)) throw error
    }
  }

  /** What of a piece belongs to what has not ended yet. */
  private keep(piece: string): void {
    if (this.cutting >= 0) this.take(piece.slice(this.from))
    if (this.streaming) {
      const end = this.string.escaped ? this.string.escapeAt : piece.length
      if (end > this.tokenFrom) this.stream(piece.slice(this.tokenFrom, end))
      this.tail += piece.slice(Math.max(end, this.tokenFrom))
    } else if (this.state === KEY_STRING || this.state === SCALAR) this.held += piece.slice(this.tokenFrom)
  }

  private scan(piece: string): void {
    let at = this.offset === 0 && piece.charCodeAt(0) === 0xfeff ? 1 : 0
    while (at < piece.length) {
      if (this.state >= STRING) {
        at = this.state === SCALAR ? this.scalar(piece, at) : this.characters(piece, at)
        continue
      }
      const char = piece.charCodeAt(at)
      at = isBlank(char) ? this.blanks(piece, at) : this.token(piece, at, char)
    }
  }

  private blanks(piece: string, at: number): number {
    if (this.cutting >= 0) this.take(piece.slice(this.from, at))
    let next = at
    for (let char = piece.charCodeAt(next); isBlank(char); char = piece.charCodeAt(++next)) {
      if (char !== 0x0a) continue
      this.line++
      this.lineStart = this.offset + next + 1
    }
    this.from = next
    return next
  }

  /** A token begins that is not a blank. */
  private token(piece: string, at: number, char: number): number {
    const { state } = this
    if (char === QUOTE) {
      if (state === KEY || state === FIRST_KEY) this.state = KEY_STRING
      else this.begin("string", at, STRING)
      this.tokenFrom = state === KEY || state === FIRST_KEY ? at : at + 1
      this.string.begin()
      return at + 1
    }
    if (state === AFTER && char === 0x2c) {
      if (this.place.inArray) {
        this.place.next()
        this.state = VALUE
      } else this.state = KEY
    } else if (state === COLON && char === 0x3a) this.state = VALUE
    else if (char === 0x7b || char === 0x5b) this.open(char === 0x5b, at)
    else if (char === 0x7d || char === 0x5d) this.close(char === 0x5d, piece, at)
    else {
      const kind = kindOfScalar(char)
      if (kind === null) this.notJson(at)
      this.begin(kind, at, SCALAR)
      this.tokenFrom = at
    }
    return at + 1
  }

  /** A value begins at `at`. */
  private begin(kind: JsonKind, at: number, next: number): void {
    if (this.state > BETWEEN) this.notJson(at)
    const { sink, values, maxValues } = this.options
    if (++values.count > maxValues) this.fail({ _tag: "TooManyValues", limit: maxValues })
    this.state = next
    this.held = ""
    const { depth } = this.place
    if (depth > sink.watch) return
    const wanted = sink.value(kind, depth, this.place.name)
    if (this.cutting >= 0 || wanted === NOTHING) return
    if (wanted === PARTS) {
      this.streaming = true
      this.tail = ""
      return
    }
    this.cutting = depth
    this.maxText = wanted
    this.parts = []
    this.length = 0
    this.from = at
  }

  /** The value that was begun last ends before `at`. */
  private finish(piece: string, at: number): void {
    const { sink, many } = this.options
    const { depth } = this.place
    let text: string | null = null
    let length = 0
    if (this.cutting === depth) {
      this.take(piece.slice(this.from, at))
      length = this.length
      text = length > this.maxText ? null : this.parts.length === 1 ? this.parts[0]! : this.parts.join("")
      this.parts = []
      this.cutting = -1
    }
    if (depth <= sink.watch) sink.end(depth, text, length)
    if (depth > 0) this.state = AFTER
    else if (many === true) {
      this.place.next()
      this.state = BETWEEN
    } else this.state = DONE
  }

  private open(isArray: boolean, at: number): void {
    this.begin(isArray ? "array" : "object", at, isArray ? FIRST : FIRST_KEY)
    const { maxDepth } = this.options
    if (this.place.depth + 1 - this.base > maxDepth)
      this.fail({ _tag: "TooDeep", path: this.place.path(), limit: maxDepth })
    this.place.open(isArray)
  }

  private close(isArray: boolean, piece: string, at: number): void {
    const { state, place } = this
    const fits = place.inArray === isArray && place.depth > 0
    if (!fits || !(state === AFTER || state === (isArray ? FIRST : FIRST_KEY))) this.notJson(at)
    place.close()
    this.finish(piece, at + 1)
  }

  /** In a string, up to its end or the piece's. */
  private characters(piece: string, start: number): number {
    const at = this.string.read(piece, start)
    if (at < 0) this.notJson(~at)
    if (at === piece.length) return at
    if (this.state === KEY_STRING) this.key(this.held + piece.slice(this.tokenFrom, at + 1))
    else this.endString(piece, at)
    return at + 1
  }

  private endString(piece: string, at: number): void {
    if (!this.string.blank) this.said++
    if (this.streaming) {
      this.stream(piece.slice(this.tokenFrom, at))
      this.streaming = false
    }
    this.finish(piece, at + 1)
  }

  /** A surrogate without its partner. */
  private half(): void {
    this.options.sink.problem(
      this.state === KEY_STRING ? this.place.path(this.place.depth - 1) : this.place.path(),
      `${this.state === KEY_STRING ? "has a name with" : "holds"} half a character, a surrogate without its partner, which no text can have. Correct or leave out this escape.`,
    )
  }

  private key(text: JsonText): void {
    const name = text.includes("\\") ? (JSON.parse(text) as string) : text.slice(1, -1)
    this.held = ""
    this.place.enter(name)
    this.state = COLON
    // What is not wanted is not kept, and neither are its names: there may be millions.
    if (this.cutting < 0 || this.length > this.maxText) return
    if (this.place.hasHad(name))
      this.options.sink.problem(
        this.place.path(),
        "is given twice in one object, so that one of the two would be lost. Give each its own name.",
      )
  }

  /** In a number or a literal, up to its end or the piece's. */
  private scalar(piece: string, start: number): number {
    let at = start
    while (at < piece.length && !endsScalar(piece.charCodeAt(at))) at++
    if (at < piece.length) this.endScalar(piece, at)
    return at
  }

  private endScalar(piece: string, at: number): void {
    const text = this.held + piece.slice(this.tokenFrom, at)
    this.held = ""
    if (text === "true" || text === "false") this.said++
    else if (text !== "null") {
      if (!NUMBER.test(text)) this.notJson(at - text.length)
      this.said++
      if ((text.length > SURELY_FINITE_CHARS || /[eE]/.test(text)) && !Number.isFinite(Number(text)))
        this.options.sink.problem(
          this.place.path(),
          "is a number beyond what a double can hold, about 1.8e308. Send it as text.",
        )
    }
    this.finish(piece, at)
  }

  private take(text: string): void {
    if (text === "") return
    this.length += text.length
    if (this.length > this.maxText) this.parts = []
    else this.parts.push(text)
  }

  /** Passes on what the raw text of a string says; escapes are whole. */
  private stream(raw: string): void {
    const text = this.tail + raw
    this.tail = ""
    if (text !== "") this.options.sink.part(text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text)
  }

  private notJson(at: number, atEnd = false): never {
    const column = this.offset + at - this.lineStart + 1
    return this.fail({ _tag: "NotJson", where: `line ${this.line}, column ${column}`, atEnd })
  }

  private fail(failure: ReadFailure): never {
    this.failure = failure
    throw new Stop()
  }
}
