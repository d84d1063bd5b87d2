import type { RowsFormat } from "./TextRows.ts"

/** A Content-Type: in lower case and without its parameters, and the charset among them. */
export interface MediaType {
  readonly type: string
  readonly charset: string | null
}

export const mediaTypeOf = (contentType: string | undefined): MediaType => {
  const [type = "", ...parameters] = (contentType ?? "").split(";")
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*["']?([^"']*)/i.exec(parameter)?.[1]?.trim())
    .find((value) => value !== undefined && value !== "")
  return { type: type.trim().toLowerCase(), charset: charset ?? null }
}

const BY_TYPE: ReadonlyArray<readonly [RegExp, RowsFormat | null]> = [
  // Who answers with a page means no rows, whatever the path is called.
  [/html|xml/, null],
  [/^(?:application|text)\/(?:x-)?(?:jsonl|ndjson|jsonlines|json-lines|ldjson)$/, "jsonl"],
  [/^(?:application|text)\/(?:.+\+)?json$/, "json"],
  // Windows calls every CSV file so that Excel is to open.
  [/^(?:application|text)\/(?:(?:x-)?csv|(?:x-)?comma-separated-values|vnd\.ms-excel)$/, "csv"],
  [/^(?:application|text)\/(?:x-)?(?:tsv|tab-separated-values)$/, "tsv"],
]

const BY_ENDING: Readonly<Record<string, RowsFormat>> = {
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
}

/** What a media type says, else the ending of the first path that has one. null: nobody says. */
export const rowsFormat = (type: string, paths: ReadonlyArray<string>): RowsFormat | null => {
  const byType = BY_TYPE.find(([pattern]) => pattern.test(type))
  if (byType !== undefined) return byType[1]
  for (const path of paths) {
    const ending = /\.([a-z]{3,6})$/i.exec(path)?.[1]?.toLowerCase() ?? ""
    if (Object.hasOwn(BY_ENDING, ending)) return BY_ENDING[ending]!
  }
  return null
}
