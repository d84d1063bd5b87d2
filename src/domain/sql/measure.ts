/**
 * What a value may cost, beforehand. Sizes are bytes; `work` is nanoseconds. Rates are those of the slowest of what was
 * measured in workerd, rounded up: what they bound must not take longer than they say.
 */

/** Of a value that differs from row to row. */
export interface Size {
  /** Over all rows that it is bounded for. */
  readonly mean: number
  readonly max: number
  /** Commas and opening brackets in it, at most, as JSON: how many values it may have. */
  readonly marks: number
}

export interface Measure extends Size {
  /** Of one evaluation, without reading the documents. */
  readonly work: number
  /** JSON columns that are looked into, each with what it takes to read one: that happens once for a row. */
  readonly documents: ReadonlyMap<string, number>
}

export const NONE: ReadonlyMap<string, number> = new Map()

export const sized = (bytes: number): Size => ({ mean: bytes, max: bytes, marks: bytes })
export const SMALL: Size = { mean: 8, max: 24, marks: 0 }

/** The platform makes no longer value. */
export const MAX_VALUE = 2_200_000

/** A number and a step of SQLite's machine, a call that makes a text. */
export const STEP = 40
export const CALL = 120

/** Going through JSON of this size. */
export const reading = ({ mean, marks }: Size): number => 150 + mean * 2 + Math.min(marks, mean / 2) * 40
/** Looking for something in JSON that has been read. */
export const finding = ({ mean, marks }: Size): number => CALL + mean * 0.1 + Math.min(marks, mean / 2) * 8

const add = (a: Size, b: Size): Size => ({
  mean: a.mean + b.mean,
  max: a.max + b.max,
  marks: a.marks + b.marks,
})
export const sum = (sizes: ReadonlyArray<Size>): Size => sizes.reduce(add, { mean: 0, max: 0, marks: 0 })

/** One of them, another in each row. */
export const either = (sizes: ReadonlyArray<Size>): Size => {
  const { mean, marks } = sum(sizes)
  return { mean, marks, max: Math.max(0, ...sizes.map(({ max }) => max)) }
}

export const times = ({ mean, max, marks }: Size, factor: number, more = 0): Size => ({
  mean: mean * factor + more,
  max: Math.min(MAX_VALUE, max * factor + more),
  marks: marks * factor + more,
})

export const atMost = ({ mean, max, marks }: Size, bytes: number): Size => ({
  mean: Math.min(mean, bytes),
  max: Math.min(max, bytes),
  marks: Math.min(marks, bytes),
})

/** Where one row may be met again and again, any may be the largest. */
export const repeated = ({ max }: Size): Size => sized(max)

/** Of `rows`, at most `left` are left. */
export const cut = (size: Size, rows: number, left: number): Size =>
  left >= rows ? size : atMost(times(size, rows / Math.max(1, left)), size.max)

export const allDocuments = (measures: ReadonlyArray<Measure>): ReadonlyMap<string, number> => {
  if (measures.every(({ documents }) => documents.size === 0)) return NONE
  return new Map(measures.flatMap(({ documents }) => [...documents]))
}

export const workOf = (measures: ReadonlyArray<Measure>): number =>
  measures.reduce((total, { work }) => total + work, 0)
