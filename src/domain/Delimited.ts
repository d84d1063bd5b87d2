import { childPath, type Problems } from "./Problem.ts"
import type { DelimitedFailure } from "./TextFailure.ts"
import { RowCollector, type RowLimits } from "./Rows.ts"
import {
  type DelimitedHeader,
  type Delimiter,
  guessDelimiter,
  readHeader,
  SEPARATOR_LINE,
} from "./DelimitedHeader.ts"

/** What a header says. */
export interface Table {
  /** Names of what its rows have, in order. */
  readonly columns: ReadonlyArray<string>
  readonly delimiter: Delimiter
}

export interface DelimitedOptions {
  /** null: what divides the header. */
  readonly delimiter: Delimiter | null
  /** Somebody says that it is a table; else it must look like one, as a sentence may come in a table's place. */
  readonly isDeclared: boolean
  /** Of all rows together. */
  readonly maxChars: number
}

const FIELD = "inputs"
const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20

// States: a cell begins, in one without quotes, within quotes, behind a quote that may be the last one.
const START = 0
const PLAIN = 1
const QUOTED = 2
const CLOSED = 3

const BLANK = /^[\u0000-\u0020\s]*$/

/**
 * Reads CSV or TSV (RFC 4180) with a header from texts as they come. Cells stay the text that they are; each record
 * becomes a row's JSON text. Size and number of values are bounded while reading, as they are for JSON.
 */
export class DelimitedReader {
  failure: DelimitedFailure | null = null

  private readonly limits: RowLimits
  private readonly problems: Problems
  private readonly collector: RowCollector
  private readonly isDeclared: boolean
  private readonly maxChars: number

  /** NaN until it is known. */
  private delimiter: number
  /** What came before the delimiter was known. */
  private head = ""
  private hasBegun = false

  private state = START
  private cell = ""
  private wasQuoted = false
  private afterCr = false
  private line = 1
  private quoteLine = 1

  /** Of the present record. Cells beyond the header's are counted, not kept. */
  private cells: Array<string> = []
  private count = 0
  private length = 0
  private recordLine = 1
  private isBlankBehind = true

  /** null until it has come. */
  private header: DelimitedHeader | null = null
  private rows = 0
  private chars = 0
  private values = 0

  constructor(limits: RowLimits, problems: Problems, options: DelimitedOptions) {
    this.limits = limits
    this.problems = problems
    this.collector = new RowCollector(limits, problems)
    this.isDeclared = options.isDeclared
    this.maxChars = options.maxChars
    this.delimiter = options.delimiter?.charCodeAt(0) ?? Number.NaN
  }

  get seen(): number {
    return this.rows
  }

  /** null until the header has come. */
  get table(): Table | null {
    if (this.header === null) return null
    const columns = this.header.columns.filter(({ lead }) => lead !== null).map(({ name }) => name)
    return { columns, delimiter: String.fromCharCode(this.delimiter) as Delimiter }
  }

  /** Reads on. Does nothing after a failure. */
  push(text: string): void {
    if (text === "") return
    const piece = !this.hasBegun && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
    this.hasBegun = true
    if (!Number.isNaN(this.delimiter)) return this.scan(piece)
    this.head += piece
    this.divide(false)
  }

  /** All has come. The collector has the rows, unless the answer says why there are none. */
  end(): DelimitedFailure | RowCollector {
    if (Number.isNaN(this.delimiter)) this.divide(true)
    if (this.failure === null && this.state === QUOTED)
      this.failure = { _tag: "UnclosedQuote", line: this.quoteLine }
    if (this.failure === null && (this.count > 0 || this.state !== START)) this.endRecord()
    if (this.failure === null && this.rows === 0)
      this.failure = { _tag: this.isDeclared ? "NoRows" : "NoTable" }
    return this.failure ?? this.collector
  }

  /** Finds out what divides the header, once it is here. */
  private divide(isAll: boolean): void {
    const { head, limits } = this
    const named = SEPARATOR_LINE.exec(head)
    const delimiter = named === null ? guessDelimiter(head, isAll) : (named[1] as Delimiter)
    if (delimiter !== null) {
      this.delimiter = delimiter.charCodeAt(0)
      this.head = ""
      if (named !== null) this.line++
      this.scan(named === null ? head : head.slice(named[0].length))
    } else if (head.length > limits.maxSpecPlusInputChars) this.failHeader()
  }

  private failHeader(): void {
    this.failure = { _tag: "HeaderTooLong", limit: this.limits.maxSpecPlusInputChars }
  }

  private scan(piece: string): void {
    let at = 0
    while (at < piece.length && this.failure === null) {
      if (this.state === QUOTED) at = this.quoted(piece, at)
      else if (this.state === PLAIN) at = this.plain(piece, at)
      else at = this.between(piece, at, piece.charCodeAt(at))
    }
  }

