import * as Result from "effect/Result"
import type { Retry } from "./Act.ts"
import { describeJson } from "./Json.ts"
import { describeKind } from "./JsonText.ts"
import { type MultitaskBody, MultitaskBodyReader } from "./MultitaskBody.ts"
import type { Limits } from "./MultitaskRequest.ts"
import { childPath, type Problem, Problems } from "./Problem.ts"
import {
  decodeDryRun,
  decodeFlag,
  decodeInputs,
  decodeLimit,
  decodeMaxCost,
  decodeProcessor,
  type Inputs,
  refuseUnknown,
  type RowChoice,
  valueOf,
} from "./requestFields.ts"

/** What the body of each act may have. */
export const ACT_FIELDS = {
  inputs: ["inputs", "limit", "max_cost_usd", "dry_run", "skip_empty"],
  retry: ["rows", "processor", "max_cost_usd", "dry_run"],
  stop: [],
  resume: [],
  delete: [],
} as const satisfies Readonly<Record<string, ReadonlyArray<string>>>

export type ActName = keyof typeof ACT_FIELDS

/** The acts of which there is a plan. */
export const isPlannable = (name: ActName): boolean =>
  (ACT_FIELDS[name] as ReadonlyArray<string>).includes("dry_run")

/** Rows to be added. */
export interface AddRequest extends RowChoice {
  readonly _tag: "inputs"
  readonly inputs: Inputs
  readonly maxCostUsd: number | null
  readonly dryRun: boolean
}

/** What somebody wants of a group that is there. */
export type ActRequest =
  | AddRequest
  | ({ readonly _tag: "retry" } & Retry)
  | { readonly _tag: "stop" | "resume" | "delete" }

/** A reader for the body of an act. */
export const actBodyReader = (name: ActName, limits: Limits): MultitaskBodyReader =>
  new MultitaskBodyReader(limits, ACT_FIELDS[name])

/**
 * What an act's body asks for, with every problem. `asked`: what the query says of `dry_run`. What only the group can
 * tell (sizes, the price, which rows there are) is not checked here.
 */
export const decodeActRequest = (
  name: ActName,
  body: MultitaskBody,
  asked: boolean | undefined,
  limits: Limits,
): Result.Result<ActRequest, ReadonlyArray<Problem>> => {
  if (body.kind !== "object")
    return Result.fail([{ path: "", message: `must be a JSON object, not ${describeKind(body.kind)}.` }])
  const problems = new Problems()
  refuseUnknown(body, ACT_FIELDS[name], problems)
  const request = decodeFields(name, body, asked, limits, problems)
  problems.join(body.problems)
  return request === undefined || problems.count > 0
    ? Result.fail(problems.list(""))
    : Result.succeed(request)
}

const decodeFields = (
  name: ActName,
  body: MultitaskBody,
  asked: boolean | undefined,
  limits: Limits,
  problems: Problems,
): ActRequest | undefined => {
  if (name !== "inputs" && name !== "retry") return { _tag: name }
  const maxCostUsd = decodeMaxCost(body, problems) ?? null
  const dryRun = decodeDryRun(body, asked, problems)
  if (name === "retry") {
    const rows = decodeRowIndexes(body, limits.maxInputs, problems)
    const processor = decodeProcessor(body, problems, "to take the group's") ?? null
    return { _tag: name, rows, processor, maxCostUsd, dryRun }
  }
  const choice = { skipEmpty: decodeFlag(body, "skip_empty", problems), limit: decodeLimit(body, problems) }
  const inputs = decodeInputs(body.inputs, choice, limits, problems)
  return inputs && { _tag: name, inputs, ...choice, maxCostUsd, dryRun }
}

/** `rows`: input indexes as they came, so that what the group says of one is at its path; null where there are none. */
const decodeRowIndexes = (
  body: MultitaskBody,
  most: number,
  problems: Problems,
): ReadonlyArray<number> | null => {
  const value = valueOf(body, "rows")
  if (value === undefined) return null
  const refuse = (message: string): null => {
    problems.add("rows", message)
    return null
  }
  if (!Array.isArray(value))
    return refuse(
      `must be an array of input indexes, not ${describeJson(value)}. Leave it out for all rows that failed or were cancelled.`,
    )
  if (value.length > most) return refuse(`has ${value.length} indexes; no group has more than ${most} rows.`)
  for (const [at, row] of value.entries())
    if (!Number.isSafeInteger(row) || row < 0)
      problems.add(
        childPath("rows", at),
        `must be an input's index, a whole number from 0 on, not ${typeof row === "number" ? row : describeJson(row)}.`,
      )
  // -0 is 0.
  return value.map((row: number) => row + 0)
}
