import { describeKind, type JsonKind } from "./JsonText.ts"
import { JsonReader } from "./JsonReader.ts"
import { type JsonSink, NOTHING, type ReadFailure } from "./JsonSink.ts"
import { childPath, MAX_LISTED_PROBLEMS, type Problem, Problems } from "./Problem.ts"
import type { JsonText } from "./TaskGroup.ts"

/** What is known of a column: in how many rows it is, and the kinds of its values, a bit for each of `KINDS`. */
export interface Column {
  readonly rows: number
  readonly kinds: number
}

export const KINDS: ReadonlyArray<JsonKind> = ["string", "number", "boolean", "object", "array", "null"]

/** The rows of a request, each as the text that came. */
export interface Rows {
  /** Whoever hands them on may take them out: there may be 16 MiB of them. */
  readonly texts: Array<JsonText>
  /** Where each of them stands in what was sent, when some were left out; null when they all are here. */
  readonly indexes: ReadonlyArray<number> | null
  /** In order of first appearance: of more than MAX_COLUMNS_COUNTED names only the first. */
  readonly columns: ReadonlyMap<string, Column>
  /** Length of the longest. */
  readonly longest: number
  /** Rows that hold no value and were left out. */
  readonly leftOut: number
}

/** Names beyond these are data, not columns; they would take memory for nothing. */
export const MAX_COLUMNS_COUNTED = 10_000

export interface RowLimits {
  readonly maxInputs: number
  /** Of one row's text: Parallel's limit for a task spec and an input together. */
  readonly maxSpecPlusInputChars: number
  readonly maxDepth: number
  readonly maxValues: number
}

const FIELD = "inputs"

/** Fields of a run as Parallel's own API takes it. */
const RUN_FIELDS: ReadonlySet<string> = new Set(
  (
    "input processor metadata task_spec source_policy previous_interaction_id mcp_servers enable_events webhook " +
    "advanced_settings memory_scope_key"
  ).split(" "),
)

/** Collects rows as a reader cuts them out, and what is wrong with them. */
export class RowCollector {
  private readonly limits: RowLimits
  private readonly problems: Problems
  private readonly texts: Array<JsonText> = []
  private readonly indexes: Array<number> = []
  /** The first rows that hold no value, and how many there are. */
  private readonly firstEmpty: Array<number> = []
  private empty = 0
  private readonly columns = new Map<string, { rows: number; kinds: number }>()
  private longest = 0
  private count = 0
  /** Rows in the shape of Parallel's own runs, and the first of them. */
  private asRuns = 0
  private firstRun = 0
  /** Of the present row. */
  private names: Array<string> = []
  private kinds: Array<JsonKind> = []

  constructor(limits: RowLimits, problems: Problems) {
    this.limits = limits
    this.problems = problems
  }

  /** A row begins; whether it is one. */
  begin(kind: JsonKind): boolean {
    this.names = []
    this.kinds = []
    if (kind !== "object") this.add(() => `must be an object, not ${describeKind(kind)}.`)
    return kind === "object"
  }

  member(name: string, kind: JsonKind): void {
    this.names.push(name)
    this.kinds.push(kind)
  }

  /** The row has ended, with this text (null when it is too long). `isEmpty`: it says nothing. */
  end(text: JsonText | null, length: number, isEmpty: boolean): void {
    const index = this.count
    if (text === null) {
      const most = this.limits.maxSpecPlusInputChars
      this.add(
        () =>
          `has ${length} characters; Parallel accepts at most ${most}, with the task spec. Shorten this input.`,
      )
    } else if (isEmpty) {
      this.empty++
      if (this.firstEmpty.length < MAX_LISTED_PROBLEMS) this.firstEmpty.push(index)
    } else if (this.isRun()) {
      if (this.asRuns++ === 0) this.firstRun = index
    } else if (this.texts.length < this.limits.maxInputs) {
      this.texts.push(text)
      this.indexes.push(index)
      this.longest = Math.max(this.longest, length)
      this.noteColumns()
    }
    this.count++
  }

  /** What is not a row is over. */
  skip(): void {
    this.count++
  }

  private add(message: () => string): void {
    if (this.problems.isFull) this.problems.addUnlisted(1)
    else this.problems.add(childPath(FIELD, this.count), message())
  }

  private isRun(): boolean {
    const at = this.names.indexOf("input")
    return at >= 0 && this.kinds[at] === "object" && this.names.every((name) => RUN_FIELDS.has(name))
  }

  private noteColumns(): void {
    const { columns, names, kinds } = this
    for (let at = 0; at < names.length; at++) {
      const bit = 1 << KINDS.indexOf(kinds[at]!)
      const column = columns.get(names[at]!)
      if (column !== undefined) {
        column.rows++
        column.kinds |= bit
      } else if (columns.size < MAX_COLUMNS_COUNTED) columns.set(names[at]!, { rows: 1, kinds: bit })
    }
  }

