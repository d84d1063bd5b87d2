import type { SettingsShape } from "../domain/Settings.ts"
import { fillTemplate, isFillable } from "../domain/template.ts"
import { resultCsp } from "../pages/resultHtml.ts"
import { errorResponse, methodNotAllowed, NO_HOST } from "./errors.ts"
import { optionsResponse } from "./headers.ts"
import { publicOriginOf } from "./origin.ts"

/** Static files, by their path; null where this deployment has none. */
export type Assets = (path: string) => Promise<Response | null>

export interface DocumentContext {
  readonly settings: Pick<SettingsShape, "PUBLIC_ORIGIN" | "PARALLEL_BASE_URL" | "PARALLEL_LOGIN_URL">
  readonly assets: Assets
}

/** A document that names its own origin: a static file whose template the Worker fills in. */
interface Document extends Served {
  /** Under `src/pages/assets/agents/`. */
  readonly file: string
}

const DOCUMENTS: Readonly<Record<string, Document>> = {
  "/openapi.json": { file: "openapi.json", type: "application/json; charset=utf-8" },
  "/docs": { file: "docs.html", type: "text/html; charset=utf-8", csp: resultCsp },
  "/docs.md": { file: "docs.md", type: "text/markdown; charset=utf-8" },
  "/llms.txt": { file: "llms.txt", type: "text/plain; charset=utf-8" },
}

export const isDocument = (pathname: string): boolean => Object.hasOwn(DOCUMENTS, pathname)

const METHODS = "GET, HEAD, OPTIONS"

/** `/openapi.json`, `/docs`, `/docs.md`, `/llms.txt` */
export const documentRoute = async (request: Request, context: DocumentContext): Promise<Response> => {
  const document = DOCUMENTS[new URL(request.url).pathname]!
  return textRoute(request, context, document, (origin) => documentText(context, document.file, origin))
}

/** A text that stands in a file of `src/pages/assets/agents/`, as it is served from this origin; null where there is none. */
export const documentText = async (
  { assets }: Pick<DocumentContext, "assets">,
  file: string,
  origin: string,
): Promise<string | null> => {
  const response = await assets(`/agents/${file}`)
  return response === null || !response.ok ? null : fillTemplate(await response.text(), origin, file)
}

/** How a text is served. */
export interface Served {
  readonly type: string
  readonly csp?: string
  /** Absent: asked about again at each use. */
  readonly cacheControl?: string
}

/** Answers a text of this origin; `make` gives it, or null where this deployment does not have it. */
export const textRoute = async (
  request: Request,
  { settings }: Pick<DocumentContext, "settings">,
  { type, csp, cacheControl = "no-cache" }: Served,
  make: (origin: string) => string | null | Promise<string | null>,
): Promise<Response> => {
  if (request.method === "OPTIONS") return optionsResponse(request, METHODS)
  if (request.method !== "GET" && request.method !== "HEAD")
    return errorResponse(methodNotAllowed(request.method, METHODS))
  const origin = publicOriginOf(request, settings)
  if (!isFillable(origin)) return errorResponse(NO_HOST)
  const text = await make(origin)
  if (text === null)
    return errorResponse({
      status: 404,
      message: "This deployment has no documents: its binding ASSETS is missing.",
    })
  const body = new TextEncoder().encode(text)
  const etag = `"${await digest(body)}"`
  const headers = {
    etag,
    "cache-control": cacheControl,
    ...(csp === undefined ? {} : { "content-security-policy": csp }),
  }
  if (request.headers.get("if-none-match")?.includes(etag) === true)
    return new Response(null, { status: 304, headers })
  return new Response(request.method === "HEAD" ? null : body, {
    headers: { ...headers, "content-type": type },
  })
}

/** SHA-256, in hexadecimal. */
export const digest = async (bytes: Uint8Array): Promise<string> =>
  Array.from(
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("")
