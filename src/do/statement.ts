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
