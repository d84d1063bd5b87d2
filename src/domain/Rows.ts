import { describeKind, type JsonKind, kindOf, membersOf } from "./JsonText.ts"
import { childPath, MAX_LISTED_PROBLEMS, type Problems } from "./Problem.ts"
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
  readonly empty: number
  /** These, and what came behind the last that is taken. */
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

export const FIELD = "inputs"

/** Fields of a run as Parallel's own API takes it. */
const RUN_FIELDS: ReadonlySet<string> = new Set(
  (
    "input processor metadata task_spec source_policy previous_interaction_id mcp_servers enable_events webhook " +
    "advanced_settings memory_scope_key"
  ).split(" "),
)

/** What stands for a row that says something and cannot be taken; for one in the shape of Parallel's own runs. */
const BAD = ""
const RUN = "run"

/** Collects rows as a reader cuts them out, and what is wrong with them. */
export class RowCollector {
  private readonly limits: RowLimits
  private readonly problems: Problems
  /** Rows that say something, as many as can be taken, and where each of them stands: `BAD` and `RUN` among them. */
  private readonly texts: Array<JsonText> = []
  private readonly indexes: Array<number> = []
  /** The first rows that hold no value, and how many there are. */
  private readonly firstEmpty: Array<number> = []
  private empty = 0
  /** What is wrong with the first bad rows, and how many there are. */
  private readonly firstBad: Array<{ readonly index: number; readonly message: string }> = []
  private bad = 0
  /** Rows in the shape of Parallel's own runs, and the first of them. */
  private runs = 0
  private firstRun = 0
  private columns = new Map<string, { rows: number; kinds: number }>()
  private longest = 0
  private count = 0
  /** Of the present row. */
  private names: Array<string> = []
  private kinds: Array<JsonKind> = []

  constructor(limits: RowLimits, problems: Problems) {
    this.limits = limits
    this.problems = problems
  }

  /** How many have ended so far: good ones, bad ones and those without a value. */
  get seen(): number {
    return this.count
  }

  /** A row begins; whether it is one. */
  begin(kind: JsonKind): boolean {
    this.names = []
    this.kinds = []
    if (kind !== "object") this.refuse(() => `must be an object, not ${describeKind(kind)}.`)
    return kind === "object"
  }

  member(name: string, kind: JsonKind): void {
    // A row of so many is too long: its names are not asked for.
    if (this.names.length >= this.limits.maxSpecPlusInputChars) return
    this.names.push(name)
    this.kinds.push(kind)
  }

  /** The row has ended, with this text (null when it is too long). `isEmpty`: it says nothing. */
  end(text: JsonText | null, length: number, isEmpty: boolean): void {
    if (text === null) {
      const most = this.limits.maxSpecPlusInputChars
      this.refuse(
        () =>
          `has ${length} characters; Parallel accepts at most ${most}, with the task spec. Shorten this input.`,
      )
    } else if (isEmpty) {
      this.empty++
      if (this.firstEmpty.length < MAX_LISTED_PROBLEMS) this.firstEmpty.push(this.count)
    } else if (this.isRun()) {
      if (this.runs++ === 0) this.firstRun = this.count
      this.keep(RUN)
    } else if (this.keep(text)) {
      this.longest = Math.max(this.longest, length)
      noteColumns(this.columns, this.names, this.kinds)
    }
    this.count++
  }

  /** What is not a row is over. */
  skip(): void {
    this.count++
  }

  private keep(text: JsonText): boolean {
    if (this.texts.length >= this.limits.maxInputs) return false
    this.texts.push(text)
    this.indexes.push(this.count)
    return true
  }

  private refuse(message: () => string): void {
    this.bad++
    this.keep(BAD)
    if (this.firstBad.length < MAX_LISTED_PROBLEMS)
      this.firstBad.push({ index: this.count, message: message() })
  }

  private isRun(): boolean {
    const at = this.names.indexOf("input")
    return at >= 0 && this.kinds[at] === "object" && this.names.every((name) => RUN_FIELDS.has(name))
  }

