import { loginUrlOf, type SettingsShape } from "../domain/Settings.ts"
import { SERVICE_LINKS } from "../domain/serviceLinks.ts"
import { formCsp, formHtml } from "../pages/formHtml.ts"
import { tailwindFrameCsp, tailwindFrameHtml } from "../pages/tailwindFrame.ts"
import { errorResponse, methodNotAllowed } from "./errors.ts"
import { optionsResponse } from "./headers.ts"

const METHODS = "GET, HEAD, OPTIONS"

type FormSettings = Pick<SettingsShape, "PARALLEL_BASE_URL" | "PARALLEL_LOGIN_URL">

/** What an agent that comes to the front door may want to know. */
const LINKS = [
  ...SERVICE_LINKS,
  `</.well-known/ai-catalog.json>; rel="ai-catalog"; type="application/ai-catalog+json"`,
].join(", ")

/** `/`: the form for the API. */
export const formRoute = (request: Request, settings: FormSettings): Response =>
  page(request, () => formHtml(loginUrlOf(settings)), formCsp, { link: LINKS })

/** `/form/tailwind`: what the form frames, so that no foreign script runs beside the key. */
export const tailwindRoute = (request: Request): Response =>
  page(request, () => tailwindFrameHtml, tailwindFrameCsp)

const page = (
  request: Request,
  html: () => string,
  csp: string,
  more: Readonly<Record<string, string>> = {},
): Response => {
  if (request.method === "OPTIONS") return optionsResponse(request, METHODS)
  if (request.method !== "GET" && request.method !== "HEAD")
    return errorResponse(methodNotAllowed(request.method, METHODS))
  return new Response(request.method === "HEAD" ? null : html(), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": csp,
      ...more,
    },
  })
}
