import type { Select } from "./syntax.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import { type Token, tokensOf } from "./tokens.ts"

/** Words that are no names where a name may stand, unless they are quoted. */
const RESERVED = new Set(
  "ALL AND AS BETWEEN CASE CHECK COLLATE CREATE CROSS DEFAULT DELETE DISTINCT DROP ELSE END ESCAPE EXCEPT EXISTS FROM FULL GLOB GROUP HAVING IN INDEX INDEXED INNER INSERT INTERSECT INTO IS ISNULL JOIN LEFT LIKE LIMIT MATCH NATURAL NOT NOTNULL NULL ON OR ORDER OUTER REGEXP RIGHT SELECT SET TABLE THEN UNION UNIQUE UPDATE USING VALUES WHEN WHERE WITH".split(
    " ",
  ),
)

/** Parentheses, subqueries and operators within each other; SQLite takes 100 in an expression. */
const MAX_DEPTH = 100

/** A statement's tokens, one after another. */
export class TokenReader {
  private readonly statement: string
  private readonly tokens: ReadonlyArray<Token>
  private at = 0
  private depth = 0
  private readonly selectIn: (reader: TokenReader) => Select

  /** `selectIn` reads a SELECT inside an expression. */
  constructor(statement: string, selectIn: (reader: TokenReader) => Select) {
    this.statement = statement
    this.selectIn = selectIn
    this.tokens = tokensOf(statement)
  }

  select(): Select {
    return this.selectIn(this)
  }

  seesSelect(): boolean {
    return this.sees("SELECT") || this.sees("WITH") || this.sees("VALUES")
  }

  /** The token that comes next, or one behind it. */
  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!
  }

  next(): Token {
    const token = this.peek()
    if (token.kind !== "end") this.at++
    return token
  }

  /** Whether these words or signs come next. */
  sees(...texts: ReadonlyArray<string>): boolean {
    return texts.every((text, ahead) => {
      const token = this.peek(ahead)
      return (token.kind === "word" || token.kind === "sign") && token.text === text
    })
  }

  /** Takes these words or signs if they come next. */
  takes(...texts: ReadonlyArray<string>): boolean {
    const seen = this.sees(...texts)
    if (seen) this.at += texts.length
    return seen
  }

  /** The one of these words or signs that comes next, taken, else null. */
  oneOf(texts: ReadonlyArray<string>): string | null {
    return texts.find((text) => this.takes(text)) ?? null
  }

  expect(text: string): void {
    if (!this.takes(text)) this.refuse()
  }

  /** A name as it is written, quotes taken away; SQLite takes a text for one where only a name may stand. */
  name(textToo = false): string {
    const token = this.peek()
    if (token.kind === "name" || (textToo && token.kind === "text")) return this.next().text
    if (token.kind !== "word" || RESERVED.has(token.text)) return this.refuse()
    return this.written(this.next())
  }

  seesName(textToo = false): boolean {
    const { kind, text } = this.peek()
    return kind === "name" || (textToo && kind === "text") || (kind === "word" && !RESERVED.has(text))
  }

  written({ from, to }: { from: number; to: number }): string {
    return this.statement.slice(from, to)
  }

  /** What stands between here and a place before, as it is written. */
  writtenSince(from: number): string {
    return this.statement.slice(from, this.tokens[this.at - 1]!.to)
  }

  list<A>(read: () => A): ReadonlyArray<A> {
    const list = [read()]
    while (this.takes(",")) list.push(read())
    return list
  }

  inParentheses<A>(read: () => A): A {
    this.expect("(")
    const value = read()
    this.expect(")")
    return value
  }

  nested<A>(read: () => A): A {
    const { depth } = this
    this.deepen()
    const value = read()
    this.depth = depth
    return value
  }

  /** One level deeper, until the one around it is left. */
  deepen(): void {
    if (++this.depth > MAX_DEPTH) this.refuse(`More than ${MAX_DEPTH} levels are nested here`)
  }

  /** As SQLite says it, unless it is known better. */
  refuse(message?: string, token: Token = this.peek()): never {
    const near = token.kind === "end" ? "incomplete input" : `near "${this.written(token)}": syntax error`
    throw new SqlRefusal(message ?? near, token.from)
  }
}