  /** At the start of a cell, or behind its last quote. */
  private between(piece: string, at: number, char: number): number {
    if (char === LF && this.afterCr) {
      this.afterCr = false
      return at + 1
    }
    this.afterCr = false
    if (this.count === 0 && this.state === START) this.recordLine = this.line
    if (char === this.delimiter) this.endCell()
    else if (char === LF || char === CR) this.endLine(char)
    else if (char === QUOTE) {
      if (this.state === CLOSED) this.take('"')
      else this.quoteLine = this.line
      this.wasQuoted = true
      this.state = QUOTED
    } else if (this.state === START) {
      this.state = PLAIN
      return at
    } else if (char !== SPACE) this.failure = { _tag: "TextBehindQuote", line: this.line }
    return at + 1
  }

  private plain(piece: string, start: number): number {
    let at = start
    let char = piece.charCodeAt(at)
    while (at < piece.length && char !== this.delimiter && char !== LF && char !== CR)
      char = piece.charCodeAt(++at)
    this.take(piece.slice(start, at))
    if (at === piece.length) return at
    if (char === this.delimiter) this.endCell()
    else this.endLine(char)
    return at + 1
  }

  private quoted(piece: string, start: number): number {
    const quote = piece.indexOf('"', start)
    const end = quote < 0 ? piece.length : quote
    for (let at = start; at < end; at++) {
      const char = piece.charCodeAt(at)
      if (char === CR || (char === LF && !this.afterCr)) this.line++
      this.afterCr = char === CR
    }
    this.take(piece.slice(start, end))
    if (quote < 0) return end
    this.afterCr = false
    this.state = CLOSED
    return quote + 1
  }

  private take(text: string): void {
    if (this.header !== null && typeof this.header.columns[this.count]?.lead !== "string") {
      // No part of a row: whether there is anything is all that matters.
      if (this.cell === "") this.cell = text.slice(0, 1)
      return
    }
    this.length += text.length
    if (this.length <= this.limits.maxSpecPlusInputChars) this.cell += text
    else if (this.header === null) this.failHeader()
  }

  private endCell(): void {
    this.state = START
    this.length++
    if (!this.mayRead(1)) return
    if (this.header === null) {
      if (this.length > this.limits.maxSpecPlusInputChars) return this.failHeader()
      this.cells.push(this.wasQuoted ? this.cell : this.cell.trim())
    } else if (this.count < this.header.columns.length) this.cells.push(this.cell)
    else if (this.cell !== "") this.isBlankBehind = false
    this.count++
    this.cell = ""
    this.wasQuoted = false
  }

  private mayRead(values: number): boolean {
    const { maxValues } = this.limits
    this.values += values
    if (this.values > maxValues) this.failure = { _tag: "TooManyValues", limit: maxValues }
    return this.failure === null
  }

  private endLine(char: number): void {
    if (this.count > 0 || this.state !== START) this.endRecord()
    this.line++
    this.afterCr = char === CR
  }

  private endRecord(): void {
    const isBlankLine = this.count === 0 && !this.wasQuoted && BLANK.test(this.cell)
    if (isBlankLine) {
      this.cell = ""
      this.state = START
    } else {
      this.endCell()
      if (this.failure !== null) return
      if (this.header === null) this.begin(this.cells)
      else this.row(this.header)
    }
    this.cells = []
    this.count = 0
    this.length = 0
    this.isBlankBehind = true
  }

  private begin(cells: ReadonlyArray<string>): void {
    this.header = readHeader(cells)
    const { repeated } = this.header
    if (!this.isDeclared && cells.length < 2) this.failure = { _tag: "NoTable" }
    else if (repeated.length > 0) this.failure = { _tag: "RepeatedColumns", names: repeated }
  }

  private row({ columns, read }: DelimitedHeader): void {
    const { cells, count, collector, limits } = this
    if (!this.isDeclared && this.rows === 0 && count !== columns.length) {
      this.failure = { _tag: "NoTable" }
      return
    }
    // Cells that are missing are values of the row, too.
    if (!this.mayRead(1 + columns.length - cells.length)) return
    collector.begin("object")
    let text = ""
    let isEmpty = true
    for (let at = 0; at < columns.length; at++) {
      const { name, lead, isNameless } = columns[at]!
      const cell = cells[at] ?? ""
      if (lead === null || (isNameless && cell === "")) continue
      collector.member(name, "string")
      if (isEmpty && !BLANK.test(cell)) isEmpty = false
      text += `${text === "" ? "{" : ","}${lead}${JSON.stringify(read(cell))}`
    }
    if (!this.isBlankBehind) this.tooMany(columns.length)
    text += text === "" ? "{}" : "}"
    const most = limits.maxSpecPlusInputChars
    // Of a record that is too long the cells were not kept.
    if (this.length > most) collector.end(null, this.length, false)
    else collector.end(text.length > most ? null : text, text.length, isEmpty)
    this.rows++
    if (text.length <= most) this.chars += text.length
    if (this.chars > this.maxChars) this.failure = { _tag: "TooLarge", limit: this.maxChars }
  }

  private tooMany(columns: number): void {
    this.problem(
      `has ${this.count} cells (line ${this.recordLine}), but the header names ${columns === 1 ? "1 column" : `${columns} columns`}. Put cells that hold the delimiter or a quote into quotes, or name every column.`,
    )
  }

  private problem(message: string): void {
    if (this.problems.isFull) this.problems.addUnlisted(1)
    else this.problems.add(childPath(FIELD, this.rows), message)
  }
}
