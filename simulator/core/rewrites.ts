import type { Behaviour } from "../behaviour/document.ts"

type Rewrites = Behaviour["rewrites"]

const code = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, "0")
const each = (text: string, spell: (char: string) => string) => Array.from(text, spell).join("")
/** As part of a JSON string. */
const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
const unicode = (text: string) => each(text, (char) => `\\u${code(char, 4)}`)

/** Ways to repeat a key inside of a JSON string. */
const SPELLINGS: Readonly<Record<string, (key: string) => string>> = {
  plain: inJson,
  slash: (key) => inJson(key).replaceAll("/", "\\/"),
  unicode,
  upper: (key) => each(key, (char) => `\\u${code(char, 4).toUpperCase()}`),
  mixed: (key) => unicode(key.slice(0, 1)) + inJson(key.slice(1)),
  /** JSON text in a JSON string. */
  twice: (key) => inJson(unicode(key)),
  thrice: (key) => inJson(inJson(unicode(key))),
  /** An escape whose backslash is one. */
  backslash: (key) => unicode(key).replaceAll("\\", "\\u005c"),
  percent: (key) => each(key, (char) => `%${code(char, 2)}`),
  url: encodeURIComponent,
  entities: (key) => each(key, (char) => `&#${char.charCodeAt(0)};`),
  hexEntities: (key) => each(key, (char) => `&#x${code(char, 2)};`),
  base64: (key) => btoa(`user:${key}`),
  hex: (key) => each(key, (char) => code(char, 2)),
}

/** With the request's key for `{key}` and `{key:spelling}`. */
const withKey = (text: string, key: string): string =>
  text.replace(/\{key(?::(\w+))?\}/g, (marker, name = "plain") => SPELLINGS[name]?.(key) ?? marker)

/** Ids that were changed on their way out are understood when they come back. */
export const asItWas = (request: Request, rewrites: Rewrites): Request => {
  if (rewrites.length === 0) return request
  const url = new URL(request.url)
  const path = url.pathname.replace(/%[\da-f]{2}/gi, (byte) => byte.toUpperCase())
  url.pathname = rewrites.reduce(
    (text, { find, put }) => text.replaceAll(encodeURIComponent(put), encodeURIComponent(find)),
    path,
  )
  return new Request(url, request)
}

/** The answer with its text changed, line by line where it is a stream. */
export const rewritten = (request: Request, response: Response, rewrites: Rewrites): Response => {
  if (rewrites.length === 0 || response.body === null) return response
  const key = request.headers.get("x-api-key") ?? ""
  const changed = (text: string) =>
    rewrites.reduce((all, { find, put }) => all.replaceAll(find, () => withKey(put, key)), text)
  let held = ""
  const lines = new TransformStream<string, string>({
    transform: (text, controller) => {
      held += text
      const end = held.lastIndexOf("\n") + 1
      if (end > 0) controller.enqueue(changed(held.slice(0, end)))
      held = held.slice(end)
    },
    flush: (controller) => controller.enqueue(changed(held)),
  })
  const body = response.body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array<ArrayBuffer>, string>)
    .pipeThrough(lines)
    .pipeThrough(new TextEncoderStream())
  return new Response(body, response)
}
