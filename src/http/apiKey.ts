import { MAX_SECRET_CHARS, type Redactor, redactorOf } from "../domain/redact.ts"
import type { ApiError } from "../domain/ApiError.ts"

const given = (headers: Headers) => ({
  key: headers.get("x-api-key") ?? "",
  bearer: /^bearer +(.*)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "",
})

/** Whether a request says that it has a key, good or not. */
export const hasKey = (headers: Headers): boolean => Object.values(given(headers)).some((key) => key !== "")

/** What takes the keys out that a request carries, good or not. */
export const requestRedactor = (headers: Headers): Redactor => redactorOf(Object.values(given(headers)))

/** An error says nothing of the key of its request, whoever wrote it. */
export const withoutKey = async (request: Request, response: Response): Promise<Response> => {
  if (response.status < 400 || response.body === null) return response
  const { status } = response
  const headers = new Headers(response.headers)
  headers.delete("content-length")
  return new Response(requestRedactor(request.headers).hideCut(await response.text()), { status, headers })
}

/** The key a request carries, as `x-api-key`, else as a bearer token; or what is wrong with it. */
export const apiKeyOf = (headers: Headers): string | ApiError => {
  const { key, bearer } = given(headers)
  const one = key === "" ? bearer : key
  if (one === "")
    return unauthorized(
      "A Parallel API key is missing. Send it as the header x-api-key, or as Authorization: Bearer.",
    )
  if (one.length > MAX_SECRET_CHARS)
    return unauthorized(
      `This cannot be a Parallel API key: it has ${one.length} characters, and at most ${MAX_SECRET_CHARS} are taken. It was sent nowhere.`,
    )
  return /^[\x21-\x7e]+$/.test(one)
    ? one
    : unauthorized(
        "This cannot be a Parallel API key: a key is visible ASCII, and this one has other characters (a blank, a quotation mark of a word processor, an invisible character). Copy it again. It was sent nowhere.",
      )
}

const unauthorized = (message: string): ApiError => ({
  status: 401,
  message,
  headers: { "www-authenticate": 'Bearer realm="Parallel API key"' },
})
