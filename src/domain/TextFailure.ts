import { describeKind } from "./JsonText.ts"
import { shorten } from "./Problem.ts"
import type { RowsFailure } from "./RowReader.ts"

/** Why a table has no rows. */
export type DelimitedFailure =
  | { readonly _tag: "UnclosedQuote"; readonly line: number }
  | { readonly _tag: "TextBehindQuote"; readonly line: number }
  | { readonly _tag: "HeaderTooLong"; readonly limit: number }
  | { readonly _tag: "RepeatedColumns"; readonly names: ReadonlyArray<string> }
  /** A header and nothing else. */
  | { readonly _tag: "NoRows" }
  /** Nobody says that it is a table, and it does not look like one. */
  | { readonly _tag: "NoTable" }
  | { readonly _tag: "TooManyValues"; readonly limit: number }
  /** Every row repeats the header's names: short records may be a hundred times as long as rows. */
  | { readonly _tag: "TooLarge"; readonly limit: number }

/** Why a text has no rows. */
export type TextFailure =
  | RowsFailure
  | DelimitedFailure
  | { readonly _tag: "Blank" }
  | { readonly _tag: "Markup" }
  /** One object that nobody calls JSON Lines: an error, or a wrapper. `list`: its member that is an array of objects. */
  | { readonly _tag: "OneObject"; readonly list: string | null }

const SEND = "Send JSON, JSON Lines, CSV or TSV."

/** Why there are no rows, as the rest of a sentence about the text. */
export const textFailure = (failure: TextFailure): string => {
  switch (failure._tag) {
    case "Blank":
      return `is empty. ${SEND}`
    case "Markup":
      return `is a page of HTML or XML, not rows: it may ask for a login, or show an error. ${SEND}`
    case "OneObject":
      return `is one JSON object, not an array of objects. ${whereRowsAre(failure.list)}`
    case "NotAnArray":
      return `is ${describeKind(failure.kind)}, not an array of objects. ${SEND}`
    case "NotJson":
      return `is not valid JSON: it ${failure.atEnd ? "ends too early, at" : "has an error at"} ${failure.where}.`
    case "TooDeep":
      return `is nested more than ${failure.limit} levels deep at ${failure.path}. Flatten the data.`
    case "TooManyValues":
      return `holds more than ${failure.limit} values. Split it over several requests.`
    case "TooLarge":
      return `has more than ${failure.limit} characters in its rows, each of which repeats the names of the columns. Shorten the header, or split the list over several groups.`
    case "UnclosedQuote":
      return `has a quote in line ${failure.line} that is never closed. Close it, or within quotes write it twice.`
    case "TextBehindQuote":
      return `has text behind a closing quote in line ${failure.line}. Within quotes, write a quote twice.`
    case "HeaderTooLong":
      return `has a header of more than ${failure.limit} characters. The first line must name the columns.`
    case "RepeatedColumns":
      return `names columns more than once: ${listed(failure.names)}. Give each its own name.`
    case "NoRows":
      return "has a header and no rows. The first line names the columns; at least one row must follow."
    case "NoTable":
      return `is neither JSON nor a table: where no content type or file name says CSV, the first line must name two columns or more, and the next one must have as many cells. ${SEND}`
  }
}

const whereRowsAre = (list: string | null): string =>
  list === null
    ? "Send the rows as an array, or as JSON Lines whose content type says so."
    : `Its member ${JSON.stringify(shorten(list))} is one: send that array itself.`

const listed = (names: ReadonlyArray<string>): string => {
  const first = names.slice(0, 5).map((name) => JSON.stringify(shorten(name)))
  return `${first.join(", ")}${names.length > first.length ? ` and ${names.length - first.length} more` : ""}`
}
