import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { charsetFailure, CharsetReader } from "../../domain/Charset.ts"
import { InputsUnavailable } from "../../domain/Errors.ts"
import { mediaTypeOf, rowsFormat } from "../../domain/MediaType.ts"
import { Problems, shorten } from "../../domain/Problem.ts"
import { RowCollector } from "../../domain/Rows.ts"
import type { SettingsShape } from "../../domain/Settings.ts"
import { textFailure } from "../../domain/TextFailure.ts"
import { TextRows } from "../../domain/TextRows.ts"

export interface Answer {
  readonly response: HttpClientResponse.HttpClientResponse
  /** Of the URLs that were asked, the last one first. */
  readonly paths: ReadonlyArray<string>
}

export const invalid = (message: string) =>
  new InputsUnavailable({ kind: "invalid", path: "inputs", message, excerpt: null })
export const broken = (message: string) =>
  new InputsUnavailable({ kind: "broken", path: "inputs", message, excerpt: null })

const EXCERPT_CHARS = 80
/** Four bytes are the longest character. */
const EXCERPT_BYTES = 4 * EXCERPT_CHARS

/** Rows may be longer than the table that they come from, by the names of its columns. */
const ROWS_PER_BODY = 2

/** What every platform unpacks before we see it: workerd none but these. */
const ENCODINGS = /^(?:gzip|br|identity)?$/

/** The rows of an answer, read as it comes; only so many are kept. */
export const readAnswer = Effect.fnUntraced(function* (
  { response, paths }: Answer,
  settings: SettingsShape,
  keep: number,
) {
  const { status, headers } = response
  if (status >= 500) return yield* broken(`The inputs URL answered with status ${status}`)
  if (status < 200 || status >= 300)
    return yield* invalid(
      `The inputs URL answered with status ${status}; it must answer 200 with rows, as JSON, JSON Lines, CSV or TSV`,
    )
  const encoding = (headers["content-encoding"] ?? "").trim().toLowerCase()
  if (!ENCODINGS.test(encoding))
    return yield* invalid(
      `The inputs URL answered in the encoding ${JSON.stringify(shorten(encoding, 40))}, which is not unpacked here. Send gzip, br, or none`,
    )
  const { type, charset } = mediaTypeOf(headers["content-type"])
  const problems = new Problems()
  const bytes = new CharsetReader(charset)
  const rows = new TextRows(rowLimits(settings, keep), problems, {
    format: rowsFormat(type, paths),
    maxChars: ROWS_PER_BODY * settings.MAX_BODY_BYTES,
  })
  let first = new Uint8Array(0)
  const unusable = (kind: "invalid" | "too_large", path: string, what: string) =>
    new InputsUnavailable({
      kind,
      path,
      message: `What the inputs URL answered (status ${status}, ${typeText(type)}) ${what.replace(/\.$/, "")}`,
      excerpt: excerptOf(first, bytes),
    })
  yield* readBytes(response, settings.MAX_BODY_BYTES, (chunk) => {
    if (first.length === 0) first = chunk.slice(0, EXCERPT_BYTES)
    rows.push(bytes.push(chunk))
    return bytes.failure === null && !rows.stopped
  })
  rows.push(bytes.end())
  if (bytes.failure !== null && !rows.stopped)
    return yield* unusable("invalid", "inputs", charsetFailure(bytes.failure))
  const read = rows.end()
  if (read instanceof RowCollector) return { collector: read, problems }
  return yield* unusable(
    read._tag === "TooManyValues" || read._tag === "TooLarge" ? "too_large" : "invalid",
    read._tag === "TooDeep" ? read.path : "inputs",
    textFailure(read),
  )
})

const rowLimits = (settings: SettingsShape, keep: number) => ({
  maxInputs: Math.min(settings.MAX_INPUTS, keep),
  maxSpecPlusInputChars: settings.MAX_SPEC_PLUS_INPUT_CHARS,
  maxDepth: settings.MAX_DEPTH,
  maxValues: settings.MAX_VALUES,
})

/** Gives the body away as it comes, until it ends or no more is wanted. */
const readBytes = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number,
  take: (chunk: Uint8Array) => boolean,
) => {
  let size = 0
  return response.stream.pipe(
    Stream.catch(({ reason }) =>
      reason._tag === "EmptyBodyError"
        ? Stream.empty
        : Stream.fail(broken("The inputs URL broke off its answer")),
    ),
    Stream.takeUntilEffect((chunk) => {
      size += chunk.byteLength
      return size > maxBytes
        ? Effect.fail(
            new InputsUnavailable({
              kind: "too_large",
              path: "inputs",
              message: `The inputs URL answers with more than ${maxBytes} bytes; split the list over several groups`,
              excerpt: null,
            }),
          )
        : Effect.succeed(!take(chunk))
    }),
    Stream.runDrain,
  )
}

const typeText = (type: string): string => (type === "" ? "no content type" : visible(shorten(type)))

const excerptOf = (first: Uint8Array, { charset, failure }: CharsetReader): string | null => {
  if (first.length === 0) return null
  const text = new TextDecoder(failure?._tag === "UnknownCharset" ? "utf-8" : charset).decode(first)
  return visible(shorten(text.trim(), EXCERPT_CHARS))
}

/** Control and formatting characters as escapes: they would change how the sentence around them is shown. */
const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  )
