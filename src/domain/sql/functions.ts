import {
  atMost,
  CALL,
  either,
  finding,
  type Measure,
  reading,
  type Size,
  SMALL,
  sized,
  sum,
  times,
} from "./measure.ts"
import { SqlRefusal } from "./SqlRefusal.ts"

/**
 * The functions that may be called. Of each: what its result measures, and how long it takes besides its arguments.
 * Those that make much of little (zeroblob, hex, printf) are not among them.
 */

export interface Argument extends Measure {
  /** Its text, where it is written out. */
  readonly text: string | null
  /** Its number, where it is written out. */
  readonly number: number | null
  /** The column that it is, where it is JSON that is read once for a row. */
  readonly document: string | null
}

export interface Made {
  readonly size: Size
  readonly work: number
}

type Rule = (args: ReadonlyArray<Argument>, name: string) => Made

/** Patterns, what is looked for, and formats are written out and no longer, as the platform has it for LIKE. */
const MAX_PATTERN = 50

export const shortText = (arg: Argument | undefined, what: string): string => {
  if (arg === undefined || arg.text === null || arg.max > MAX_PATTERN)
    throw new SqlRefusal(`${what} is a text in single quotes here, of at most ${MAX_PATTERN} bytes.`)
  return arg.text
}

const bytes = (args: ReadonlyArray<Size>): number => args.reduce((total, { mean }) => total + mean, 0)

/** A number, or something as small. */
const small: Rule = (args) => ({ size: SMALL, work: CALL + bytes(args) * 0.7 })
const picked: Rule = (args) => ({ size: either(args), work: STEP_FOR_EACH * args.length + bytes(args) * 0.3 })
const STEP_FOR_EACH = 60
const same: Rule = (args) => ({ size: args[0] ?? SMALL, work: CALL + bytes(args) * 2 })
const joined: Rule = (args) => ({ size: sum(args), work: CALL * 2 + bytes(args) * 1.5 })

/** Text of any bytes in quotes. */
const quoted = (size: Size, factor: number): Size => times(size, factor, 4)

const part: Rule = (args) => {
  const length = args[2]?.number ?? null
  const [whole = SMALL] = args
  return {
    size: length === null ? whole : atMost(whole, Math.abs(length) * 4),
    work: CALL + whole.mean,
  }
}

const trimmed: Rule = (args, name) => {
  const [text = SMALL] = args
  const width = args.length < 2 ? 1 : shortText(args[1], `What ${name} takes away`).length
  return { size: text, work: CALL + text.mean * (1 + width) }
}

const searched: Rule = ([text = NOTHING, pattern = NOTHING]) => ({
  size: SMALL,
  work: CALL + text.mean * (1.5 + pattern.max * 0.4),
})

const replaced: Rule = (args) => {
  const [text = NOTHING, , by] = args
  const from = shortText(args[1], "What replace looks for")
  const to = shortText(by, "What replace puts there")
  const growth = Math.max(1, by!.max / Math.max(1, from.length))
  return {
    size: times(text, to === "" ? 1 : growth),
    work: CALL + text.mean * (8 + from.length * 0.4 + growth * 4),
  }
}

/** Times, and texts of a format that is written out. */
const dated: Rule = (args) => ({ size: sized(32), work: 1_500 + bytes(args) * 2 })
const formatted: Rule = (args, name) => {
  shortText(args[0], `The format of ${name}`)
  return { size: sized(1_000), work: 3_000 + bytes(args) * 2 }
}

const NOTHING: Argument = {
  ...SMALL,
  work: 0,
  documents: new Map(),
  text: null,
  number: null,
  document: null,
}

/** JSON that stands in a column is read once for a row, whatever is asked of it; any other at each call. */
const lookInto = ([json = NOTHING]: ReadonlyArray<Argument>): number =>
  json.document === null ? reading(json) + finding(json) : finding(json)

const found: Rule = (args) => {
  const [json = NOTHING] = args
  const paths = Math.max(1, args.length - 1)
  const size = paths === 1 ? json : quoted(times(json, paths), 6)
  return {
    size: { ...size, mean: Math.max(size.mean, 8), max: Math.max(size.max, 24) },
    work: lookInto(args) * paths,
  }
}
const about: Rule = (args) => ({ size: SMALL, work: lookInto(args) })
/** Written anew: what JSON5 spells shortly gets longer. */
const rewritten: Rule = (args) => {
  const whole = sum(args)
  return { size: quoted(whole, 6), work: CALL * args.length + reading(whole) * 2 + whole.mean * 6 }
}
const minified: Rule = (args) => {
  const [json = NOTHING] = args
  return { size: times(json, 2, 4), work: reading(json) * 2 }
}

const RULES: ReadonlyArray<readonly [Rule, string]> = [
  [
    small,
    "abs round sign typeof length octet_length unicode random ceil ceiling floor trunc sqrt pow power exp ln log mod pi sin cos tan asin acos atan atan2 sinh cosh tanh radians degrees",
  ],
  [picked, "coalesce ifnull nullif iif min max likely unlikely"],
  [same, "upper lower"],
  [trimmed, "trim ltrim rtrim"],
  [part, "substr substring"],
  [joined, "concat"],
  [(args) => joined([...args, ...args.slice(2).map(() => args[0]!)], ""), "concat_ws"],
  [searched, "instr"],
  [replaced, "replace"],
  [(args) => ({ size: quoted(sum(args), 2), work: CALL + bytes(args) * 3 }), "quote"],
  [(args) => ({ size: sized(4 * args.length), work: CALL + STEP_FOR_EACH * args.length }), "char"],
  [dated, "date time datetime julianday unixepoch timediff"],
  [formatted, "strftime"],
  [found, "json_extract -> ->>"],
  [about, "json_type json_array_length json_valid"],
  [minified, "json"],
  [rewritten, "json_quote json_array json_object json_patch json_set json_insert json_replace json_remove"],
]

export const SCALAR: ReadonlyMap<string, Rule> = new Map(
  RULES.flatMap(([rule, names]) => names.split(" ").map((name) => [name, rule] as const)),
)

/** Functions that look into the JSON that is their first argument. */
export const LOOKING = new Set(["json_extract", "->", "->>", "json_type", "json_array_length", "json_valid"])

/**
 * Of all rows' values together, relative to one row: a group's is at most as large as what goes into it. `min` and `max`
 * keep one, the others all.
 */
export const AGGREGATES: ReadonlyMap<
  string,
  (args: ReadonlyArray<Size>) => { size: Size; keeps: number; all: boolean }
> = new Map([
  ...["count", "sum", "total", "avg"].map(
    (name) => [name, () => ({ size: SMALL, keeps: 0, all: false })] as const,
  ),
  ...["min", "max"].map(
    (name) => [name, ([size = SMALL]: ReadonlyArray<Size>) => ({ size, keeps: 0, all: false })] as const,
  ),
  ...["group_concat", "string_agg"].map(
    (name) =>
      [
        name,
        (args: ReadonlyArray<Size>) => {
          const size = times(sum(args), 1, 2)
          return { size, keeps: size.mean, all: true }
        },
      ] as const,
  ),
  ...["json_group_array", "json_group_object"].map(
    (name) =>
      [
        name,
        (args: ReadonlyArray<Size>) => {
          const size = quoted(sum(args), 6)
          return { size, keeps: size.mean, all: true }
        },
      ] as const,
  ),
])

/** What may be asked over a window: its result is one value, and no row makes the last one longer. */
export const WINDOWED: ReadonlySet<string> = new Set(
  "row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value count sum total avg min max".split(
    " ",
  ),
)
