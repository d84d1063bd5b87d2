import { FORMATS, type ResultFormat } from "../domain/Formats.ts"

/** A representation and the media types under which a client may ask for it. */
export interface Offer<Format extends string = string> {
  readonly format: Format
  readonly types: ReadonlyArray<string>
  /** Only for a client that names one of the types: a wildcard never means it. */
  readonly onlyByName?: true
}

/** What a result URL without an extension offers. The first is what a client gets that does not care. */
export const RESULT_OFFERS: ReadonlyArray<Offer<ResultFormat>> = FORMATS

interface MediaRange {
  readonly type: string
  readonly subtype: string
  readonly q: number
  /** 2 for a full type, 1 for a wildcard subtype, 0 for both wild. */
  readonly specificity: number
  /** Place in the header. */
  readonly index: number
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
/** RFC 9110 allows three digits and wants the leading 0; clients in use send `.2` and more digits. */
const WEIGHT = /^(?:0?\.\d+|0\.?|1(?:\.0*)?)$/

/** What stands between separators; a comma or semicolon inside a quoted parameter value separates nothing. */
const splitAt = (separator: "," | ";", text: string): ReadonlyArray<string> =>
  text.match(separator === "," ? /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g : /(?:[^;"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []

const parseRange = (part: string, index: number): MediaRange | null => {
  const [range = "", ...parameters] = splitAt(";", part).map((piece) => piece.trim())
  const [type = "", subtype = "", ...rest] = range.toLowerCase().split("/")
  if (rest.length > 0 || !TOKEN.test(type) || !TOKEN.test(subtype)) return null
  if (type === "*" && subtype !== "*") return null
  const weight = parameters
    .map((parameter) => /^q\s*=\s*(.*)$/i.exec(parameter)?.[1])
    .find((q) => q !== undefined)
  if (weight !== undefined && !WEIGHT.test(weight)) return null
  const specificity = type === "*" ? 0 : subtype === "*" ? 1 : 2
  return { type, subtype, q: weight === undefined ? 1 : Number(weight), specificity, index }
}

/** Parts that are not a media range are ignored, as if the client had not sent them. */
const parseAccept = (accept: string | null): ReadonlyArray<MediaRange> =>
  splitAt(",", accept ?? "").flatMap((part, index) => parseRange(part, index) ?? [])

/** The range that speaks for a media type: the most specific that matches, the kindest among equals. */
const rangeFor = (mediaType: string, ranges: ReadonlyArray<MediaRange>): MediaRange | null => {
  const [type, subtype] = mediaType.split("/")
  let best: MediaRange | null = null
  for (const range of ranges) {
    if (range.type !== "*" && range.type !== type) continue
    if (range.subtype !== "*" && range.subtype !== subtype) continue
    if (best === null || precedes(range, best)) best = range
  }
  return best
}

const precedes = (range: MediaRange, other: MediaRange): boolean =>
  range.specificity > other.specificity || (range.specificity === other.specificity && range.q > other.q)

/**
 * Content negotiation after RFC 9110, section 12.5.1: the most specific range decides a type's weight, q=0 excludes it.
 * Among equal weights the type that the client named more specifically wins, then the one it named earlier, then our
 * order. Without a usable header the first offer is the answer; null means that nothing fits (406).
 */
export const negotiate = <Format extends string>(
  accept: string | null,
  offers: ReadonlyArray<Offer<Format>>,
): Format | null => {
  const ranges = parseAccept(accept)
  if (ranges.length === 0) return offers[0]?.format ?? null
  let best: { readonly format: Format; readonly range: MediaRange } | null = null
  for (const { format, types, onlyByName } of offers) {
    for (const type of types) {
      const range = rangeFor(type, ranges)
      if (range === null || range.q === 0) continue
      if (onlyByName === true && range.specificity < 2) continue
      if (best === null || beats(range, best.range)) best = { format, range }
    }
  }
  return best?.format ?? null
}

const beats = (range: MediaRange, best: MediaRange): boolean =>
  range.q !== best.q
    ? range.q > best.q
    : range.specificity !== best.specificity
      ? range.specificity > best.specificity
      : range.index < best.index

const POST_OFFERS: ReadonlyArray<Offer<"text" | "json">> = [
  { format: "text", types: ["text/plain"] },
  { format: "json", types: ["application/json"] },
]

/**
 * Whether a caller of the POST wants the JSON answer instead of the bare URL. JSON must be named: a wildcard
 * comes from clients that did not choose.
 */
export const prefersJson = (accept: string | null): boolean =>
  rangeFor("application/json", parseAccept(accept))?.specificity === 2 &&
  negotiate(accept, POST_OFFERS) === "json"
