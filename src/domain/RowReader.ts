import { JsonReader } from "./JsonReader.ts"
import { type JsonSink, NOTHING, type ReadFailure } from "./JsonSink.ts"
import { describeKind, type JsonKind } from "./JsonText.ts"
import { type Problem, Problems } from "./Problem.ts"
import { FIELD, RowCollector, type RowLimits, type Rows } from "./Rows.ts"

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

  get seen(): number {
    return this.collector.seen
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
  { skipEmpty = false, limit }: { readonly skipEmpty?: boolean; readonly limit?: number } = {},
): { readonly rows: Rows } | { readonly problems: ReadonlyArray<Problem> } => {
  const problems = new Problems()
  const reader = new RowReader(limits, problems)
  reader.push(json)
  const read = reader.end()
  if (!(read instanceof RowCollector)) return { problems: [failureProblem(read)] }
  const rows = read.finish(skipEmpty, limit)
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
