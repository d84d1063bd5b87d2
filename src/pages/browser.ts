import { CONSTANTS } from "../domain/Constants.ts"
import type { RowLimits } from "../domain/Rows.ts"

/**
 * What the pages' scripts use of the domain: one code for what the server and a browser do with the same text. They
 * import it as `assets/shared/domain.js`.
 */
export { fitColumns, makeSpelling } from "../domain/Columns.ts"
export { totalEnded } from "../domain/Counts.ts"
export { guessDelimiter, readHeader, SEPARATOR_LINE } from "../domain/DelimitedHeader.ts"
export { DelimitedScanner } from "../domain/DelimitedScanner.ts"
export { csvCell, csvColumns, csvRecord, csvText, inert } from "../domain/Csv.ts"
export { escapeHtml } from "../domain/Json.ts"
export { compareNumbers } from "../domain/JsonNumber.ts"
export { JsonReader } from "../domain/JsonReader.ts"
export {
  compactText,
  elementsOf,
  escapeRaw,
  fieldsOf,
  kindOf,
  membersOf,
  readableText,
  shownText,
} from "../domain/JsonText.ts"
export {
  buttonNames,
  headline,
  isStatusState,
  type Look,
  nextStep,
  stateLabel,
  type StatusFacts,
  tabText,
} from "../domain/nextStep.ts"
export { cellText, withoutOpenBidi } from "../domain/PlainText.ts"
export { Problems } from "../domain/Problem.ts"
export { RowCollector } from "../domain/Rows.ts"
export { textFailure } from "../domain/TextFailure.ts"
export { TextRows } from "../domain/TextRows.ts"

/** Bounds of a request's rows; how many there may be, the operator says. */
export const ROW_LIMITS: RowLimits = {
  maxInputs: Infinity,
  maxSpecPlusInputChars: CONSTANTS.MAX_SPEC_PLUS_INPUT_CHARS,
  maxDepth: CONSTANTS.MAX_DEPTH,
  maxValues: CONSTANTS.MAX_VALUES,
}
