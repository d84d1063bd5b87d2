import { endpointsOf, isError, isOfNote, type Endpoint, type OpenApi } from "./description.ts"
import { fieldsOf, isToldByName, namedSchema } from "./fields.ts"
import { generalMeaning } from "./generalMeaning.ts"
import { jsonText } from "./literal.ts"
import { fence, fieldLines, oneLine, type Page, requestMarkdown } from "./requestMarkdown.ts"
import type { Snippets } from "./snippets.ts"

/** What people read says everything where it belongs; what a model reads says everything once. */
export interface Extent {
  readonly languages: ReadonlyArray<keyof Snippets>
  readonly isShort: boolean
}

export const FOR_PEOPLE: Extent = { languages: ["sh", "ts", "python"], isShort: false }
export const FOR_MODELS: Extent = { languages: ["sh"], isShort: true }

/** The whole text: the guide, with the requests of the API's description where it has a place for them. */
export const docsMarkdown = (document: OpenApi, guide: string, extent: Extent): string => {
  const endpoints = endpointsOf(document)
  const meanings = meaningsOf(endpoints)
  const page: Page = { document, extent, meanings, told: new Set() }
  const parts: Readonly<Record<string, () => string>> = {
    errors: () => errorsOf(endpoints, meanings),
    requests: () =>
      [
        ...requestsOf(page, endpoints.filter(isOfNote)),
        othersOf(
          page,
          endpoints.filter((endpoint) => !isOfNote(endpoint)),
        ),
        headersOf(extent.isShort ? endpoints.filter(isOfNote) : endpoints),
        ...typesOf(page, endpoints),
      ]
        .filter((part) => part !== "")
        .join("\n\n"),
  }
  return guide.replaceAll(/<!-- (\w+) -->/g, (_, name: string) => {
    const part = parts[name]
    if (part === undefined) throw new Error(`the guide has a place for ${name}, which there is not`)
    return part()
  })
}

/** What each status of an error may mean, the most usual first. */
export type Meanings = ReadonlyMap<string, ReadonlyArray<string>>

const meaningsOf = (endpoints: ReadonlyArray<Endpoint>): Meanings => {
  const counts = new Map<string, Map<string, number>>()
  for (const { status, description } of endpoints.flatMap(({ answers }) => answers.filter(isError))) {
    const of = counts.get(status) ?? new Map<string, number>()
    counts.set(status, of.set(description, (of.get(description) ?? 0) + 1))
  }
  return new Map(
    [...counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([status, of]) => [status, [...of].toSorted((a, b) => b[1] - a[1]).map(([meaning]) => meaning)]),
  )
}

const errorsOf = (endpoints: ReadonlyArray<Endpoint>, meanings: Meanings): string => {
  const examples = endpoints
    .flatMap(({ answers }) => answers.filter(isError))
    .flatMap(({ status, contents }) =>
      contents.flatMap((content) => content.examples.map(({ value }) => ({ status, value }))),
    )
  const example = examples.find(({ status }) => status === "422") ?? examples[0]
  const rows = [...meanings.keys()].map((status) => `| \`${status}\` | ${generalMeaning(status)} |`)
  return [
    `| status | when |\n| --- | --- |\n${rows.join("\n")}`,
    ...(example === undefined ? [] : [fence("json", example.status, jsonText(example.value))]),
  ].join("\n\n")
}

const requestsOf = (page: Page, endpoints: ReadonlyArray<Endpoint>): ReadonlyArray<string> => {
  const { tags: described = [] } = page.document
  const tags = new Set([...described.map(({ name }) => name), ...endpoints.map(({ tag }) => tag)])
  return [...tags].flatMap((tag) => {
    const of = endpoints.filter((endpoint) => endpoint.tag === tag)
    if (of.length === 0) return []
    const about = described.find(({ name }) => name === tag)?.description ?? ""
    const plain = page.extent.isShort ? of.filter(isPlain) : []
    return [
      `## ${tag || "Requests"}`,
      about,
      plain.map(plainLine).join("\n"),
      ...of
        .filter((endpoint) => !plain.includes(endpoint))
        .map((endpoint) => requestMarkdown(page, endpoint)),
    ].filter((part) => part !== "")
  })
}

/** Whether there is nothing to be said to it: it is asked for, and answers. */
const isPlain = ({ takesKey, body, parameters }: Endpoint): boolean =>
  !takesKey && body === null && parameters.every((parameter) => parameter.in === "header")

const plainLine = ({ method, path, id, title }: Endpoint): string =>
  `- \`${method} ${path}\` \`${id}\`: ${title}`

/** Methods that every address has, and those of which there is nothing to be had. */
const othersOf = (page: Page, endpoints: ReadonlyArray<Endpoint>): string => {
  const methods = [...new Set(endpoints.map(({ method }) => method))]
  const lines = methods.map((method) => {
    const of = endpoints.filter((endpoint) => endpoint.method === method)
    return `- \`${method}\`: ${of.map(({ id }) => `\`${id}\``).join(", ")}`
  })
  return lines.length === 0 || page.extent.isShort
    ? ""
    : `## Other methods

\`HEAD\` has the headers of a \`GET\`, \`OPTIONS\` the methods that an address takes. \`/mcp\` has no streams and no sessions.

${lines.join("\n")}`
}

const headersOf = (endpoints: ReadonlyArray<Endpoint>): string => {
  const all = endpoints.flatMap(({ answers }) => answers.flatMap(({ headers }) => headers))
  const meanings = new Map(all.map(({ name, description }) => [name, description]))
  const rows = [...meanings]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, meaning]) => `| \`${name}\` | ${oneLine(meaning)} |`)
  return rows.length === 0
    ? ""
    : `## Headers of answers\n\n| header | what it says |\n| --- | --- |\n${rows.join("\n")}`
}

/** What has a name, each once; what is a request's body and nothing else stands with the request. */
const typesOf = (page: Page, endpoints: ReadonlyArray<Endpoint>): ReadonlyArray<string> => {
  const { document } = page
  const schemas = endpoints.flatMap(({ body }) => (body?.schema === undefined ? [] : [body.schema]))
  const bodies = new Set(schemas.map((schema) => namedSchema(document, schema).name))
  const linked = JSON.stringify([endpoints.map(({ answers }) => answers), document.components?.schemas])
  const inBodies = JSON.stringify(schemas.map((schema) => namedSchema(document, schema).schema))
  const types = Object.entries(document.components?.schemas ?? {}).filter(
    ([name, schema]) => (!bodies.has(name) || linked.includes(`/${name}"`)) && isToldByName(document, schema),
  )
  if (types.length === 0) return []
  return [
    "## Types",
    ...types.map(([name, schema]) => {
      const words = (schema.enum ?? []).map((value) => `\`${JSON.stringify(value)}\``).join(", ")
      // Of an answer nobody need know what may be missing, who reads it in words.
      const all = fieldsOf(document, schema).map((field) =>
        page.extent.isShort && !inBodies.includes(`/${name}"`) ? { ...field, isRequired: false } : field,
      )
      const fields = fieldLines(page, all).join("\n")
      return [`### ${name}`, schema.description ?? "", words, fields]
        .filter((part) => part !== "")
        .join("\n\n")
    }),
  ]
}
