import { describeJson } from "./Json.ts"
import { describeKind } from "./JsonText.ts"
import type { BodyInputs, MultitaskBody } from "./MultitaskBody.ts"
import { nearestName } from "./nearestName.ts"
import { checkOutboundUrl } from "./OutboundUrl.ts"
import { childPath, type Problem, type Problems, shorten } from "./Problem.ts"
import { isProcessor, processorNames, type ProcessorName } from "./Processors.ts"
import type { Rows } from "./Rows.ts"

/**
 * Fields of bodies, one by one: what the POST and later acts on a group have in common. Each gives the value, undefined
 * where the field is absent or null, and adds what is wrong to `problems`, by path.
 */

/** The value of a field that is read as a whole: all but `inputs` are, and they are small. */
export const valueOf = ({ fields }: MultitaskBody, name: string): unknown =>
  fields.has(name) ? (JSON.parse(fields.get(name)!) ?? undefined) : undefined

/** A field may have been meant to limit what is paid for: none is ignored. `names` are those there are. */
export const refuseUnknown = (
  { unknown }: MultitaskBody,
  names: ReadonlyArray<string>,
  problems: Problems,
  what = "a field of this request",
): void => {
  const there = names.length === 0 ? "It takes none." : `There are ${names.join(", ")}.`
  for (const name of unknown) {
    const near = nearestName(name, names)
    const meant = near === null ? "" : ` Did you mean ${JSON.stringify(near)}?`
    problems.add(childPath("", name), `is not ${what}.${meant} ${there}`)
  }
}

/** Whether it is true; false where it is absent. */
export const decodeFlag = (body: MultitaskBody, name: string, problems: Problems): boolean =>
  decodeOptionalFlag(body, name, problems) === true

export const decodeOptionalFlag = (
  body: MultitaskBody,
  name: string,
  problems: Problems,
): boolean | undefined => {
  const value = valueOf(body, name)
  if (value === undefined || typeof value === "boolean") return value
  problems.add(name, `must be true or false, not ${describeJson(value)}.`)
  return
}

/** `limit`: how many rows at most. */
export const decodeLimit = (body: MultitaskBody, problems: Problems): number | undefined => {
  const value = valueOf(body, "limit")
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1))
    return value as number | undefined
  problems.add("limit", `must be a whole number from 1 on, not ${numberText(value)}.`)
  return
}

/** `max_cost_usd`: what the request may cost at most, in US dollars. */
export const decodeMaxCost = (body: MultitaskBody, problems: Problems): number | undefined => {
  const value = valueOf(body, "max_cost_usd")
  if (value === undefined || (Number.isFinite(value) && Number(value) >= 0))
    return value as number | undefined
  problems.add("max_cost_usd", `must be a number of US dollars from 0 on, not ${numberText(value)}.`)
  return
}

const numberText = (value: unknown): string =>
  typeof value === "number" ? String(value) : describeJson(value)

const DRY_RUN = "dry_run"

/** `dry_run`, in the body or, as `asked`, in the query: who says yes in one and no in the other may mean either. */
export const decodeDryRun = (
  body: MultitaskBody,
  asked: boolean | undefined,
  problems: Problems,
): boolean => {
  const told = decodeOptionalFlag(body, DRY_RUN, problems)
  if (told !== undefined && asked !== undefined && told !== asked)
    problems.add(DRY_RUN, `is ${told} in the body and ${asked} in the query. Send it once.`)
  return told ?? asked ?? false
}

/**
 * The query of a request that takes a key: `dry_run=true|false` where `takesDryRun`, and nothing else. `fields` are those
 * of the body, for who has mistaken the place.
 */
