import type { DelimitedFailure } from "./TextFailure.ts"

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20

// States: a cell begins, in one without quotes, within quotes, behind a quote that may be the last one.
const START = 0
const PLAIN = 1
const QUOTED = 2
const CLOSED = 3

/** What is made of the cells. */
export interface CellSink {
  /** A piece of the present cell. */
  take(text: string): void
  /** The cell is over, and another one follows in its record. */
  endCell(wasQuoted: boolean): void
  /** The last cell of a record is over. `line`, from 1: where the record began. A blank line is one cell. */
  endRecord(wasQuoted: boolean, line: number): void
  /** A line without any character. */
  blank?(): void
}

/**
 * Takes CSV or TSV (RFC 4180) apart into cells, from texts as they come; a byte order mark is the caller's to take away.
 * Reads quotes and line ends, and knows nothing of headers.
 */
export class DelimitedScanner {
  /** Whoever sets it stops the scanner. */
  failure: DelimitedFailure | null = null
  /** Of the character that comes next, from 1. */
  line = 1

  private readonly delimiter: number
  private readonly sink: CellSink
  private state = START
  private isFirst = true
  private wasQuoted = false
  private afterCr = false
  private quoteLine = 1
  private recordLine = 1

  /** `delimiter`: a code unit; NaN for a text whose lines are one cell each. */
  constructor(delimiter: number, sink: CellSink) {
    this.delimiter = delimiter
    this.sink = sink
  }

  push(piece: string): void {
    let at = 0
    while (at < piece.length && this.failure === null) {
      if (this.state === QUOTED) at = this.quoted(piece, at)
      else if (this.state === PLAIN) at = this.plain(piece, at)
      else at = this.between(piece, at, piece.charCodeAt(at))
    }
  }

  /** All has come. */
  end(): void {
    if (this.failure === null && this.state === QUOTED)
      this.failure = { _tag: "UnclosedQuote", line: this.quoteLine }
    if (this.failure === null && this.isOpen) this.endRecord()
  }

  private get isOpen(): boolean {
    return !this.isFirst || this.state !== START
  }

  /** At the start of a cell, or behind its last quote. */
  private between(piece: string, at: number, char: number): number {
    if (char === LF && this.afterCr) {
      this.afterCr = false
      return at + 1
    }
    this.afterCr = false
    if (!this.isOpen) this.recordLine = this.line
    if (char === this.delimiter) this.endCell()
    else if (char === LF || char === CR) this.endLine(char)
    else if (char === QUOTE) {
      if (this.state === CLOSED) this.sink.take('"')
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
    this.sink.take(piece.slice(start, at))
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
    this.sink.take(piece.slice(start, end))
    if (quote < 0) return end
    this.afterCr = false
    this.state = CLOSED
    return quote + 1
  }

  private endCell(): void {
    const { wasQuoted } = this
    this.state = START
    this.wasQuoted = false
    this.isFirst = false
    this.sink.endCell(wasQuoted)
  }

  private endLine(char: number): void {
    if (this.isOpen) this.endRecord()
    else this.sink.blank?.()
    this.line++
    this.afterCr = char === CR
  }

  private endRecord(): void {
    const { wasQuoted } = this
    this.state = START
    this.wasQuoted = false
    this.isFirst = true
    this.sink.endRecord(wasQuoted, this.recordLine)
  }
}
