import type { studioMiddleware } from "queryable-object/studio-middleware"
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

/** A statement's answer in the studio's protocol. That of the package loses a column called `__proto__`. */
const answerTo = async (statement: string, raw: Raw) => {
  const began = performance.now()
  const { columnNames, raw: rows, rowsRead, rowsWritten } = await raw(statement)
  const names = namesOnce(columnNames)
  return {
    headers: names.map((name, at) => ({ name, displayName: columnNames[at], originalType: "text" })),
    rows: rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]]))),
    stat: {
      queryDurationMs: Math.round((performance.now() - began) * 100) / 100,
      rowsAffected: rowsWritten,
      rowsRead,
      rowsWritten,
    },
  }
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
  const asked = body.value
  try {
    if (asked.type === "query") return Response.json({ result: await answerTo(asked.statement, raw) })
    const result = []
    for (const statement of asked.statements) result.push(await answerTo(statement, raw))
    return Response.json({ result })
  } catch (error) {
    return Response.json({ error: error instanceof Error ? error.message : "Unknown error" })
  }
}
