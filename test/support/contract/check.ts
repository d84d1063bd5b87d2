import { readFileSync } from "node:fs"
import { Ajv2020 } from "ajv/dist/2020.js"
import {
  answerOf,
  answersTo,
  type Document,
  type DocumentedAnswer,
  type DocumentedHeader,
  isFile,
  type MediaType,
  resolve,
} from "./document.ts"

/** An answer as it came. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** Null where nobody has read it to its end. */
  readonly body: string | null
}

export const documentText = readFileSync(
  new URL("../../../src/pages/assets/agents/openapi.json", import.meta.url),
  "utf8",
)
export const document = JSON.parse(documentText) as Document

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema({ $id: "contract", components: { schemas: document.components.schemas } })
const validators = new Map<object, ReturnType<typeof ajv.compile>>()

/** What is wrong with a value by a schema of the document. */
export const violations = (schema: object, value: unknown): ReadonlyArray<string> => {
  let validate = validators.get(schema)
  if (validate === undefined) {
    validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"contract#/')))
    validators.set(schema, validate)
  }
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

/** What is wrong with an answer by the document: its status, type, headers, or body. */
export const checkAnswer = (seen: Seen): ReadonlyArray<string> => {
  const { method, url, status } = seen
  const { pathname, searchParams } = new URL(url)
  // The pages' own way to a row, which has an address of its own in the description.
  if (searchParams.has("input_index")) return []
  if (isFile(pathname)) return []
  const answer = answerOf(document, answersTo(document, method, pathname), status)
  const problems =
    answer === null
      ? ["its status is not documented"]
      : [...checkHeaders(seen, answer), ...checkBody(seen, answer)]
  return problems.map((problem) => `${method} ${pathname}: ${status}: ${problem}`)
}

/** What the platform says of any answer. */
const OF_THE_PLATFORM =
  /^(?:content-type|content-length|content-encoding|transfer-encoding|date|connection|keep-alive|server|alt-svc|cf-.*)$/

const checkHeaders = ({ headers }: Seen, answer: DocumentedAnswer): ReadonlyArray<string> => {
  const documented = Object.entries({ ...document["x-headers-of-every-answer"], ...answer.headers })
  const known = new Map(
    documented.map(([name, ref]) => [name.toLowerCase(), resolve<DocumentedHeader>(document, ref)]),
  )
  const given = new Set(headers.map(([name]) => name.toLowerCase()))
  return [
    ...[...given]
      .filter((name) => !known.has(name) && !OF_THE_PLATFORM.test(name))
      .map((name) => `the header ${name} is not documented`),
    ...[...known]
      .filter(([name, { required }]) => required && !given.has(name))
      .map(([name]) => `${name} is missing`),
  ]
}

const checkBody = ({ method, headers, body }: Seen, { content }: DocumentedAnswer): ReadonlyArray<string> => {
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1].split(";")[0]
  if (method === "HEAD") return []
  if (content === undefined) return body ? ["it has a body, of which nothing is documented"] : []
  const media = content[type ?? ""]
  if (media === undefined) return [`its type ${type} is not documented`]
  return body === null ? [] : checkText(type!, media, body)
}

const checkText = (type: string, media: MediaType, body: string): ReadonlyArray<string> => {
  if (/[/+]json$/.test(type)) return violations(media.schema, JSON.parse(body))
  const items = media["x-item-schemas"] ?? []
  if (items.length === 0) return []
  const texts = type === "text/event-stream" ? body.match(/(?<=^data: ).*/gm) : body.match(/.+/g)
  // A stream that was left may end anywhere.
  const whole = type === "text/event-stream" && !body.endsWith("\n\n") ? texts?.slice(0, -1) : texts
  return (whole ?? []).flatMap((text) => violations(anyOf(items), JSON.parse(text)))
}

const unions = new Map<unknown, object>()
const anyOf = (schemas: ReadonlyArray<object>): object => {
  const union = unions.get(schemas) ?? { anyOf: schemas }
  unions.set(schemas, union)
  return union
}
