import {
  type Answer,
  type Content,
  type Endpoint,
  type Example,
  isError,
  type OpenApi,
  type Parameter,
} from "./description.ts"
import type { Extent, Meanings } from "./docsMarkdown.ts"
import { type Field, fieldsOf, isToldByName, namedSchema, typeOf } from "./fields.ts"
import { jsonText } from "./literal.ts"
import { snippetsOf } from "./snippets.ts"

/** What is being written, and what has been said in it. */
export interface Page {
  readonly document: OpenApi
  readonly extent: Extent
  readonly meanings: Meanings
  /** Fields and parameters, with all that is said of them. */
  readonly told: Set<string>
}

/** One request, with everything that belongs to it. */
export const requestMarkdown = (page: Page, endpoint: Endpoint): string => {
  const { document, extent } = page
  const { method, path, id, title, description, takesKey, body } = endpoint
  const snippets = snippetsOf(document, endpoint, extent.isShort)
  const isClear = extent.isShort && !takesKey && body === null
  const code =
    snippets === null || isClear ? [] : extent.languages.map((name) => fence(name, "", snippets[name]))
  return [
    `### ${title}`,
    `\`${method} ${path}\` · \`${id}\`${takesKey ? " · [API key](#api-key)" : ""}`,
    description,
    ...parametersMarkdown(page, endpoint),
    body === null ? "" : bodyMarkdown(page, body),
    ...code,
    ...bodyExamples(page, endpoint),
    answersMarkdown(page, endpoint),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
}

/** The groups of parameters, by the place where they are. */
const PLACES: Readonly<Record<string, string>> = { path: "Path", query: "Query", header: "Headers" }

const parametersMarkdown = (page: Page, { parameters }: Endpoint): ReadonlyArray<string> => {
  const fieldsIn = (place: string) =>
    parameters.filter((one) => one.in === place).map((one) => parameterField(page.document, one))
  if (!page.extent.isShort)
    return Object.entries(PLACES).map(([place, title]) => list(title, fieldLines(page, fieldsIn(place))))
  return [list("Parameters", fieldLines(page, Object.keys(PLACES).flatMap(fieldsIn)))]
}

export const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, " ")

const list = (title: string, lines: ReadonlyArray<string>): string =>
  lines.length === 0
    ? ""
    : lines.length === 1 && lines[0]!.startsWith(AS_ABOVE)
      ? `**${title}** ${lines[0]!.slice(2)}`
      : `**${title}**\n\n${lines.join("\n")}`

const AS_ABOVE = "- as above: "

export const fence = (language: string, caption: string, text: string): string =>
  `\`\`\`${language}${caption === "" ? "" : ` ${caption}`}\n${text}\n\`\`\``

