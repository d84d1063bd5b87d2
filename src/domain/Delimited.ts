import { type CellSink, DelimitedScanner } from "./DelimitedScanner.ts"
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
const BLANK = /^[\u0000-\u0020\s]*$/

/**
 * Reads CSV or TSV (RFC 4180) with a header from texts as they come. Cells stay the text that they are; each record
 * becomes a row's JSON text. Size and number of values are bounded while reading, as they are for JSON.
 */
export class DelimitedReader implements CellSink {
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

  /** null until the delimiter is known. */
  private scanner: DelimitedScanner | null = null
  /** Of what is none of the scanner's. */
  private failed: DelimitedFailure | null = null
  private cell = ""

  /** Of the present record. Cells beyond the header's are counted, not kept. */
  private cells: Array<string> = []
  private count = 0
  private length = 0
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

  get failure(): DelimitedFailure | null {
    return this.failed ?? this.scanner?.failure ?? null
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
    if (!Number.isNaN(this.delimiter)) return this.scan(piece, 1)
    this.head += piece
    this.divide(false)
  }

  /** All has come. The collector has the rows, unless the answer says why there are none. */
  end(): DelimitedFailure | RowCollector {
    if (Number.isNaN(this.delimiter)) this.divide(true)
    this.scanner?.end()
    if (this.failure === null && this.rows === 0) this.fail({ _tag: this.isDeclared ? "NoRows" : "NoTable" })
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
      if (named === null) this.scan(head, 1)
      else this.scan(head.slice(named[0].length), 2)
    } else if (head.length > limits.maxSpecPlusInputChars) this.failHeader()
  }

  private failHeader(): void {
    this.fail({ _tag: "HeaderTooLong", limit: this.limits.maxSpecPlusInputChars })
  }

  private fail(failure: DelimitedFailure): void {
    this.failed = failure
    if (this.scanner !== null) this.scanner.failure = failure
  }

  /** `line`: the one in which the first piece begins. */
  private scan(piece: string, line: number): void {
    if (this.failure !== null) return
    if (this.scanner === null) {
      this.scanner = new DelimitedScanner(this.delimiter, this)
      this.scanner.line = line
    }
    this.scanner.push(piece)
  }

  take(text: string): void {
    if (this.header !== null && typeof this.header.columns[this.count]?.lead !== "string") {
      // No part of a row: whether there is anything is all that matters.
      if (this.cell === "") this.cell = text.slice(0, 1)
      return
    }
    this.length += text.length
    if (this.length <= this.limits.maxSpecPlusInputChars) this.cell += text
    else if (this.header === null) this.failHeader()
  }

  endCell(wasQuoted: boolean): void {
    this.length++
    if (!this.mayRead(1)) return
    if (this.header === null) {
      if (this.length > this.limits.maxSpecPlusInputChars) return this.failHeader()
      this.cells.push(wasQuoted ? this.cell : this.cell.trim())
    } else if (this.count < this.header.columns.length) this.cells.push(this.cell)
    else if (this.cell !== "") this.isBlankBehind = false
    this.count++
    this.cell = ""
  }

  private mayRead(values: number): boolean {
    const { maxValues } = this.limits
    this.values += values
    if (this.values > maxValues) this.fail({ _tag: "TooManyValues", limit: maxValues })
    return this.failure === null
  }

  endRecord(wasQuoted: boolean, line: number): void {
    const isBlankLine = this.count === 0 && !wasQuoted && BLANK.test(this.cell)
    if (isBlankLine) this.cell = ""
    else {
      this.endCell(wasQuoted)
      if (this.failure !== null) return
      if (this.header === null) this.begin(this.cells)
      else this.row(this.header, line)
    }
    this.cells = []
    this.count = 0
    this.length = 0
    this.isBlankBehind = true
  }

  private begin(cells: ReadonlyArray<string>): void {
    this.header = readHeader(cells)
    const { repeated } = this.header
    if (!this.isDeclared && cells.length < 2) this.fail({ _tag: "NoTable" })
    else if (repeated.length > 0) this.fail({ _tag: "RepeatedColumns", names: repeated })
  }

  private row({ columns, read }: DelimitedHeader, line: number): void {
    const { cells, count, collector, limits } = this
    if (!this.isDeclared && this.rows === 0 && count !== columns.length) {
      this.fail({ _tag: "NoTable" })
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
    if (!this.isBlankBehind) this.tooMany(columns.length, line)
    text += text === "" ? "{}" : "}"
    const most = limits.maxSpecPlusInputChars
    // Of a record that is too long the cells were not kept.
    if (this.length > most) collector.end(null, this.length, false)
    else collector.end(text.length > most ? null : text, text.length, isEmpty)
    this.rows++
    if (text.length <= most) this.chars += text.length
    if (this.chars > this.maxChars) this.fail({ _tag: "TooLarge", limit: this.maxChars })
  }

  private tooMany(columns: number, line: number): void {
    this.problem(
      `has ${this.count} cells (line ${line}), but the header names ${columns === 1 ? "1 column" : `${columns} columns`}. Put cells that hold the delimiter or a quote into quotes, or name every column.`,
    )
  }

  private problem(message: string): void {
    if (this.problems.isFull) this.problems.addUnlisted(1)
    else this.problems.add(childPath(FIELD, this.rows), message)
  }
}
