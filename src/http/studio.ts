import type { SqlRefused, SqlRows } from "../domain/sql/SqlAnswer.ts"
import { errorResponse } from "./errors.ts"
import { readJsonBody } from "./body.ts"

/** The largest statement the studio may send: the platform's own limit for one is 100 KB. */
const MAX_BODY_BYTES = 200_000
const MAX_STATEMENTS = 50

/** What the studio's protocol knows. */
type StudioRequest =
  | { readonly type: "query"; readonly statement: string }
  | { readonly type: "transaction"; readonly statements: ReadonlyArray<string> }

const isText = (value: unknown): value is string => typeof value === "string"

const isStudioRequest = (body: unknown): body is StudioRequest => {
  if (typeof body !== "object" || body === null) return false
  const { type, statement, statements } = body as Record<string, unknown>
  if (type === "query") return isText(statement)
  return (
    type === "transaction" &&
    Array.isArray(statements) &&
    statements.length <= MAX_STATEMENTS &&
    statements.every(isText)
  )
}

/** Each name once, as `queryable-object` does it. */
const namesOnce = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return names.map((displayName) => {
    let name = displayName
    for (let n = 0; taken.has(name); n++) name = `__${displayName}_${n}`
    taken.add(name)
    return name
  })
}

/** Bytes of a request's answer, transactions included: it is in memory as a whole. */
const MAX_ANSWER_BYTES = 8_388_608

type Ask = (statement: string) => Promise<SqlRows | SqlRefused>

/** Ends a request: its statements are answered together or not at all. */
class Refused extends Error {
  readonly told: SqlRefused

  constructor(told: SqlRefused) {
    super(told.refused)
    this.told = told
  }
}

const tooLarge = () =>
  new Refused({
    refused: `The answer has more than ${MAX_ANSWER_BYTES / 1_048_576} MiB. Select fewer columns or rows, or ask in several requests.`,
    retryAfterSeconds: null,
  })

const encoder = new TextEncoder()

/** An answer's text, which ends the request where it grows too large. */
class AnswerText {
  private readonly parts: Array<string> = []
  private bytes = 0

  add(text: string): void {
    this.bytes += text.length
    if (this.bytes > MAX_ANSWER_BYTES) throw tooLarge()
    this.parts.push(text)
  }

  finish(): Uint8Array {
    const bytes = encoder.encode(this.parts.join(""))
    if (bytes.length > MAX_ANSWER_BYTES) throw tooLarge()
    return bytes
  }
}

/** A statement's answer in the studio's protocol. That of the package loses a column called `__proto__`. */
const answerTo = async (statement: string, ask: Ask, answer: AnswerText): Promise<void> => {
  const began = performance.now()
  const asked = await ask(statement)
  if ("refused" in asked) throw new Refused(asked)
  const { columnNames, raw: rows, rowsRead, rowsWritten } = asked
  const names = namesOnce(columnNames)
  const headers = names.map((name, at) => ({ name, displayName: columnNames[at], originalType: "text" }))
  answer.add(`{"headers":${JSON.stringify(headers)},"rows":[`)
  for (const [nth, row] of rows.entries()) {
    const values = Object.fromEntries(names.map((name, at) => [name, row[at]]))
    answer.add(`${nth === 0 ? "" : ","}${JSON.stringify(values)}`)
  }
  const queryDurationMs = Math.round((performance.now() - began) * 100) / 100
  answer.add(
    `],"stat":${JSON.stringify({ queryDurationMs, rowsAffected: rowsWritten, rowsRead, rowsWritten })}}`,
  )
}

const JSON_HEADERS = { "content-type": "application/json" }

const answerAll = async (asked: StudioRequest, ask: Ask): Promise<Response> => {
  const answer = new AnswerText()
  answer.add('{"result":')
  if (asked.type === "query") await answerTo(asked.statement, ask, answer)
  else {
    answer.add("[")
    for (const [nth, statement] of asked.statements.entries()) {
      if (nth > 0) answer.add(",")
      await answerTo(statement, ask, answer)
    }
    answer.add("]")
  }
  answer.add("}")
  return new Response(answer.finish() as Uint8Array<ArrayBuffer>, { headers: JSON_HEADERS })
}

const refusal = ({ told: { refused, retryAfterSeconds } }: Refused): Response =>
  retryAfterSeconds === null
    ? Response.json({ error: refused })
    : errorResponse({
        status: 429,
        message: refused,
        headers: { "retry-after": String(retryAfterSeconds) },
      })

/** A POST to `/{id}.db`: the studio's protocol over the object's read-only SQL. */
export const studioRoute = async (request: Request, ask: Ask): Promise<Response> => {
  const body = await readJsonBody(
    new Request(request, { headers: { "content-type": "application/json" } }),
    MAX_BODY_BYTES,
  )
  if (!body.ok) return errorResponse(body.error)
  if (!isStudioRequest(body.value)) {
    return errorResponse({
      status: 400,
      message: `Send {"type":"query","id":"1","statement":"SELECT …"}, or a transaction with up to ${MAX_STATEMENTS} statements.`,
    })
  }
  try {
    return await answerAll(body.value, ask)
  } catch (error) {
    if (error instanceof Refused) return refusal(error)
    throw error
  }
}
