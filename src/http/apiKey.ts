import type { ApiError } from "./errors.ts"

/** The key a request carries, as `x-api-key`, else as a bearer token; or what is wrong with it. */
export const apiKeyOf = (headers: Headers): string | ApiError => {
  const key = headers.get("x-api-key") ?? ""
  const bearer = /^bearer +(.*)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? ""
  const given = key === "" ? bearer : key
  if (given === "")
    return unauthorized(
      "A Parallel API key is missing. Send it as the header x-api-key, or as Authorization: Bearer.",
    )
  return /^[\x21-\x7e]+$/.test(given)
    ? given
    : unauthorized(
        "This cannot be a Parallel API key: a key is visible ASCII, and this one has other characters (a blank, a quotation mark of a word processor, an invisible character). Copy it again. It was sent nowhere.",
      )
}

const unauthorized = (message: string): ApiError => ({
  status: 401,
  message,
  headers: { "www-authenticate": 'Bearer realm="Parallel API key"' },
})
