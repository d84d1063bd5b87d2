import { extname } from "node:path"
import { Refused } from "../Refused.ts"
import { terminalText } from "../terminalText.ts"

const FORMATS = ["json", "jsonl", "csv", "tsv", "md"] as const

export type OutputFormat = (typeof FORMATS)[number]

/** What a file's name says that it is to hold. Throws a `Refused` for any other name. */
export const outputFormatOf = (file: string): OutputFormat => {
  const extension = extname(file).slice(1).toLowerCase()
  const format = FORMATS.find((known) => known === extension)
  if (format !== undefined) return format
  const what = extension === "" ? "has no extension" : `ends in .${extension}`
  throw new Refused(
    terminalText(
      `${file} ${what}, so that it cannot be told how results are to be written. Use a name that ends in ${FORMATS.map((known) => `.${known}`).join(", ")}; without --output they go to standard output.`,
    ),
  )
}
