import { describeJson } from "./Json.ts"
import { fieldsOf, kindOf, membersOf, shownText } from "./JsonText.ts"
import type { MultitaskBody } from "./MultitaskBody.ts"
import { childPath, type Problems } from "./Problem.ts"
import { valueOf } from "./requestFields.ts"
import type { JsonText } from "./TaskGroup.ts"

/** Whose names are ours in a group's metadata. */
const OWN_NAMES: ReadonlyArray<string> = "title question processor product origin num_inputs".split(" ")

const MAX_ENTRIES = 50
const MAX_NAME_CHARS = 64
const MAX_VALUE_CHARS = 512
const MAX_TITLE_CHARS = 200
/** A title that is made of a description ends at about so many characters. */
const MADE_TITLE_CHARS = 60

export type CallersMetadata = Readonly<Record<string, string>>

/** `metadata`: names and texts of the caller's own. */
export const decodeMetadata = (body: MultitaskBody, problems: Problems): CallersMetadata => {
  const path = "metadata"
  const text = body.fields.get(path) ?? "null"
  const kind = kindOf(text)
  if (kind === "null") return {}
  if (kind !== "object") {
    problems.add(path, `must be an object of texts, not ${describeJson(JSON.parse(text))}.`)
    return {}
  }
  // Of a name that is null there is nothing to say.
  const members = membersOf(text).filter(({ value }) => value !== "null")
  if (members.length > MAX_ENTRIES)
    problems.add(path, `has ${members.length} entries; at most ${MAX_ENTRIES} are taken.`)
  for (const { name, value } of members) {
    const problem = entryProblem(name, value)
    if (problem !== null) problems.add(childPath(path, name), problem)
  }
  return Object.fromEntries(members.map(({ name, value }) => [name, shownText(value)]))
}

const entryProblem = (name: string, value: JsonText): string | null => {
  if (OWN_NAMES.includes(name))
    return `is a name of our own (${OWN_NAMES.join(", ")}).${name === "title" ? " Send title beside metadata." : ""} Choose another one.`
  if (name === "" || name.length > MAX_NAME_CHARS)
    return `must have a name of 1 to ${MAX_NAME_CHARS} characters; it has ${name.length}.`
  if (kindOf(value) !== "string")
    return `must be text, not ${describeJson(JSON.parse(value))}. Send it in quotes.`
  const { length } = shownText(value)
  return length > MAX_VALUE_CHARS
    ? `has ${length} characters; at most ${MAX_VALUE_CHARS} are taken. Shorten it.`
    : null
}

/** `title`; undefined when there is none but blanks, which forms send. */
export const decodeTitle = (body: MultitaskBody, problems: Problems): string | undefined => {
  const value = valueOf(body, "title")
  if (value === undefined) return
  const title = typeof value === "string" ? value.trim() : ""
  if (typeof value !== "string") problems.add("title", `must be text, not ${describeJson(value)}.`)
  else if (title.length > MAX_TITLE_CHARS)
    problems.add("title", `has ${title.length} characters; at most ${MAX_TITLE_CHARS} are taken. Shorten it.`)
  return title === "" ? undefined : title
}

/** The first words of a description. */
export const titleFrom = (question: string): string | null => {
  const text = question.replace(/\s+/g, " ").trim()
  if (text.length <= MADE_TITLE_CHARS) return text === "" ? null : text
  const words = text.slice(0, MADE_TITLE_CHARS + 1).replace(/\s\S*$/, "")
  const cut = words.length > MADE_TITLE_CHARS ? text.slice(0, MADE_TITLE_CHARS) : words
  return `${cut.toWellFormed().replace(/[\s\uFFFD.,;:]+$/, "")}…`
}

/** What a group is about. */
export interface Subject {
  readonly title: string | null
  /** What is asked of every row: the output's description. */
  readonly question: string | null
  readonly metadata: CallersMetadata
}

/** What we say of a group. Of one whose rows are not read yet the last two are not known. */
export interface Facts {
  readonly product: string
  readonly origin: string
  readonly num_inputs?: number
  readonly processor?: string
}

/** What goes to Parallel with the group: all but the question, which is in the task spec and may be long. */
export const upstreamMetadata = (
  { title, metadata }: Subject,
  facts: Facts,
): Record<string, string | number> => ({
  ...metadata,
  ...(title === null ? {} : { title }),
  ...facts,
})

/** What readers see. */
export const shownMetadata = ({ title, question, metadata }: Subject, facts: Facts): JsonText =>
  JSON.stringify({ ...metadata, title, question, ...facts })

/** The title in a group's metadata; null where it has none. */
export const titleOf = (metadata: JsonText): string | null => {
  const title = kindOf(metadata) === "object" ? fieldsOf(metadata).get("title") : undefined
  return title === undefined || kindOf(title) !== "string" ? null : shownText(title)
}

/** Letters and digits of a title: no hidden files, no paths, nothing to which a file system or a shell gives a meaning. */
const wordsOf = (title: string, others: RegExp): string =>
  title
    .replace(others, "-")
    .slice(0, MADE_TITLE_CHARS)
    .toWellFormed()
    .replace(/^-+|[-\uFFFD]+$/g, "")

const nameOf = (title: string, taskgroupId: string): string =>
  title === "" ? taskgroupId : `${title}-${taskgroupId}`

/**
 * `Content-Disposition` (RFC 6266) of a download, named by the group's title and id: in ASCII, and where that says less
 * as it is.
 */
export const attachment = (metadata: JsonText, taskgroupId: string, extension: string): string => {
  const title = (titleOf(metadata) ?? "").toWellFormed()
  const ascii = title.normalize("NFKD").replace(/\p{M}+/gu, "")
  const whole = wordsOf(title.normalize("NFC"), /[^\p{L}\p{M}\p{N}]+/gu)
  const plain = wordsOf(ascii, /[^A-Za-z0-9]+/g)
  // A group's id is safe in a file name and in quotes.
  const header = `attachment; filename="${nameOf(plain, taskgroupId)}.${extension}"`
  if (plain === whole) return header
  return `${header}; filename*=UTF-8''${encodeURIComponent(nameOf(whole, taskgroupId))}.${extension}`
}
