import { studioMiddleware } from "queryable-object/studio-middleware"
import { budgetSpentFor } from "../domain/sql/WorkBudget.ts"
import { errorResponse } from "./errors.ts"
import { readJsonBody } from "./body.ts"

/** The largest statement the studio may send: the platform's own limit for one is 100 KB. */
const MAX_BODY_BYTES = 200_000
const MAX_STATEMENTS = 50

/** The studio's page frames a third-party site; its own script is inline in the package's page. */
const STUDIO_CSP =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src https://studio.outerbase.com; frame-src https://studio.outerbase.com; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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

/** A bar above the frame that says whose page it is, and where our own is: the other site may be blocked or gone. */
const linkBar = (id: string): string => `<style>
#multitask{box-sizing:border-box;display:flex;flex-wrap:wrap;align-items:center;gap:0 20px;height:40px;padding:0 16px;overflow:hidden;background:#1d1b16;color:#fcfcfa;font:14px/40px -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,sans-serif}
#multitask a{color:inherit;text-decoration-color:#fb631b;text-underline-offset:3px}
#multitask a:focus-visible{outline:2px solid #fb631b;outline-offset:2px}
iframe{display:block;height:calc(100vh - 40px)!important}
</style>
<nav id="multitask" aria-label="This task group"><a href="/${id}.db?page=console">SQL console</a><a href="/${id}.html">Results</a><span>Below: Outerbase Studio, a third party’s page. If it stays empty, use the console.</span></nav>
`

/** Puts the bar into the package's page, whatever that looks like: at the beginning of its body, or at its end. */
const withLinkBar = (page: Response, id: string): Response => {
  let placed = false
  const bar = linkBar(id)
  return new HTMLRewriter()
    .on("html", { element: (html) => void html.setAttribute("lang", "en") })
    .on("title", { element: (title) => void title.setInnerContent(`Studio · ${id}`) })
    .on("iframe", { element: (frame) => void frame.setAttribute("title", "Outerbase Studio") })
    .on("body", {
      element: (body) => {
        if (!placed) body.prepend(bar, { html: true })
        placed = true
      },
    })
    .onDocument({ end: (end) => void (placed || end.append(bar, { html: true })) })
    .transform(page)
}

/** `/{id}.db`: the page of `queryable-object`'s studio, and its protocol over the object's read-only `raw`. */
export const studioRoute = async (request: Request, id: string, raw: Raw): Promise<Response> => {
  const options = { dangerouslyDisableAuth: true }
  if (request.method !== "POST") {
    const page = withLinkBar(await studioMiddleware(new Request(request.url), raw, options), id)
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
  try {
    return await answerAll(body.value, raw)
  } catch (error) {
    return refusal(error)
  }
}
