/**
 * `Link` headers (RFC 8288) to what describes the API: its description and its documentation (RFC 8631), and the page for
 * language models (llms.txt, version 2). A type is the one that the target is served as.
 */
export const SERVICE_LINKS: ReadonlyArray<string> = [
  `</openapi.json>; rel="service-desc"; type="application/json"`,
  `</docs>; rel="service-doc"; type="text/html"`,
  `</llms.txt>; rel="describedby"; type="text/plain"`,
]
