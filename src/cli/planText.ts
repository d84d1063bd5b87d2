import { compactText, elementsOf, fieldsOf, kindOf, membersOf, shownText } from "../domain/JsonText.ts"
import type { Plan } from "../client/index.ts"
import { number } from "./following/words.ts"
import type { InputFile } from "./inputFile.ts"
import { Refused } from "./Refused.ts"
import { terminalText } from "./terminalText.ts"
import { dollars, durationRange, type Facts, factsText, plural, serverText } from "./text.ts"

/** A dry run's answer, and the schema in it as it is written. */
export interface ReadPlan {
  readonly plan: Plan
  /** Null with text, and where Parallel chooses it. */
  readonly schema: string | null
}

/** Reads a dry run's answer. Throws a `Refused` where it is none, so that nothing is created behind it. */
export const readPlan = (text: string): ReadPlan => {
  const plan = parsed(text) as Plan | null
  if (plan?.dry_run !== true || typeof plan.num_inputs !== "number")
    throw new Refused(
      "What answered is not Parallel Multitask. Check what --host and MULTITASK_URL say. Nothing was started.",
    )
  const schema = fieldsOf(compactText(text)).get("output_schema") ?? "null"
  return { plan, schema: kindOf(schema) === "object" ? schema : null }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const MIN_WIDTH = 40
const MAX_WIDTH = 100
const MAX_COLUMNS = 50

/** A terminal that does not know its width says 0. */
export const widthOf = ({ columns = 0 }: { readonly columns?: number | undefined }): number =>
  columns === 0 ? 80 : Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns))

type PlannedFile = Pick<InputFile, "name" | "count" | "columns">

/** So many rows of a file, and how many are left. Of those behind a limit the server knows nothing. */
export const rowsText = ({ name, count }: PlannedFile, taken: number): string => {
  const left = count - taken
  return `${plural(taken, "row")} of ${terminalText(name)}${left > 0 ? `, ${number(left)} left out` : ""}`
}

/** What a run would do and cost, for people. */
export const planText = (
  { plan, schema }: ReadPlan,
  { file, isText, width }: { readonly file: PlannedFile; readonly isText: boolean; readonly width: number },
): string => {
  const facts: Facts = [
    ["Rows", rowsText(file, plan.num_inputs)],
    ["Processor", terminalText(plan.processor)],
    [
      "Answer",
      isText ? "text" : schema === null ? "columns that Parallel chooses" : columnsText(schema, width),
    ],
    ["Cost", costText(plan.estimated_cost_usd)],
    ...(plan.estimated_seconds === null
      ? []
      : [["Time", `typically ${durationRange(plan.estimated_seconds)}`] as const]),
    ...warningFacts(plan.warnings),
    ...displacedFacts(file.columns, isText ? ["content"] : answersIn(schema)),
  ]
  return factsText(facts, width)
}

/** What results say of a row under names of their own. */
const OWN = ["$id", "$status", "$error"]

const MAX_DISPLACED = 10

/** Columns that are not in the results, because an answer has their name: said before it is paid for. */
const displacedFacts = (columns: ReadonlyArray<string>, answers: ReadonlyArray<string>): Facts => {
  const taken = new Set([...OWN, ...answers])
  const displaced = columns.filter((name) => taken.has(name))
  if (displaced.length === 0) return []
  const shown = displaced.slice(0, MAX_DISPLACED).map((name) => terminalText(name, 40))
  const names = `${shown.join(", ")}${displaced.length > shown.length ? " …" : ""}`
  const [what, them] = displaced.length === 1 ? ["a column", "it"] : ["columns", "them"]
  return [
    [
      "Warning",
      `In the results answers, or a row's own $id, $status and $error, stand in place of ${what} of the file: ${names}. Rename ${them} there to keep both.`,
    ],
  ]
}

export const costText = (usd: number | null): string =>
  usd === null ? "not known: there is no list price for this processor here" : `about ${dollars(usd)}`

export const warningFacts = (warnings: ReadonlyArray<string>): Facts =>
  warnings.map((warning) => ["Warning", serverText(warning)])

/** What a question says of the cost. */
export const forCost = (usd: number | null): string =>
  usd === null ? "at a cost that is not known" : `for about ${dollars(usd)}`

const propertiesOf = (schema: string) => {
  const properties = fieldsOf(schema).get("properties") ?? "null"
  return kindOf(properties) === "object" ? membersOf(properties) : null
}

const answersIn = (schema: string | null): ReadonlyArray<string> =>
  (schema === null ? null : propertiesOf(schema))?.map(({ name }) => name) ?? []

/** A column a line: its name, its type, what it is. */
const columnsText = (schema: string, width: number): string => {
  const columns = propertiesOf(schema)
  if (columns === null) return "JSON, by the schema"
  const shown = columns.slice(0, MAX_COLUMNS).map(({ name, value }) => {
    const fields = kindOf(value) === "object" ? fieldsOf(value) : new Map<string, string>()
    return { name: terminalText(name, 40), type: typeText(fields), about: aboutText(fields) }
  })
  const longest = (texts: ReadonlyArray<string>) => Math.max(0, ...texts.map((text) => text.length))
  const nameWidth = longest(shown.map(({ name }) => name))
  const typeWidth = longest(shown.map(({ type }) => type))
  const room = width - 11 - nameWidth - typeWidth - 4
  const lines = shown.map(({ name, type, about }) => {
    const cut = room < 12 ? "" : terminalText(about, room)
    return `${name.padEnd(nameWidth)}  ${type.padEnd(typeWidth)}  ${cut}`.trimEnd()
  })
  const more = columns.length - shown.length
  return [...lines, ...(more > 0 ? [`and ${plural(more, "more column")}`] : [])].join("\n")
}

const aboutText = (fields: ReadonlyMap<string, string>): string => {
  const description = fields.get("description") ?? "null"
  return kindOf(description) === "string" ? shownText(description) : ""
}

const typeText = (fields: ReadonlyMap<string, string>): string => {
  if (fields.has("enum")) return "choice"
  const type = fields.get("type") ?? "null"
  const types = kindOf(type) === "array" ? elementsOf(type) : [type]
  const names = types.filter((one) => kindOf(one) === "string").map(shownText)
  return terminalText(names.filter((name) => name !== "null").join(" or ") || "any", 24)
}
