import { studioMiddleware } from "queryable-object/studio-middleware"
import { errorResponse } from "./errors.ts"
import { readJsonBody } from "./body.ts"

/** The largest statement the studio may send: the platform's own limit for one is 100 KB. */
const MAX_BODY_BYTES = 200_000
const MAX_STATEMENTS = 50

/** The studio's page frames a third-party site; its own script is inline in the package's page. */
const STUDIO_CSP =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src https://studio.outerbase.com; frame-src https://studio.outerbase.com; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type Raw = Parameters<typeof studioMiddleware>[1]

const isText = (value: unknown): value is string => typeof value === "string"

/** True for what the studio's protocol knows: a query, or a list of statements. */
const isStudioRequest = (body: unknown): boolean => {
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

/** `/{id}.db`: the studio of `queryable-object` over the object's read-only `raw`. */
export const studioRoute = async (request: Request, raw: Raw): Promise<Response> => {
  const options = { dangerouslyDisableAuth: true }
  if (request.method !== "POST") {
    const page = await studioMiddleware(new Request(request.url), raw, options)
    const headers = new Headers(page.headers)
    headers.set("content-security-policy", STUDIO_CSP)
    headers.set("content-type", "text/html; charset=utf-8")
    return new Response(request.method === "HEAD" ? null : page.body, { headers })
  }
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
  const checked = new Request(request.url, { method: "POST", body: JSON.stringify(body.value) })
  return studioMiddleware(checked, raw, options)
}
