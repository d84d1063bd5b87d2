import { studioMiddleware } from "queryable-object/studio-middleware"
import type { GroupId } from "../domain/Ids.ts"
import { consoleCsp, consoleHtml } from "../pages/consoleHtml.ts"
import { STUDIO_ORIGIN, studioCsp, studioHtml } from "../pages/studioHtml.ts"
import { withCommonHeaders } from "./headers.ts"

/** What a browser can be shown at `/{id}.db`, by its `page`: the first is there without one. */
export const DATABASE_PAGES = ["console", "studio"] as const

export type DatabasePage = (typeof DATABASE_PAGES)[number]

/** Its page asks nothing by itself. */
const nobody = () => Promise.reject(new Error("The studio's page asks for no rows"))

/** A GET of `/{id}.db`: our own console, or the page that Outerbase's studio is opened from. */
export const databasePage = async (
  request: Request,
  id: GroupId,
  page: DatabasePage,
  studio: typeof studioMiddleware = studioMiddleware,
): Promise<Response> => {
  const framedBy = () => studio(new Request(request.url), nobody, { dangerouslyDisableAuth: true })
  const html = page === "console" ? consoleHtml(id) : studioHtml(id, await frameOf(await framedBy()))
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" }
  const answer = new Response(request.method === "HEAD" ? null : html, { headers })
  return withCommonHeaders(answer, page === "console" ? consoleCsp : studioCsp)
}

/**
 * What `queryable-object`'s own page frames. Nothing else of that page is served: its script is inline, takes statements
 * from any window and answers to any site. Null when it frames anything but the one studio that we know.
 */
const frameOf = async (page: Response): Promise<string | null> => {
  const framed: Array<string | null> = []
  await new HTMLRewriter()
    .on("iframe", { element: (frame) => void framed.push(frame.getAttribute("src")) })
    .transform(page)
    .arrayBuffer()
  const [address = null, ...others] = framed
  return others.length === 0 && address?.startsWith(`${STUDIO_ORIGIN}/`) ? address : null
}
