/** As much of OpenAPI 3.1 as the pages about the API are made of. */

export interface Reference {
  readonly $ref: string
}

export interface Schema {
  readonly $ref?: string
  readonly type?: string | ReadonlyArray<string>
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly anyOf?: ReadonlyArray<Schema>
  readonly oneOf?: ReadonlyArray<Schema>
  readonly allOf?: ReadonlyArray<Schema>
  readonly enum?: ReadonlyArray<unknown>
  readonly [rule: string]: unknown
}

export interface Example {
  readonly summary?: string
  readonly value: unknown
}

interface Media {
  readonly schema?: Schema
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, Example | Reference>>
}

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly required?: boolean
  readonly schema?: Schema
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, Example | Reference>>
}

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly description?: string } | Reference>>
  readonly content?: Readonly<Record<string, Media>>
}

interface Body {
  readonly description?: string
  readonly required?: boolean
  readonly content: Readonly<Record<string, Media>>
}

interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: ReadonlyArray<string>
  readonly parameters?: ReadonlyArray<Parameter | Reference>
  readonly requestBody?: Body | Reference
  readonly responses: Readonly<Record<string, Response | Reference>>
  readonly security?: ReadonlyArray<object>
}

type PathItem = Readonly<Record<string, unknown>> & {
  readonly parameters?: ReadonlyArray<Parameter | Reference>
}

export interface OpenApi {
  readonly tags?: ReadonlyArray<{ readonly name: string; readonly description?: string }>
  readonly security?: ReadonlyArray<object>
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}

/** A request of the document, with what it refers to in place. */
export interface Endpoint {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly title: string
  readonly description: string
  readonly tag: string
  readonly takesKey: boolean
  readonly parameters: ReadonlyArray<Parameter>
  readonly body: (Content & { readonly required: boolean; readonly description: string }) | null
  readonly answers: ReadonlyArray<Answer>
}

/** What a body or an answer holds, of one media type. */
export interface Content {
  readonly mediaType: string
  readonly schema: Schema | undefined
  readonly examples: ReadonlyArray<Example>
}

export interface Answer {
  readonly status: string
  readonly description: string
  readonly contents: ReadonlyArray<Content>
  readonly headers: ReadonlyArray<{ readonly name: string; readonly description: string }>
}

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"]

/** What `$ref` leads to, from the document's root. */
export const resolve = <T extends object>(document: OpenApi, value: T | Reference): T => {
  if (!("$ref" in value) || typeof value.$ref !== "string") return value as T
  const found = value.$ref
    .replace(/^#\//, "")
    .split("/")
    .map((name) => decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((from, name) => (from as Record<string, unknown> | undefined)?.[name], document)
  if (found === undefined) throw new Error(`${value.$ref} leads nowhere`)
  return resolve(document, found as T | Reference)
}

/** Every request, in the order of the document. */
export const endpointsOf = (document: OpenApi): ReadonlyArray<Endpoint> =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as Operation | undefined
      return operation === undefined ? [] : [endpointOf(document, path, item, method, operation)]
    }),
  )

const endpointOf = (
  document: OpenApi,
  path: string,
  item: PathItem,
  method: string,
  operation: Operation,
): Endpoint => {
  const security = operation.security ?? document.security ?? []
  const body = operation.requestBody && resolve<Body>(document, operation.requestBody)
  const content = body && contentsOf(document, body.content)[0]
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    title: operation.summary ?? operation.operationId,
    description: operation.description ?? "",
    tag: operation.tags?.[0] ?? "",
    takesKey: security.length > 0 && security.every((scheme) => Object.keys(scheme).length > 0),
    parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) =>
      resolve<Parameter>(document, parameter),
    ),
    body: content
      ? { ...content, required: body.required === true, description: body.description ?? "" }
      : null,
    answers: Object.entries(operation.responses).map(([status, response]) =>
      answerOf(document, status, resolve<Response>(document, response)),
    ),
  }
}

const answerOf = (document: OpenApi, status: string, response: Response): Answer => ({
  status,
  description: response.description,
  contents: contentsOf(document, response.content ?? {}),
  headers: Object.entries(response.headers ?? {}).map(([name, header]) => ({
    name,
    description: resolve<{ description?: string }>(document, header).description ?? "",
  })),
})

const contentsOf = (document: OpenApi, content: Readonly<Record<string, Media>>): ReadonlyArray<Content> =>
  Object.entries(content).map(([mediaType, media]) => ({
    mediaType,
    schema: media.schema,
    examples: examplesOf(document, media),
  }))

/** An answer that says what is wrong. */
export const isError = ({ status }: Answer): boolean => /^[45]/.test(status)

/** Whether it does something of its own: HEAD and OPTIONS are everywhere, and some only say that there is nothing. */
export const isOfNote = ({ method, answers }: Endpoint): boolean =>
  method !== "HEAD" && method !== "OPTIONS" && answers.some((answer) => !isError(answer))

/** The examples of a parameter or a content, else what its schema has. */
export const examplesOf = (
  document: OpenApi,
  { schema, example, examples }: Pick<Media, "schema" | "example" | "examples">,
): ReadonlyArray<Example> => {
  if (examples !== undefined)
    return Object.entries(examples).map(([name, named]) => {
      const { summary, value } = resolve<Example>(document, named)
      return { summary: summary ?? name, value }
    })
  if (example !== undefined) return [{ value: example }]
  if (schema === undefined) return []
  const of = resolve<Schema>(document, schema)["examples"]
  return Array.isArray(of) ? of.slice(0, 1).map((value: unknown) => ({ value })) : []
}
