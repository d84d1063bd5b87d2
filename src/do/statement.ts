import { ReadOnlyViolation } from "./ReadOnlyViolation.ts"

/** Comments, strings and quoted names, as SQLite reads them. */
const TOKENS = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/g

/** The statement with comments blanked and with strings and quoted names made of `x` alone, each as long as it was. */
export const skeleton = (query: string): string =>
  query.replace(TOKENS, (match) =>
    (match.startsWith("-") || match.startsWith("/") ? " " : "x").repeat(match.length),
  )

const encoder = new TextEncoder()

/**
 * The one statement that was meant, without what may stand around one: blanks and byte order marks, semicolons, comments.
 * What came before it is as many blanks, so that places in it stay what they were.
 */
export const onlyStatement = (query: string): string => {
  const bare = skeleton(query)
  const from = /^[;\s]*/.exec(bare)![0].length
  let to = bare.length
  while (to > from && /[;\s]/.test(bare[to - 1]!)) to--
  if (to === from)
    throw new ReadOnlyViolation("There is no statement. Send one, such as: SELECT * FROM results LIMIT 10")
  if (bare.slice(from, to).includes(";")) throw new ReadOnlyViolation("Send one statement at a time.")
  return " ".repeat(encoder.encode(query.slice(0, from)).length) + query.slice(from, to)
}

/**
 * The same statement with backticks for double quotes. SQLite takes a name in double quotes for text where no column is
 * called so; one in backticks it never does.
 */
export const withStrictNames = (statement: string): string =>
  statement.replace(TOKENS, (match) =>
    match.startsWith('"') ? `\`${match.slice(1, -1).replaceAll('""', '"').replaceAll("`", "``")}\`` : match,
  )

/** The largest integer up to which a double is every integer. */
export const MAX_EXACT = 2 ** 53

/**
 * The same rows, with integers that no double holds as text in these columns. Their order and their values are those of
 * the statement because it is run to its end first.
 */
export const withExactIntegers = (statement: string, width: number, columns: ReadonlySet<number>): string => {
  const names = Array.from({ length: width }, (_, at) => `c${at}`)
  // The sign takes away what a column would be compared as.
  const exact = (name: string) =>
    `iif(typeof(${name}) = 'integer' AND +${name} NOT BETWEEN -${MAX_EXACT} AND ${MAX_EXACT}, CAST(${name} AS TEXT), ${name})`
  return `WITH _exact(${names.join()}) AS MATERIALIZED (${statement}\n)
SELECT ${names.map((name, at) => (columns.has(at) ? exact(name) : name)).join()} FROM _exact`
}
