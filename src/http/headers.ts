import { isLoopback } from "./origin.ts"

/** What browsers can do and no page of ours does. They copy links and tables, which a frame of somebody else may not. */
const UNUSED =
  "accelerometer autoplay camera display-capture encrypted-media fullscreen geolocation gyroscope hid idle-detection magnetometer microphone midi payment picture-in-picture publickey-credentials-get screen-wake-lock serial usb xr-spatial-tracking clipboard-read"
const PERMISSIONS = [...UNUSED.split(" ").map((name) => `${name}=()`), "clipboard-write=(self)"].join(", ")

/** Headers of every answer: nobody may frame, index or guess types. Those of files are in src/pages/assets/_headers. */
const COMMON: Readonly<Record<string, string>> = {
  "permissions-policy": PERMISSIONS,
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
  "referrer-policy": "no-referrer",
}

/** Anybody may read, from pages of other origins too. */
const CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "ETag, Idempotency-Replayed, Link, Location, Retry-After, Sunset",
}

/** Data that a browser is made to show as a page must not run anything. */
const DATA_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** An answer that says `Cross-Origin-Resource-Policy: same-origin` is for pages of this origin alone. */
export const withCommonHeaders = (response: Response, csp: string = DATA_CSP): Response => {
  const headers = new Headers(response.headers)
  const isOwn = headers.get("cross-origin-resource-policy") === "same-origin"
  for (const [name, value] of Object.entries(isOwn ? COMMON : { ...COMMON, ...CORS }))
    headers.set(name, value)
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", csp)
  return new Response(response.body, { status: response.status, headers })
}

/**
 * An answer as it leaves. The host is asked by nothing but https for a year, unless it is one's own machine; what opens a
 * page of ours, or is opened by it, gets no hold of its window (which browsers know over https and on loopback).
 */
export const finished = (request: Request, response: Response): Response => {
  const answer = withCommonHeaders(response)
  const { headers } = answer
  const { protocol, hostname } = new URL(request.url)
  const isOwn = isLoopback(hostname)
  if (protocol === "https:" && !isOwn) headers.set("strict-transport-security", "max-age=31536000")
  const isPage = headers.get("content-type")?.startsWith("text/html") === true
  if (isPage && (protocol === "https:" || isOwn)) headers.set("cross-origin-opener-policy", "same-origin")
  return answer
}

/** For those who do not say what they will send. */
const USUAL_HEADERS =
  "accept, authorization, content-type, idempotency-key, if-none-match, last-event-id, x-api-key"

/** What a preflight may ask for: tools for tracing and telemetry add a dozen to every request. */
const MAX_ASKED_CHARS = 4_000
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,100}$/

/** The headers that a preflight asks for, whatever they are: none is of consequence where no credentials are involved. */
const allowedHeaders = (asked: string | null): string => {
  if (asked === null || asked.length > MAX_ASKED_CHARS) return USUAL_HEADERS
  const names = asked.split(",").map((name) => name.trim())
  return names.filter((name) => HEADER_NAME.test(name)).join(", ") || USUAL_HEADERS
}

/** Answers a preflight, and anybody who asks what a path can do. */
export const optionsResponse = (request: Request, methods: string): Response =>
  new Response(null, {
    status: 204,
    headers: {
      allow: methods,
      "access-control-allow-methods": methods,
      "access-control-allow-headers": allowedHeaders(request.headers.get("access-control-request-headers")),
      "access-control-max-age": "86400",
      vary: "Access-Control-Request-Headers",
    },
  })
