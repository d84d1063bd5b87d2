import type { SettingsShape } from "../domain/Settings.ts"

type OriginSettings = Pick<SettingsShape, "PUBLIC_ORIGIN">

/** One's own machine, by name (RFC 6761) or address; `hostname` is a URL's. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)

const isAddress = (hostname: string): boolean => /^(?:\d+(?:\.\d+){3}|\[.*\])$/.test(hostname)

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

/**
 * Whether no page sent this request, or one of ours did. A page's own name proves nothing by itself: whoever owns
 * `evil.example` can have it resolve to 127.0.0.1, and page and request have one origin then. Nobody can do that with an
 * address, with `localhost`, or with the name that the operator has given.
 */
export const isFromHere = (request: Request, settings: OriginSettings): boolean => {
  const site = request.headers.get("sec-fetch-site")
  const from = request.headers.get("origin")
  if (from === null && (site === null || site === "none")) return true
  // Behind a tunnel the page's origin is one that nothing here knows, but the browser does.
  if (ownOriginOf(request, settings) === null && site !== "same-origin") return false
  const { PUBLIC_ORIGIN } = settings
  if (PUBLIC_ORIGIN !== null && from === PUBLIC_ORIGIN) return true
  const { hostname } = new URL(request.url)
  return isLoopback(hostname) || isAddress(hostname) || hostname === URL.parse(PUBLIC_ORIGIN ?? "")?.hostname
}