  /** The rows, once all have come; what is wrong with them goes to the problems. */
  finish(skipEmpty: boolean): Rows {
    const { problems, limits, count, empty } = this
    if (count === 0) problems.add(FIELD, "must not be empty. Send at least one object.")
    else if (skipEmpty && empty === count)
      problems.add(
        FIELD,
        "hold no value in any row, so that skip_empty leaves nothing. Send at least one value.",
      )
    if (!skipEmpty) {
      for (const index of this.firstEmpty)
        problems.add(
          childPath(FIELD, index),
          'holds no value: it is empty, or has nothing but null and blank text, and would be paid for all the same. Remove it, or send "skip_empty": true.',
        )
      problems.addUnlisted(empty - this.firstEmpty.length)
    }
    const taken = count - (skipEmpty ? empty : 0)
    if (taken > limits.maxInputs)
      problems.add(
        FIELD,
        `has ${taken} objects; at most ${limits.maxInputs} are accepted. Split the list over several requests.`,
      )
    if (this.asRuns > 0)
      problems.add(
        FIELD,
        `has ${this.asRuns === 1 ? "1 row" : `${this.asRuns} rows`} in the shape of Parallel's own runs ({"input": {…}}), first at index ${this.firstRun}. Send what is in "input" as the row itself, and "processor" once, beside "inputs".`,
      )
    return {
      texts: this.texts,
      indexes: empty === 0 ? null : this.indexes,
      columns: this.columns,
      longest: this.longest,
      leftOut: empty,
    }
  }
}

/** Why there are no rows. */
export type RowsFailure = ReadFailure | { readonly _tag: "NotAnArray"; readonly kind: JsonKind }

/** Reads rows from JSON text: an array, or with `many` one object after the other. */
export class RowReader {
  readonly reader: JsonReader
  private readonly collector: RowCollector
  private root: JsonKind | null = null

  constructor(
    limits: RowLimits,
    problems: Problems,
    { many = false, values = { count: 0 } }: { many?: boolean; values?: { count: number } } = {},
  ) {
    this.collector = new RowCollector(limits, problems)
    const at = many ? 0 : 1
    const rows = rowSink(this.collector, limits, problems, at, () => this.reader.said)
    const sink: JsonSink = many
      ? rows
      : {
          ...rows,
          value: (kind, depth, name) => {
            if (depth > 0) return this.root === "array" ? rows.value(kind, depth, name) : NOTHING
            this.root = kind
            return NOTHING
          },
          end: (depth, text, length) => {
            if (depth > 0 && this.root === "array") rows.end(depth, text, length)
          },
        }
    this.reader = new JsonReader({
      sink,
      maxDepth: limits.maxDepth,
      maxValues: limits.maxValues,
      values,
      path: FIELD,
      many,
    })
    this.reader.base = at
  }

  push(text: string): void {
    this.reader.push(text)
  }

  /** All has come. The collector has the rows, unless the answer says why there are none. */
  end(): RowsFailure | RowCollector {
    this.reader.end()
    if (this.reader.failure !== null) return this.reader.failure
    if (this.root !== null && this.root !== "array") return { _tag: "NotAnArray", kind: this.root }
    return this.collector
  }
}

/** Rows are the values at this depth. `said`: the reader's count of scalars that say something. */
export const rowSink = (
  collector: RowCollector,
  { maxSpecPlusInputChars }: RowLimits,
  problems: Problems,
  at: number,
  said: () => number,
): JsonSink => {
  let isRow = false
  let before = 0
  return {
    watch: at + 1,
    value: (kind, depth, name) => {
      if (depth > at) {
        if (isRow) collector.member(name!, kind)
        return NOTHING
      }
      before = said()
      isRow = collector.begin(kind)
      return isRow ? maxSpecPlusInputChars : NOTHING
    },
    end: (depth, text, length) => {
      if (depth > at) return
      if (isRow) collector.end(text, length, said() === before)
      else collector.skip()
    },
    part: () => {},
    problem: (path, message) => problems.add(path, message),
  }
}

/** Rows of a JSON text that is here as a whole, or what is wrong with it. */
export const readRows = (
  json: string,
  limits: RowLimits,
  { skipEmpty = false }: { readonly skipEmpty?: boolean } = {},
): { readonly rows: Rows } | { readonly problems: ReadonlyArray<Problem> } => {
  const problems = new Problems()
  const reader = new RowReader(limits, problems)
  reader.push(json)
  const read = reader.end()
  if (!(read instanceof RowCollector)) return { problems: [failureProblem(read)] }
  const rows = read.finish(skipEmpty)
  return problems.count > 0 ? { problems: problems.list(FIELD) } : { rows }
}

/** What a reader that stopped says about rows that came as text. */
export const failureProblem = (failure: RowsFailure): Problem => {
  switch (failure._tag) {
    case "NotAnArray":
      return { path: FIELD, message: `must be an array of objects, not ${describeKind(failure.kind)}.` }
    case "NotJson":
      return {
        path: FIELD,
        message: `is not valid JSON: the text ${failure.atEnd ? `ends too early, at ${failure.where}` : `has an error at ${failure.where}`}. Correct it, or send the array itself.`,
      }
    case "TooDeep":
      return {
        path: failure.path,
        message: `is nested more than ${failure.limit} levels deep. Flatten the data.`,
      }
    case "TooManyValues":
      return {
        path: FIELD,
        message: `holds more than ${failure.limit} values. Split it over several requests.`,
      }
  }
}
