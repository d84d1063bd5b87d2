import type { Problem } from "./Problem.ts"
import { TERMINAL } from "./RunStatus.ts"

/** Which rows are asked for; what is absent leaves none out. */
export interface Selection {
  readonly statuses?: ReadonlySet<string>
  /** Only inputs behind this one. */
  readonly after?: number | undefined
  /** At most so many rows. */
  readonly limit?: number | undefined
}

/** Reasoning and sources: of all fields, of none, or of one. */
export type Basis = "all" | "none" | { readonly field: string }

/** What SQL reads, and what says how to make it elsewhere. */
export const STORED_TABLES = ["runs", "details", "sqlite_schema"] as const

export type StoredTable = (typeof STORED_TABLES)[number]

/** What the query of a result's address asks for. */
export interface ResultQuery extends Selection {
  readonly basis?: Basis
  /** False: a CSV without a byte order mark. */
  readonly bom?: boolean
  /** This row alone. */
  readonly inputIndex?: number
  /** This table's rows as they are stored, instead of results. Nothing else goes with it. */
  readonly table?: StoredTable
}

export const STATUSES: ReadonlyArray<string> = ["queued", "running", ...TERMINAL]

const wholeNumber = (text: string): number | null =>
  /^\d+$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : null

const readStatuses = (text: string): ResultQuery | null => {
  const asked = text.split(",").map((status) => status.trim())
  return asked.every((status) => STATUSES.includes(status)) ? { statuses: new Set(asked) } : null
}

const readLimit = (text: string): ResultQuery | null => {
  const limit = wholeNumber(text)
  return limit === null || limit === 0 ? null : { limit }
}

const readAfter = (text: string): ResultQuery | null => {
  const after = wholeNumber(text)
  return after === null ? null : { after }
}

const FIELD = "field:"

const readBasis = (text: string): ResultQuery | null => {
  if (text === "all" || text === "none") return { basis: text }
  return text.startsWith(FIELD) && text !== FIELD ? { basis: { field: text.slice(FIELD.length) } } : null
}

const readIndex = (text: string): ResultQuery | null => {
  const inputIndex = wholeNumber(text)
  return inputIndex === null ? null : { inputIndex }
}

const readTable = (text: string): ResultQuery | null => {
  const table = STORED_TABLES.find((known) => known === text)
  return table === undefined ? null : { table }
}

/** What a parameter may be, in words that follow its name, and how it is read: null for anything else. */
const PARAMETERS = {
  status: [`must be ${STATUSES.join(", ")}, or several of these with commas between them`, readStatuses],
  limit: ["must be a whole number from 1, the most rows that are wanted", readLimit],
  after: ["must be a whole number from 0, the index of the input to go on behind", readAfter],
  basis: ["must be all, none or field: and the name of an output's field, as in field:ceo", readBasis],
  bom: [
    "must be 0 or 1",
    (text: string): ResultQuery | null => (text === "0" || text === "1" ? { bom: text === "1" } : null),
  ],
  table: [`must be one of ${STORED_TABLES.join(", ")}`, readTable],
  input_index: ["must be a whole number from 0, the place of an input in the list", readIndex],
} as const

export type Parameter = keyof typeof PARAMETERS

/** Reads those parameters that an answer knows. Others are ignored: links collect some on their way. */
export const readQuery = (
  known: ReadonlyArray<Parameter>,
  asked: URLSearchParams,
): { readonly query: ResultQuery; readonly problems: ReadonlyArray<Problem> } => {
  const problems: Array<Problem> = []
  let query: ResultQuery = {}
  for (const name of known) {
    const [text, ...others] = asked.getAll(name)
    if (text === undefined) continue
    const [rule, read] = PARAMETERS[name]
    const part = others.length > 0 ? null : read(text)
    if (part !== null) query = { ...query, ...part }
    else problems.push({ path: name, message: others.length > 0 ? `is given twice, and ${rule}` : rule })
  }
  if (query.table !== undefined && Object.keys(query).length > 1)
    problems.push({
      path: "table",
      message: "goes with no other parameter: it is all rows, as they are stored",
    })
  return { query, problems }
}

/** In one spelling, and no longer than it must be: answers to equal ones are equal. */
export const queryText = ({ statuses, limit, after, basis, bom, inputIndex, table }: ResultQuery): string => {
  const spelled: Readonly<Record<Parameter, string | number | undefined>> = {
    status: statuses && STATUSES.filter((status) => statuses.has(status)).join(),
    limit,
    after,
    basis: typeof basis === "object" ? FIELD + basis.field : basis,
    bom: bom === undefined ? undefined : Number(bom),
    input_index: inputIndex,
    table,
  }
  return Object.entries(spelled)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${encodeURIComponent(value)}`))
    .join("&")
}