export const decodeQuery = (
  query: URLSearchParams,
  { takesDryRun, fields }: { readonly takesDryRun: boolean; readonly fields: ReadonlyArray<string> },
): { readonly dryRun: boolean | undefined; readonly problems: ReadonlyArray<Problem> } => {
  const problems = [...new Set(query.keys())]
    .filter((name) => !takesDryRun || name !== DRY_RUN)
    .slice(0, MAX_PARAMETERS)
    .map((name): Problem => {
      const isNear = takesDryRun && nearestName(name, [DRY_RUN]) !== null
      const near = isNear ? DRY_RUN : nearestName(name, fields)
      const what = isNear ? JSON.stringify(near) : `the field ${JSON.stringify(near)} of the body`
      const meant = near === null ? "" : ` Did you mean ${what}?`
      return { path: childPath("", name), message: `is not a query parameter of this request.${meant}` }
    })
  const [given, ...more] = takesDryRun ? query.getAll(DRY_RUN) : []
  if (more.length > 0)
    problems.push({ path: DRY_RUN, message: "is given more than once in the query. Send it once." })
  else if (given !== undefined && given !== "true" && given !== "false")
    problems.push({
      path: DRY_RUN,
      message: `must be true or false in the query, not ${JSON.stringify(shorten(given))}.`,
    })
  return { dryRun: given === undefined ? undefined : given === "true", problems }
}

const MAX_PARAMETERS = 20

/** `absent`: what leaving it out does, as the rest of a sentence. */
export const decodeProcessor = (
  body: MultitaskBody,
  problems: Problems,
  absent = "to get a suggestion",
): ProcessorName | undefined => {
  const value = valueOf(body, "processor")
  if (value === undefined || isProcessor(value)) return value
  const names = `Use one of ${processorNames.join(", ")}, or leave it out ${absent}.`
  problems.add(
    "processor",
    typeof value === "string"
      ? `is unknown: ${JSON.stringify(shorten(value))}. ${names}`
      : `must be text, not ${describeJson(value)}. ${names}`,
  )
  return
}

/** A URL that is called from here. */
export const decodeUrl = (
  body: MultitaskBody,
  name: string,
  { allowPrivateUrls }: UrlLimits,
  problems: Problems,
): URL | undefined => {
  const value = valueOf(body, name)
  if (value === undefined) return
  const url =
    typeof value === "string"
      ? checkOutboundUrl(value, { allowPrivate: allowPrivateUrls })
      : `must be a URL as text, not ${describeJson(value)}.`
  if (typeof url !== "string") return url
  problems.add(name, url)
  return
}

export interface UrlLimits {
  readonly allowPrivateUrls: boolean
}

/** `inputs`: rows, or where they are. */
export type Inputs =
  | { readonly _tag: "url"; readonly url: URL }
  | { readonly _tag: "rows"; readonly rows: Rows }

/** Which of the rows are taken. */
export interface RowChoice {
  /** Rows without any value are left out. */
  readonly skipEmpty: boolean
  /** Only so many, the first. */
  readonly limit: number | undefined
}

const INPUTS_HINT =
  "Send an array of objects, the same as JSON text, or the URL of a JSON array, JSON Lines, CSV or TSV."

export const decodeInputs = (
  inputs: BodyInputs,
  { skipEmpty, limit }: RowChoice,
  { allowPrivateUrls }: UrlLimits,
  problems: Problems,
): Inputs | undefined => {
  const refuse = (message: string): undefined => {
    problems.add("inputs", message)
  }
  switch (inputs._tag) {
    case "unreadable":
      return
    case "rows":
      return { _tag: "rows", rows: inputs.collector.finish(skipEmpty, limit) }
    case "other":
      return refuse(
        inputs.kind === "missing"
          ? `is missing. ${INPUTS_HINT}`
          : `must not be ${describeKind(inputs.kind)}. ${INPUTS_HINT}`,
      )
    case "address": {
      if (!/^[a-z][a-z0-9+.-]*:/i.test(inputs.text))
        return refuse(`is neither a URL nor a JSON array. ${INPUTS_HINT}`)
      const url = checkOutboundUrl(inputs.text, { allowPrivate: allowPrivateUrls })
      return typeof url === "string" ? refuse(url) : { _tag: "url", url }
    }
  }
}

/** What is said of rows that hold no value and were left out. */
export const leftOutWarnings = ({ empty }: Rows): ReadonlyArray<string> =>
  empty === 0
    ? []
    : [
        `${empty === 1 ? "1 row holds no value and was" : `${empty} rows hold no value and were`} left out (skip_empty).`,
      ]
