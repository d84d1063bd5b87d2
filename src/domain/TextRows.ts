import { DelimitedReader, type Table } from "./Delimited.ts"
import { JsonReader } from "./JsonReader.ts"
import { NOTHING } from "./JsonSink.ts"
import type { JsonKind } from "./JsonText.ts"
import type { Problems } from "./Problem.ts"
import { RowCollector, type RowLimits } from "./Rows.ts"
import { RowReader, rowSink } from "./RowReader.ts"
import type { TextFailure } from "./TextFailure.ts"

/** What somebody says that a text is, by a media type or a file's name. */
export type RowsFormat = "json" | "jsonl" | "csv" | "tsv"

interface Reader {
  push(text: string): void
  end(): TextFailure | RowCollector
  readonly stopped: boolean
  readonly seen: number
  /** Of a text that is none: null. */
  readonly table: Table | null
}

/**
 * Reads rows from a text of any of the formats that people keep them in, as it comes. What it is, is told by its first
 * character, then by what it is said to be, then by its shape.
 */
export class TextRows {
  private readonly limits: RowLimits
  private readonly problems: Problems
  private readonly format: RowsFormat | null
  private readonly maxChars: number
  private lead = ""
  private reader: Reader | null = null
  private isMarkup = false

  /** `format`: null where nobody says. `maxChars`: of all rows together, where a table's header is repeated in them. */
  constructor(
    limits: RowLimits,
    problems: Problems,
    { format, maxChars }: { readonly format: RowsFormat | null; readonly maxChars: number },
  ) {
    this.limits = limits
    this.problems = problems
    this.format = format
    this.maxChars = maxChars
  }

  /** Nothing that is still to come is looked at. */
  get stopped(): boolean {
    return this.isMarkup || this.reader?.stopped === true
  }

  /** How many rows have ended so far. */
  get seen(): number {
    return this.reader?.seen ?? 0
  }

  /** What the header of a table says, once it has come. */
  get table(): Table | null {
    return this.reader?.table ?? null
  }

  push(text: string): void {
    if (this.isMarkup) return
    if (this.reader !== null) return this.reader.push(text)
    const at = text.search(/\S/)
    this.lead += text
    if (at < 0) return
    if (text[at] === "<") this.isMarkup = true
    else {
      this.reader = this.readerFor(text[at]!)
      this.reader.push(this.lead)
    }
    this.lead = ""
  }

  /** All has come. The collector has the rows, unless the answer says why there are none. */
  end(): TextFailure | RowCollector {
    return this.isMarkup ? { _tag: "Markup" } : (this.reader?.end() ?? { _tag: "Blank" })
  }

  private readerFor(first: string): Reader {
    const { limits, problems, format } = this
    if (first === "[") return jsonReader(new RowReader(limits, problems))
    if (first === "{") return new ObjectsReader(limits, problems, format === "jsonl")
    if (format === "json" || format === "jsonl")
      return jsonReader(new RowReader(limits, problems, { many: format === "jsonl" }))
    const table = new DelimitedReader(limits, problems, {
      delimiter: format === "tsv" ? "\t" : null,
      isDeclared: format !== null,
      maxChars: this.maxChars,
    })
    return {
      push: (text) => table.push(text),
      end: () => table.end(),
      get stopped() {
        return table.failure !== null
      },
      get seen() {
        return table.seen
      },
      get table() {
        return table.table
      },
    }
  }
}

const jsonReader = (rows: RowReader): Reader => ({
  push: (text) => rows.push(text),
  end: () => rows.end(),
  get stopped() {
    return rows.reader.failure !== null
  },
  get seen() {
    return rows.seen
  },
  table: null,
})

/** Objects one after the other. A single one is refused unless it may be one. */
class ObjectsReader implements Reader {
  readonly table = null
  private readonly collector: RowCollector
  private readonly reader: JsonReader
  private readonly mayBeOne: boolean
  /** Name of the member that is being read, where it is an array. */
  private array: string | null = null
  private list: string | null = null

  constructor(limits: RowLimits, problems: Problems, mayBeOne: boolean) {
    this.mayBeOne = mayBeOne
    this.collector = new RowCollector(limits, problems)
    const rows = rowSink(this.collector, limits, problems, 0, () => this.reader.said)
    const { maxDepth, maxValues } = limits
    this.reader = new JsonReader({
      sink: {
        ...rows,
        watch: 2,
        value: (kind, depth, name) => {
          if (depth === 2) return this.element(kind)
          if (depth === 1) this.array = kind === "array" ? name : null
          return rows.value(kind, depth, name)
        },
        end: (depth, text, length) => {
          if (depth < 2) rows.end(depth, text, length)
        },
      },
      maxDepth,
      maxValues,
      values: { count: 0 },
      path: "inputs",
      many: true,
    })
  }

  get stopped(): boolean {
    return this.reader.failure !== null
  }

  get seen(): number {
    return this.collector.seen
  }

  push(text: string): void {
    this.reader.push(text)
  }

  end(): TextFailure | RowCollector {
    this.reader.end()
    if (this.reader.failure !== null) return this.reader.failure
    const isOne = !this.mayBeOne && this.reader.place.indexAt(0) === 1
    return isOne ? { _tag: "OneObject", list: this.list } : this.collector
  }

  private element(kind: JsonKind): number {
    if (kind === "object" && this.reader.place.indexAt(0) === 0) this.list ??= this.array
    return NOTHING
  }
}
