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
