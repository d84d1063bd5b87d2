/** Headers of every answer: nobody may frame, index or guess types. */
const COMMON: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
  "referrer-policy": "no-referrer",
}

/** Anybody may read, from pages of other origins too. */
const CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "ETag, Idempotency-Replayed, Location, Retry-After, Sunset",
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
