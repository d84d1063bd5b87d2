import { SqlRefusal } from "./SqlRefusal.ts"

/** SQL's tokens, as SQLite cuts them; any blank is one, as people paste them. What is none of them is refused, so that nothing is passed on that was not understood. */

export interface Token {
  readonly kind: "word" | "name" | "text" | "blob" | "number" | "sign" | "end"
  /** A word's capitals, a quoted name without its quotes, a text without its quotes; otherwise as written. */
  readonly text: string
  /** As written: where it begins and ends. */
  readonly from: number
  readonly to: number
}

/** Characters; more is neither typed nor generated, and everything behind this is bounded by it. */
const MAX_CHARS = 20_000

const PATTERN = new RegExp(
  [
    /(?<space>\s+|--[^\n]*|\/\*[^]*?(?:\*\/|$))/,
    /(?<text>'(?:[^']|'')*')/,
    /(?<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])/,
    /(?<blob>[xX]'(?:[0-9a-fA-F]{2})*')/,
    /(?<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w$]|[^\x00-\x7f\s])/,
    /(?<word>(?:[A-Za-z_]|[^\x00-\x7f\s])(?:[\w$]|[^\x00-\x7f\s])*)/,
    /(?<sign>->>|->|\|\||<<|>>|<=|>=|<>|==|!=|[-+*/%&|~<>=.,();])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "y",
)

const UNQUOTE: Readonly<Record<string, (inner: string) => string>> = {
  "'": (inner) => inner.replaceAll("''", "'"),
  '"': (inner) => inner.replaceAll('""', '"'),
  "`": (inner) => inner.replaceAll("``", "`"),
  "[": (inner) => inner,
}

const unquoted = (written: string): string => UNQUOTE[written[0]!]!(written.slice(1, -1))

const encoder = new TextEncoder()
export const byteOffset = (statement: string, at: number): number =>
  encoder.encode(statement.slice(0, at)).length

const refuseAt = (statement: string, at: number): never => {
  const character = String.fromCodePoint(statement.codePointAt(at)!)
  if (statement.startsWith("::", at))
    throw new SqlRefusal("A value's type is written as in CAST(company AS TEXT) here, not with ::", at)
  if (/[?:@$#]/.test(character)) {
    throw new SqlRefusal(
      `Parameters (?, :name, @name, $name) have no values here; write them out. The columns "$id" and "$status" are written in double quotes`,
      at,
    )
  }
  if (/['"`[]/.test(character)) throw new SqlRefusal(`${character} is opened and not closed`, at)
  if (/\d/.test(character)) throw new SqlRefusal("This is no number", at)
  throw new SqlRefusal(`unrecognized token: ${JSON.stringify(character)}`, at)
}

const tokenOf = (groups: Readonly<Record<string, string | undefined>>, from: number): Token | null => {
  const { space, text, name, word } = groups
  if (space !== undefined) return null
  const kind = (["text", "name", "blob", "number", "word", "sign"] as const).find(
    (one) => groups[one] !== undefined,
  )!
  const written = groups[kind]!
  const meant =
    text !== undefined || name !== undefined
      ? unquoted(written)
      : word === undefined
        ? written
        : word.toUpperCase()
  return { kind, text: meant, from, to: from + written.length }
}

/** The statement's tokens, with an `end` behind them. */
export const tokensOf = (statement: string): ReadonlyArray<Token> => {
  if (statement.length > MAX_CHARS) {
    throw new SqlRefusal(`A statement may have ${MAX_CHARS} characters; this one has ${statement.length}.`)
  }
  const nul = statement.indexOf("\0")
  if (nul >= 0) refuseAt(statement, nul)
  const tokens: Array<Token> = []
  PATTERN.lastIndex = 0
  for (let at = 0; at < statement.length; at = PATTERN.lastIndex) {
    PATTERN.lastIndex = at
    const match = PATTERN.exec(statement)
    if (match === null) return refuseAt(statement, at)
    const token = tokenOf(match.groups!, at)
    if (token !== null) tokens.push(token)
  }
  return [...tokens, { kind: "end", text: "", from: statement.length, to: statement.length }]
}
