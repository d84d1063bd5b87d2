/** Headers of every answer: anybody may read, nobody may frame, index or guess types. */
const COMMON: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "ETag, Location, Retry-After, Sunset",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
  "referrer-policy": "no-referrer",
}

/** Data that a browser is made to show as a page must not run anything. */
const DATA_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"

export const withCommonHeaders = (response: Response, csp: string = DATA_CSP): Response => {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(COMMON)) headers.set(name, value)
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", csp)
  return new Response(response.body, { status: response.status, headers })
}

/** Answers a preflight, and anybody who asks what a path can do. */
export const optionsResponse = (methods: string): Response =>
  new Response(null, {
    status: 204,
    headers: {
      allow: methods,
      "access-control-allow-methods": methods,
      "access-control-allow-headers":
        "accept, authorization, content-type, idempotency-key, if-none-match, last-event-id, x-api-key",
      "access-control-max-age": "86400",
    },
  })
