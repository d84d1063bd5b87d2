import * as Effect from "effect/Effect"
import { type GroupId, isGroupId } from "../domain/Ids.ts"
import { describeJson } from "../domain/Json.ts"
import type { MultitaskBody } from "../domain/MultitaskBody.ts"
import { type Problem, type Problems, shorten } from "../domain/Problem.ts"
import { refuseUnknown, valueOf } from "../domain/requestFields.ts"
import { problemsError } from "../programs/apiErrors.ts"
import { type Tool, ToolFailed } from "./Tool.ts"

/** Arguments of tools, one by one; null counts as absent, as everywhere. */

const refused = (problems: ReadonlyArray<Problem>) => new ToolFailed({ error: problemsError(422, problems) })

export const failWith = (problems: Problems): Effect.Effect<void, ToolFailed> =>
  problems.count === 0 ? Effect.void : Effect.fail(refused(problems.list("")))

/**
 * What is wrong with the arguments, with their unknown names: rows say what is wrong with them in the same place, when
 * they are counted.
 */
export const checkNames = (args: MultitaskBody, { inputSchema }: Pick<Tool, "inputSchema">): Problems => {
  const { problems } = args
  refuseUnknown(args, Object.keys(inputSchema.properties), problems, "an argument of this tool")
  return problems
}

/** A group, by its id or by its URL in any format. */
export const groupIdOf = (args: MultitaskBody, problems: Problems): GroupId | null => {
  const given = valueOf(args, "taskgroup_id")
  const refuse = (message: string) => {
    problems.add("taskgroup_id", message)
    return null
  }
  if (given === undefined)
    return refuse("is missing. Pass the taskgroup_id that createTaskGroup answered, or the group's URL.")
  if (typeof given !== "string")
    return refuse(`must be text: a task group's id or URL, not ${describeJson(given)}.`)
  const id = idIn(given.trim())
  return isGroupId(id)
    ? id
    : refuse(
        `is no task group's id or URL: ${JSON.stringify(shorten(given))}. It looks like tgrp_… or https://…/tgrp_….`,
      )
}

/** `https://host/{id}/3.md?x#y` has the id in its first segment, without a format. */
const idIn = (text: string): string => {
  const isUrl = URL.canParse(text) && /^https?:/i.test(text)
  const path = isUrl ? new URL(text).pathname : text
  return (/^\/?([^/.?#]*)/.exec(path)?.[1] ?? "").trim()
}

const MAX_REQUEST_ID_CHARS = 255

export const requestIdOf = (args: MultitaskBody, problems: Problems): string => {
  const given = valueOf(args, "request_id")
  const id = typeof given === "string" ? given.trim() : ""
  if (given === undefined)
    problems.add(
      "request_id",
      "is missing. Make up a text that is new for this request (a UUID will do), and pass the same one again only to repeat this very call after a lost answer: nothing is paid for twice then.",
    )
  else if (id === "" || id.length > MAX_REQUEST_ID_CHARS)
    problems.add(
      "request_id",
      `must be text of 1 to ${MAX_REQUEST_ID_CHARS} characters, not ${typeof given === "string" ? `of ${given.length}` : describeJson(given)}.`,
    )
  return id
}

/** A whole number from `min` on. */
export const wholeOf = (
  args: MultitaskBody,
  name: string,
  min: number,
  problems: Problems,
): number | undefined => {
  const value = valueOf(args, name)
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= min))
    return value as number | undefined
  problems.add(
    name,
    `must be a whole number from ${min} on, not ${typeof value === "number" ? value : describeJson(value)}.`,
  )
  return
}

export const textOf = (args: MultitaskBody, name: string, problems: Problems): string | undefined => {
  const value = valueOf(args, name)
  if (value === undefined || typeof value === "string") return value
  problems.add(name, `must be text, not ${describeJson(value)}.`)
  return
}
