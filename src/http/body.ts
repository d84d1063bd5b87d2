import type { ApiError } from "./errors.ts"

/** Reads a JSON body within the limit, or says what is wrong with it. */
export const readJsonBody = async (
  request: Request,
  maxBytes: number,
): Promise<
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ApiError }
> => {
  const type = request.headers.get("content-type")
  if (type !== null && !/^application\/(?:[\w.+-]+\+)?json\b/i.test(type.trim())) {
    return refuse(
      415,
      `The body must be JSON; send it with content-type: application/json, not ${type.slice(0, 100)}.`,
    )
  }
  const tooLarge = `The body is larger than ${maxBytes} bytes. Split the inputs over several requests, or send their URL.`
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return refuse(413, tooLarge)
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false })
  let text = ""
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength
      if (size > maxBytes) return refuse(413, tooLarge)
      text += decoder.decode(chunk, { stream: true })
    }
    text += decoder.decode()
  } catch {
    return refuse(400, "The body is not UTF-8 text, or broke off.")
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    return refuse(
      400,
      `The body is not JSON: ${error instanceof SyntaxError ? error.message.slice(0, 200) : "unreadable"}.`,
    )
  }
}

const refuse = (status: number, message: string) => ({ ok: false, error: { status, message } }) as const
