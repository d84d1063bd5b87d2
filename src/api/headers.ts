/** Headers of answers: what each says, by its name as documents spell it. */
const HEADERS = {
  Allow: "The methods that there are.",
  "Access-Control-Allow-Headers": "The headers that were asked for, else the usual ones.",
  "Access-Control-Allow-Methods": "The methods that there are.",
  "Access-Control-Max-Age": "Seconds for which a browser may remember this.",
  "Cache-Control": "`no-cache`: ask again with `If-None-Match`. `no-store`: this answer is for you alone.",
  Connection: "`close`: what is left of the body is not read.",
  "Content-Disposition": "The name of the file that browsers save.",
  ETag: "The version of this answer; send it as `If-None-Match` to learn whether there is a newer one.",
  "Idempotency-Replayed":
    "`true`: an earlier request with this `Idempotency-Key` got this answer, and nothing was done again.",
  Link: 'The same in other formats (`rel="alternate"`), the next rows (`rel="next"`), this description (`rel="service-desc"`).',
  Location: "The group's URL. Not of a plan.",
  "Retry-After": "Seconds after which to ask again.",
  Sunset: "When the group will be removed, once that is known.",
  Vary: "The request headers that the answer depends on.",
  "WWW-Authenticate": "How to authenticate: with a Parallel API key, as a bearer token or in `x-api-key`.",
  "X-Accel-Buffering": "`no`: proxies pass the stream on as it comes.",
} as const

/** On every answer, whatever its route and status. */
const ON_EVERY_ANSWER = {
  "Content-Security-Policy": "What a page may load; of data, nothing.",
  "Permissions-Policy": "What of the browser a page may use.",
  "Referrer-Policy": "`no-referrer`",
  "X-Content-Type-Options": "`nosniff`",
  "X-Robots-Tag": "`noindex, nofollow`: results are for who has their URL.",
} as const

/** On any answer, by where it comes from and goes to. */
const ON_MOST_ANSWERS = {
  "Access-Control-Allow-Origin": "`*`: pages of other origins may read it.",
  "Access-Control-Expose-Headers": "The headers that such pages may read.",
  "Strict-Transport-Security": "Over https: nothing but https for a year.",
  "Cross-Origin-Resource-Policy": "`same-origin`: for this origin's own pages alone, without the two above.",
  "Cross-Origin-Opener-Policy": "Of pages: windows that they open have no hold of them.",
} as const

type Name = keyof typeof HEADERS

/** A header of an answer: there always, or with `?` behind it, sometimes. */
export type AnswerHeader = Name | `${Name}?`

const described = (descriptions: Readonly<Record<string, string>>, required: boolean) =>
  Object.entries(descriptions).map(
    ([name, description]) =>
      [
        required ? name : `${name}.optional`,
        { description, required, schema: { type: name === "Retry-After" ? "integer" : "string" } },
      ] as const,
  )

/** Where a header stands among the document's components. */
export const headerRefs = (headers: ReadonlyArray<AnswerHeader>) =>
  Object.fromEntries(
    headers.map((header) => {
      const name = header.replace("?", "")
      return [name, refTo(header === name ? name : `${name}.optional`)]
    }),
  )

const refTo = (name: string) => ({ $ref: `#/components/headers/${name}` })

/** All of them, and those of every answer by their names. */
export const headerComponents = Object.fromEntries([
  ...described(HEADERS, true),
  ...described(HEADERS, false),
  ...described(ON_EVERY_ANSWER, true),
  ...described(ON_MOST_ANSWERS, false),
])

export const headersOfEveryAnswer = Object.fromEntries([
  ...Object.keys(ON_EVERY_ANSWER).map((name) => [name, refTo(name)] as const),
  ...Object.keys(ON_MOST_ANSWERS).map((name) => [name, refTo(`${name}.optional`)] as const),
])
