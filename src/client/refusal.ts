import { type Leash, textOf } from "./leash.ts"
import type { Failure } from "./MultitaskError.ts"
import type { Problem } from "./types.ts"

/** What an answer that is none of success says. */

/** Of an error's body nothing longer is looked at. */
const MAX_CHARACTERS = 1_000_000
const SILENCE_MS = 10_000

/** Seconds from now on; undefined without the header, or where it cannot be read. */
export const retryAfterOf = ({ headers }: Pick<Response, "headers">): number | undefined => {
  const value = headers.get("retry-after")?.trim() ?? ""
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.ceil(Number(value))
  // A date begins with the name of its day. Of other numbers `Date.parse` would make years.
  const at = /^[a-z]/i.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

/** Of a redirect that is not followed a browser hides even the status. */
export const isRedirect = ({ type, status }: { readonly type: string; readonly status: number }): boolean =>
  type === "opaqueredirect" || (status >= 300 && status < 400)

/** Of what is not read nothing more is sent. */
export const discard = ({ body }: Response, leash: Leash): void => {
  body?.cancel().catch(() => {})
  leash.drop()
}

export const refusalOf = async (response: Response, leash: Leash): Promise<Failure> => {
  if (isRedirect(response)) {
    discard(response, leash)
    const to = response.headers.get("location")
    const where = to === null ? "" : ` (to ${to.split(/[?#]/)[0]})`
    const message = `The server redirects${where}, which is not followed. Use the address behind the redirect as the base URL.`
    return { status: response.status || 302, message }
  }
  const { status } = response
  const body = parsed(await wholeText(response, leash))
  const error = field(body, "error")
  const message = field(error, "message")
  return {
    status,
    message: typeof message === "string" && message !== "" ? message : saidNothing(response),
    refId: textField(error, "ref_id"),
    errors: problemsOf(field(field(error, "detail"), "errors")),
    retryAfter: retryAfterOf(response),
    taskgroupId: textField(body, "taskgroup_id"),
    url: textField(body, "url"),
  }
}

const saidNothing = ({ status, statusText }: Response) =>
  `The server answered ${status}${statusText === "" ? "" : ` ${statusText}`}, and nothing that says why.`

/** What came of a body until it broke off: the status is known already. */
const wholeText = async (response: Response, leash: Leash): Promise<string> => {
  let text = ""
  try {
    for await (const piece of textOf(response.body, leash, SILENCE_MS)) {
      text += piece
      if (text.length > MAX_CHARACTERS) break
    }
  } catch {
    // Whoever has aborted is told so by the caller.
  }
  return text
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined

const textField = (value: unknown, name: string): string | undefined => {
  const text = field(value, name)
  return typeof text === "string" ? text : undefined
}

const problemsOf = (errors: unknown): ReadonlyArray<Problem> =>
  (Array.isArray(errors) ? errors : []).flatMap((error: unknown) => {
    const message = typeof error === "string" ? error : textField(error, "message")
    return message === undefined ? [] : [{ path: textField(error, "path") ?? "", message }]
  })
