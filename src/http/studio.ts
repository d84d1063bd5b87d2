import type { studioMiddleware } from "queryable-object/studio-middleware"
import { budgetSpentFor } from "../domain/sql/WorkBudget.ts"
import { errorResponse } from "./errors.ts"
import { readJsonBody } from "./body.ts"

/** The largest statement the studio may send: the platform's own limit for one is 100 KB. */
const MAX_BODY_BYTES = 200_000
const MAX_STATEMENTS = 50

type Raw = Parameters<typeof studioMiddleware>[1]

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

class AnswerTooLarge extends Error {
  constructor() {
    super(
      `The answer has more than ${MAX_ANSWER_BYTES / 1_048_576} MiB. Select fewer columns or rows, or ask in several requests.`,
    )
  }
}

const encoder = new TextEncoder()

/** An answer's text, which ends the request where it grows too large. */
class AnswerText {
  private readonly parts: Array<string> = []
  private bytes = 0

  add(text: string): void {
    this.bytes += text.length
    if (this.bytes > MAX_ANSWER_BYTES) throw new AnswerTooLarge()
    this.parts.push(text)
  }

  finish(): Uint8Array {
    const bytes = encoder.encode(this.parts.join(""))
    if (bytes.length > MAX_ANSWER_BYTES) throw new AnswerTooLarge()
    return bytes
  }
}

/** A statement's answer in the studio's protocol. That of the package loses a column called `__proto__`. */
const answerTo = async (statement: string, raw: Raw, answer: AnswerText): Promise<void> => {
  const began = performance.now()
  const { columnNames, raw: rows, rowsRead, rowsWritten } = await raw(statement)
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

const answerAll = async (asked: StudioRequest, raw: Raw): Promise<Response> => {
  const answer = new AnswerText()
  answer.add('{"result":')
  if (asked.type === "query") await answerTo(asked.statement, raw, answer)
  else {
    answer.add("[")
    for (const [nth, statement] of asked.statements.entries()) {
      if (nth > 0) answer.add(",")
      await answerTo(statement, raw, answer)
    }
    answer.add("]")
  }
  answer.add("}")
  return new Response(answer.finish() as Uint8Array<ArrayBuffer>, { headers: JSON_HEADERS })
}

const refusal = (error: unknown): Response => {
  const message = error instanceof Error ? error.message : "Unknown error"
  const retryAfterSeconds = budgetSpentFor(error)
  return retryAfterSeconds === null
    ? Response.json({ error: message })
    : errorResponse({ status: 429, message, headers: { "retry-after": String(retryAfterSeconds) } })
}

/** A POST to `/{id}.db`: the studio's protocol over the object's read-only `raw`. */
export const studioRoute = async (request: Request, raw: Raw): Promise<Response> => {
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
    return await answerAll(body.value, raw)
  } catch (error) {
    return refusal(error)
  }
}
