import type { Parameter } from "./ResultQuery.ts"

/** A format of a group's result: what its address ends in, and what headers call it. */
export interface Format<Name extends string = string> {
  /** Its name, which is the extension of its address too. */
  readonly format: Name
  /** Media types under which a client may ask for it; it is served as the first. */
  readonly types: ReadonlyArray<string>
  /** Only for a client that names one of the types: a wildcard never means it. */
  readonly onlyByName?: true
  /** Parts of the query that change it. Others are ignored, and change neither the answer nor its tag. */
  readonly query?: ReadonlyArray<Parameter>
  /** Browsers save it as a file instead of showing it. */
  readonly attachment?: true
}

/** Tells of all that comes; the others tell of one moment. */
export const SSE = {
  format: "sse",
  types: ["text/event-stream"],
  query: ["basis"],
} as const satisfies Format

const PARTS = ["status", "limit", "after"] as const

/**
 * The formats of a result URL, all that addresses, negotiation and headers need to know of them. The first is what a
 * client gets that does not care. Each but `sse` has a `Renderer` of its name.
 */
export const FORMATS = [
  { format: "json", types: ["application/json"], query: [...PARTS, "basis", "input_index"] },
  { format: "html", types: ["text/html"] },
  { format: "md", types: ["text/markdown", "text/plain"], query: [...PARTS, "basis"] },
  SSE,
  {
    format: "csv",
    types: ["text/csv", "application/csv"],
    query: [...PARTS, "bom"],
    onlyByName: true,
    attachment: true,
  },
  {
    format: "jsonl",
    types: ["application/jsonl", "application/x-ndjson", "application/ndjson"],
    query: [...PARTS, "basis", "table"],
    onlyByName: true,
  },
] as const satisfies ReadonlyArray<Format>

export type ResultFormat = (typeof FORMATS)[number]["format"]

export type RenderedFormat = Exclude<ResultFormat, typeof SSE.format>

type FormatOf<Name extends string> = Name extends string ? Format<Name> : never

/** The formats of one row. */
export const ROW_FORMATS = FORMATS.filter(
  (offer): offer is Extract<(typeof FORMATS)[number], { readonly format: "json" | "html" | "md" }> =>
    offer.format === "json" || offer.format === "html" || offer.format === "md",
)

export type RowFormat = (typeof ROW_FORMATS)[number]["format"]

/** The format of this name; null when there is none. */
export const formatOf = (name: string): FormatOf<ResultFormat> | null =>
  FORMATS.find(({ format }) => format === name) ?? null

export const contentTypeOf = ({ types }: Format): string => `${types[0]}; charset=utf-8`

/** A piece of an answer: text, or text that is UTF-8 already. */
export type Piece = string | Uint8Array
