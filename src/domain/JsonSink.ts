import type { JsonKind } from "./JsonText.ts"
import type { JsonText } from "./TaskGroup.ts"

/** What may be wanted of a value instead of its text: nothing; the characters of a string, as they come. */
export const NOTHING = 0
export const PARTS = -1

/** What a reader tells of the values that it reads, those within `watch` containers. */
export interface JsonSink {
  /** Values in so many containers, and in fewer, are told of. */
  readonly watch: number
  /**
   * A value begins, inside of `depth` containers, under this name where it is a member. Answers `NOTHING`, `PARTS`, or
   * how long a text is wanted at most, in UTF-16 code units.
   */
  value(kind: JsonKind, depth: number, name: string | null): number
  /** It has ended. `text` is null where it was not wanted, or is longer than that; `length` is its length. */
  end(depth: number, text: JsonText | null, length: number): void
  /** More of a string whose parts are wanted. */
  part(text: string): void
  /** Something that JSON allows and that cannot be taken. Reading goes on. */
  problem(path: string, message: string): void
}

/** Why reading stopped. `where` is for people: "line 3, column 7". */
export type ReadFailure =
  | { readonly _tag: "NotJson"; readonly where: string; readonly atEnd: boolean }
  | { readonly _tag: "TooManyValues"; readonly limit: number }
  | { readonly _tag: "TooDeep"; readonly path: string; readonly limit: number }
