/** What things are: Schemas, typed errors, pure functions. No I/O, no service. */
// The request and its answer.
export * from "../domain/MultitaskAnswer.ts"
export {
  type DecodedRequest,
  decodeMultitaskRequest,
  type Limits,
  type MultitaskRequest,
} from "../domain/MultitaskRequest.ts"
export * from "../domain/Act.ts"
export { type ActName, type ActRequest, type AddRequest, decodeActRequest } from "../domain/ActRequest.ts"
export type { RunOptions } from "../domain/RunOptions.ts"
export type { Column, RowLimits, Rows } from "../domain/Rows.ts"
export type { Problem } from "../domain/Problem.ts"
export * from "../domain/Processors.ts"
export type { OutputSpec } from "../domain/TaskSpec.ts"
// The group and its rows.
export * from "../domain/Counts.ts"
export * from "../domain/Excerpt.ts"
export * from "../domain/Formats.ts"
export * from "../domain/Ids.ts"
export * from "../domain/Progress.ts"
export type { Basis, ResultQuery, Selection } from "../domain/ResultQuery.ts"
export { readQuery, STATUSES } from "../domain/ResultQuery.ts"
export { isActive, isTerminal } from "../domain/RunStatus.ts"
export * from "../domain/TaskGroup.ts"
export * from "../domain/Wire.ts"
// Settings: what operators change, and what nobody does.
export * from "../domain/Constants.ts"
export { DEFAULT_BASE_URL, DEFAULT_LOGIN_URL, readSettings, type SettingsShape } from "../domain/Settings.ts"
// Errors.
export type { ApiError } from "../domain/ApiError.ts"
export { errorJson } from "../domain/ErrorJson.ts"
export * from "../domain/Errors.ts"
export { redactorOf } from "../domain/redact.ts"
// Text.
export { csvCell, csvColumns, csvRecord, csvText } from "../domain/Csv.ts"
export { JsonReader, type JsonReaderOptions } from "../domain/JsonReader.ts"
export { TextRows } from "../domain/TextRows.ts"
export { webhookKeyOf } from "../domain/WebhookSecret.ts"
export { PRODUCT, VERSION } from "../domain/Product.ts"
