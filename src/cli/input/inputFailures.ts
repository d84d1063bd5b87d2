import type { CharsetFailure } from "../../domain/Charset.ts"
import { charsetFailure } from "../../domain/Charset.ts"
import type { Problems } from "../../domain/Problem.ts"
import { type TextFailure, textFailure } from "../../domain/TextFailure.ts"
import { terminalText } from "../terminalText.ts"
import type { LinesRead } from "./readLines.ts"

const LF = 0x0a

/** Why a file's bytes are no text, in a sentence that begins with its name. */
export const bytesFailure = (name: string, failure: CharsetFailure, bytes: Uint8Array): string => {
  switch (failure._tag) {
    case "NotText":
      if (bytes[0] === 0x1f) return `${name} is compressed by gzip. Unpack it first.`
      return `${name} is ${failure.what.replace("Save it as CSV", "Export the sheet as CSV (UTF-8)")}`
    case "UnknownCharset":
      return `${name} ${charsetFailure(failure).replace("Send UTF-8.", SAVE_AS_UTF8)}`
    case "InvalidBytes": {
      if (failure.charset !== "utf-8")
        return `${name} is not valid ${failure.charset} at byte ${failure.at} (the first is 0). ${SAVE_AS_UTF8}`
      const line = bytes.subarray(0, failure.at).reduce((lines, byte) => lines + Number(byte === LF), 1)
      return `${name}, line ${line}: byte ${failure.at} (the first is 0) is not valid UTF-8. ${SAVE_AS_UTF8}`
    }
  }
}

const SAVE_AS_UTF8 = `Save it as UTF-8: in Excel as "CSV UTF-8", else with iconv -f WINDOWS-1252 -t UTF-8.`

/** Why a text has no rows, in a sentence that begins with its name and, where there is one, the line. */
export const rowsFailure = (name: string, failure: TextFailure): string => {
  switch (failure._tag) {
    case "NotJson":
      return `${name}, ${failure.where}: ${failure.atEnd ? "the JSON ends too early" : "this is not valid JSON"}.`
    case "UnclosedQuote":
      return `${name}, line ${failure.line}: a quote begins here that is never closed. Close it, or within quotes write it twice.`
    case "TextBehindQuote":
      return `${name}, line ${failure.line}: there is text behind a closing quote. Within quotes, write a quote twice.`
    case "TooManyValues":
    case "TooLarge":
      return `${name} ${textFailure(failure).replace("requests", "files").replace("groups", "files")}`
    case "NoTable":
      return `${name} is neither JSON nor a table: where no file name says CSV, the first line must name two columns or more, and the next one must have as many cells. Save it under a name that ends in .csv, .tsv, .json or .jsonl.`
    case "OneObject":
      return `${name} is one JSON object, not an array of objects. ${whereRowsAre(failure.list)}`
    default:
      return terminalText(
        `${name} ${textFailure(failure).replace(SEND, "Give JSON, JSON Lines, CSV or TSV.")}`,
      )
  }
}

const SEND = "Send JSON, JSON Lines, CSV or TSV."

const whereRowsAre = (list: string | null): string =>
  list === null
    ? "Put it into brackets, or give JSON Lines: one object on each line, in a file that ends in .jsonl."
    : `Its member ${terminalText(JSON.stringify(list), 60)} is one: give that array itself, as a file of its own.`

/** More than these do not help. */
const MAX_TOLD = 10

/** What is wrong with rows, a line for each of the first. */
export const problemsText = (name: string, problems: Problems, read: LinesRead): string => {
  const told = problems.first.slice(0, MAX_TOLD).map(({ path, message }, at) => {
    const [, row, rest = ""] = /^inputs\[(\d+)\](.*)$/s.exec(path) ?? []
    const plain = message.replace(/ \(line \d+\)/, "")
    if (row === undefined) return `${name} ${plain}`
    const line = read.problemLines[at] ?? read.lineOfRow(Number(row))
    const where = line === undefined ? name : `${name}, line ${line}`
    return `${where}: row ${Number(row) + 1}${rest === "" ? "" : `, at ${rest.replace(/^\./, "")},`} ${plain}`
  })
  const more = problems.count - told.length
  const rest = more > 0 ? [`… and ${more} more ${more === 1 ? "problem" : "problems"}.`] : []
  return [...told.map((text) => terminalText(text)), ...rest].join("\n")
}