  /**
   * The rows, once all have come; what is wrong with them goes to the problems. With a `limit` only the first of them,
   * those without a value left out before if `skipEmpty`: what is behind is counted, and need be no good.
   */
  finish(skipEmpty: boolean, limit: number = Infinity): Rows {
    const { problems, limits, count, empty } = this
    if (count === 0) problems.add(FIELD, "must not be empty. Send at least one object.")
    else if (skipEmpty && empty === count)
      problems.add(
        FIELD,
        "hold no value in any row, so that skip_empty leaves nothing. Send at least one value.",
      )
    const there = count - (skipEmpty ? empty : 0)
    const taken = Math.min(limit, there)
    if (taken < there && taken <= limits.maxInputs)
      this.cutAt(skipEmpty ? this.indexes[taken - 1]! + 1 : taken)
    this.tell(skipEmpty)
    if (taken > limits.maxInputs)
      problems.add(
        FIELD,
        `has ${taken} objects; at most ${limits.maxInputs} are accepted. Split the list over several requests.`,
      )
    const rows = this.count - this.empty
    // Where some are bad nothing is made of the others, but they are counted.
    const isGood = this.bad + this.runs === 0
    const good = (_: unknown, at: number) => this.texts[at] !== BAD && this.texts[at] !== RUN
    const indexes = isGood ? this.indexes : this.indexes.filter(good)
    return {
      texts: isGood ? this.texts : this.texts.filter(good),
      indexes: indexes.length === this.count ? null : indexes,
      columns: this.columns,
      longest: this.longest,
      empty: skipEmpty ? this.empty : 0,
      leftOut: count - rows,
    }
  }

  /** As if this row and what is behind it had never come; all before it is known. */
  private cutAt(end: number): void {
    const { texts, indexes } = this
    const at = indexes.findIndex((index) => index >= end)
    if (at >= 0) {
      texts.length = at
      indexes.length = at
    }
    this.count = end
    this.empty = end - texts.length
    this.bad = texts.filter((text) => text === BAD).length
    this.runs = texts.filter((text) => text === RUN).length
    this.columns = new Map()
    this.longest = 0
    for (const text of texts) {
      if (text === BAD || text === RUN) continue
      const members = membersOf(text)
      this.longest = Math.max(this.longest, text.length)
      noteColumns(
        this.columns,
        members.map(({ name }) => name),
        members.map(({ value }) => kindOf(value)),
      )
    }
  }

  private tell(skipEmpty: boolean): void {
    const { problems, runs, firstRun } = this
    const told = this.firstBad.filter(({ index }) => index < this.count)
    for (const { index, message } of told) problems.add(childPath(FIELD, index), message)
    problems.addUnlisted(this.bad - told.length)
    if (!skipEmpty) {
      const first = this.firstEmpty.filter((index) => index < this.count)
      for (const index of first)
        problems.add(
          childPath(FIELD, index),
          'holds no value: it is empty, or has nothing but null and blank text, and would be paid for all the same. Remove it, or send "skip_empty": true.',
        )
      problems.addUnlisted(this.empty - first.length)
    }
    if (runs > 0)
      problems.add(
        FIELD,
        `has ${runs === 1 ? "1 row" : `${runs} rows`} in the shape of Parallel's own runs ({"input": {…}}), first at index ${firstRun}. Send what is in "input" as the row itself, and "processor" once, beside "inputs".`,
      )
  }
}

const noteColumns = (
  columns: Map<string, { rows: number; kinds: number }>,
  names: ReadonlyArray<string>,
  kinds: ReadonlyArray<JsonKind>,
): void => {
  for (let at = 0; at < names.length; at++) {
    const bit = 1 << KINDS.indexOf(kinds[at]!)
    const column = columns.get(names[at]!)
    if (column !== undefined) {
      column.rows++
      column.kinds |= bit
    } else if (columns.size < MAX_COLUMNS_COUNTED) columns.set(names[at]!, { rows: 1, kinds: bit })
  }
}
