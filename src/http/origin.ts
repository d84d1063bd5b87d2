import type { SettingsShape } from "../domain/Settings.ts"

type OriginSettings = Pick<SettingsShape, "PUBLIC_ORIGIN">

/** The origin of the URLs that are given out: the operator's, else the one that the request came to. */
export const publicOriginOf = (request: Request, settings: OriginSettings): string =>
  settings.PUBLIC_ORIGIN ?? new URL(request.url).origin

/**
 * The origin of a page of ours that sent this request, null when another page did or none. Behind a proxy a browser
 * sees PUBLIC_ORIGIN where the request says another; both are ours. A browser tells in headers that no page can set:
 * `Sec-Fetch-Site`, and where it is too old for that, `Origin`.
 */
export const ownOriginOf = (request: Request, settings: OriginSettings): string | null => {
  const site = request.headers.get("sec-fetch-site")
  const from = request.headers.get("origin")
  // Some browsers hide the origin behind `null` when the page sends no referrer.
  if (site === "same-origin" && (from === null || from === "null")) return publicOriginOf(request, settings)
  const isOurs = from === new URL(request.url).origin || from === settings.PUBLIC_ORIGIN
  return (site === null || site === "same-origin") && isOurs ? from : null
}