/** One line for each. In a short text those that need no words have one together, and so have those told before. */
export const fieldLines = (page: Page, fields: ReadonlyArray<Field>): ReadonlyArray<string> => {
  if (!page.extent.isShort) return fields.map(fieldLine)
  const again: Array<string> = []
  const bare: Array<string> = []
  const lines = fields.flatMap((field) => {
    const line = fieldLine(field)
    // A field of the same name elsewhere, of which the same is said.
    const key = line.replace(/(?<=`)[^`]*\.(?=[^.`]+` )/, "")
    const isTold = page.told.has(key)
    page.told.add(key)
    if (isTold) again.push(`\`${field.path}\``)
    else if (field.description === "") bare.push(line.slice(2))
    return isTold || field.description === "" ? [] : [line]
  })
  return [
    ...lines,
    ...(bare.length === 0 ? [] : [`- ${bare.join("; ")}`]),
    ...(again.length === 0 ? [] : [`${AS_ABOVE}${again.join(", ")}`]),
  ]
}

const fieldLine = ({ path, type, isRequired, rules, description }: Field): string => {
  const facts = [type, ...(isRequired ? ["required"] : []), ...rules].join(", ")
  return `- \`${path}\` *${facts}*${description === "" ? "" : `: ${oneLine(description)}`}`
}

const parameterField = (document: OpenApi, parameter: Parameter): Field => {
  const { name, schema = {}, required = false, description } = parameter
  const said = description === undefined ? schema : { ...schema, description }
  const [field] = fieldsOf(document, { properties: { [name]: said }, required: required ? [name] : [] })
  return field!
}

const bodyMarkdown = (page: Page, body: NonNullable<Endpoint["body"]>): string => {
  const { schema = {}, mediaType, required, description } = body
  const fields = fieldLines(page, fieldsOf(page.document, schema))
  const kind = mediaType === "application/json" ? "Body" : `Body (${mediaType})`
  const title = `${kind}${required ? "" : ", may be absent"}`
  const { schema: plain } = namedSchema(page.document, schema)
  const line = `**${title}** ${plain.description ?? typeOf(page.document, schema)}`
  return [description, fields.length > 0 ? list(title, fields) : line]
    .filter((part) => part !== "")
    .join("\n\n")
}

/** Other bodies than the one that is sent in the snippets. */
const bodyExamples = ({ extent }: Page, { body }: Endpoint): ReadonlyArray<string> => {
  const examples = body?.examples ?? []
  if (extent.isShort || examples.length < 2) return []
  return examples.map(({ summary = "", value }) => fence("json", `Body: ${summary}`, jsonText(value)))
}

const answersMarkdown = (page: Page, endpoint: Endpoint): string =>
  page.extent.isShort ? shortAnswers(page, endpoint) : wholeAnswers(page, endpoint)

/** Whether the table of errors says enough of it. */
const isUsual = ({ meanings }: Page, answer: Answer): boolean =>
  isError(answer) && meanings.get(answer.status)?.[0] === answer.description

const wholeAnswers = (page: Page, { answers }: Endpoint): string => {
  const usual = answers.filter((answer) => isUsual(page, answer)).map(({ status }) => `\`${status}\``)
  const lines = answers.filter((answer) => !isUsual(page, answer)).map((answer) => answerLine(page, answer))
  return [
    list("Answers", [...lines, ...(usual.length === 0 ? [] : [`- [Errors](#errors): ${usual.join(", ")}`])]),
    ...answers.flatMap(({ status, contents }) =>
      contents
        .toSorted(isJsonFirst)
        .flatMap(({ mediaType, examples }) =>
          examples.map((example) => exampleFence(status, mediaType, example)),
        ),
    ),
  ].join("\n\n")
}

const isJsonFirst = (a: Content, b: Content): number =>
  Number(b.mediaType === "application/json") - Number(a.mediaType === "application/json")

/** What was told of an answer before is not told again, nor an example that is part of another. */
const shortAnswers = (page: Page, { answers }: Endpoint): string => {
  const known = (text: string) => [...page.told].some((told) => told.includes(text))
  const lines = answers.flatMap((answer) => {
    const line = answerLine(page, answer)
    if (isUsual(page, answer) || (!answer.status.startsWith("2") && known(line))) return []
    page.told.add(line)
    return [line]
  })
  const statuses = answers
    .flatMap((answer) => (lines.includes(answerLine(page, answer)) ? [] : [answer.status]))
    .join(" ")
  const contents = answers.filter((answer) => !isError(answer)).flatMap((answer) => answer.contents)
  const content = contents.find(({ mediaType }) => mediaType === "application/json") ?? contents[0]
  const value = content?.examples[0]?.value
  const text = typeof value === "string" ? value.trimEnd() : (JSON.stringify(value) ?? "")
  const isNew = text !== "" && !known(text)
  if (isNew) page.told.add(text)
  return [
    list("Answers", [...lines, ...(statuses === "" ? [] : [`- [also](#errors): ${statuses}`])]),
    ...(isNew ? [fence(typeof value === "string" ? "text" : "json", "", text)] : []),
  ].join("\n\n")
}

const answerLine = ({ document, extent }: Page, answer: Answer): string => {
  const { status, description, contents, headers } = answer
  const types = contents.map(({ mediaType, schema }) => {
    const isNamed = schema !== undefined && !isError(answer) && isToldByName(document, schema)
    return `\`${mediaType}\`${isNamed ? ` ${typeOf(document, schema)}` : ""}`
  })
  const names = extent.isShort || isError(answer) ? [] : headers.map(({ name }) => `\`${name}\``)
  return [
    `- \`${status}\`${types.length === 0 || (extent.isShort && isError(answer)) ? "" : ` ${types.join(" or ")}`}: ${oneLine(description)}`,
    ...(names.length === 0 ? [] : [`Headers: ${names.join(", ")}.`]),
  ].join(" ")
}

const exampleFence = (status: string, mediaType: string, { value, summary }: Example): string => {
  const isText = typeof value === "string" && !mediaType.endsWith("json")
  const name = isText ? (/markdown|html|csv/.exec(mediaType)?.[0] ?? "text") : "json"
  const caption = [status, ...(summary === undefined ? [] : [summary])].join(" ")
  return fence(name, caption, isText ? value.trimEnd() : jsonText(value))
}
