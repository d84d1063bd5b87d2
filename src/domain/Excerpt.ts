import type { GroupId } from "./Ids.ts"
import type { Selection } from "./ResultQuery.ts"

/** Rows of a group as one Markdown text of a bounded length, for a language model. */
export interface ExcerptQuery extends Selection {
  /** Reasoning and sources: of all rows and fields, of none, of one field, or of one row, which is then alone. */
  readonly basis: "none" | "all" | { readonly field: string } | { readonly index: number }
  /** Of the whole text, in UTF-16 code units, 2,000 at least; a row that is longer by itself is cut and says so. */
  readonly maxChars: number
}

export type Excerpt =
  | {
      readonly _tag: "Excerpt"
      readonly taskgroupId: GroupId
      readonly url: string
      readonly isActive: boolean
      readonly numInputs: number
      /** Rows in `markdown`. */
      readonly shown: number
      /** Ask with this `after` for what did not fit, or was beyond `limit`; null when nothing is left. */
      readonly nextAfter: number | null
      readonly markdown: string
    }
  | { readonly _tag: "NoSuchRow"; readonly numInputs: number }
  /** Outputs have these fields. */
  | { readonly _tag: "NoSuchField"; readonly fields: ReadonlyArray<string> }
