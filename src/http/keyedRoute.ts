import type { SettingsShape } from "../domain/Settings.ts"
import type { ApiError } from "../domain/ApiError.ts"
import { errorResponse, methodNotAllowed } from "./errors.ts"
import { optionsResponse } from "./headers.ts"
import { isFromHere } from "./origin.ts"

/**
 * The way to what takes a key, with `method`; `others`: what the path can do beside it. Pages of other origins may send it too, since no cookie means anything here.
 * But where private addresses may be asked, they would look through this Worker at what only its own machine can see.
 */
export const keyedRoute = async (
  request: Request,
  method: string,
  settings: Pick<SettingsShape, "ALLOW_PRIVATE_URLS" | "PUBLIC_ORIGIN">,
  act: () => Promise<Response>,
  others: ReadonlyArray<string> = [],
): Promise<Response> => {
  if (settings.ALLOW_PRIVATE_URLS && !isFromHere(request, settings)) return errorResponse(FOREIGN)
  const methods = [...others, method, "OPTIONS"].join(", ")
  switch (request.method) {
    case "OPTIONS":
      return optionsResponse(request, methods)
    case method:
      return act()
    default:
      return errorResponse(methodNotAllowed(request.method, methods))
  }
}

const FOREIGN: ApiError = {
  status: 403,
  message:
    "This Worker may call private addresses (ALLOW_PRIVATE_URLS), so that it takes a key from its own pages only, and from programs that are no browser. Open it by its address or as localhost, or set PUBLIC_ORIGIN to the origin that you use.",
  // Takes the CORS headers away: see withCommonHeaders.
  headers: { "cross-origin-resource-policy": "same-origin" },
}
