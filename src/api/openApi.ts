import * as OpenApi from "effect/http-api/OpenApi"
import { mapValues, type Operation, type Response } from "./about.ts"
import { Api } from "./Api.ts"
import { type Failure, optionsFailures, otherMethods, otherPaths } from "./failures.ts"
import { type AnswerHeader, headerComponents, headerRefs, headersOfEveryAnswer } from "./headers.ts"
import { tidySchemas } from "./tidySchemas.ts"

/**
 * The OpenAPI document of the contract, as a template whose origin is filled in where it is served. Made when the project
 * is checked or built: nothing of it is in the Worker.
 */
export const openApiDocument = () => {
  const { openapi, info, servers, tags, paths, components } = tidySchemas(OpenApi.fromApi(Api))
  const whole = mapValues(paths as unknown as Paths, (path, name) =>
    withHeadAndOptions(mapValues(path, readable), name),
  )
  const responses = new Shared<Response>("responses")
  const parameters = new Shared<Parameter>("parameters")
  for (const path of Object.values(whole)) {
    for (const operation of Object.values(path)) {
      Object.values(operation.responses).forEach((one) => responses.count(one))
      operation.parameters.forEach((one) => parameters.count(one))
    }
  }
  const document = {
    openapi,
    info,
    servers,
    tags,
    paths: mapValues(whole, (path) => pathItem(path, responses, parameters)),
    "x-headers-of-every-answer": headersOfEveryAnswer,
    "x-other-methods": errorResponses(otherMethods, responses),
    "x-other-paths": errorResponses(otherPaths, responses),
  }
  const shared = { parameters: parameters.all, responses: responses.all }
  return {
    ...document,
    components: { ...components, ...shared, headers: used(headerComponents, [document, shared]) },
  }
}

/** With parameters as people look for them: what each is beside its name, and headers spelled as usual. */
const readable = (operation: PathOperation): PathOperation => ({
  ...operation,
  parameters: operation.parameters.map(
    ({ name, in: place, required, schema: { description, ...schema } }) => ({
      name: HEADER_NAMES[name] ?? name,
      in: place,
      required,
      ...(description !== undefined && { description: description as string }),
      schema: QUERY_TYPES[name] ?? schema,
    }),
  ),
})

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description?: string
  readonly schema: Readonly<Record<string, unknown>>
}

interface PathOperation extends Operation {
  readonly operationId: string
  readonly tags: ReadonlyArray<string>
  readonly summary: string
  readonly description?: string
  readonly security?: ReadonlyArray<unknown>
  readonly parameters: ReadonlyArray<Parameter>
}

type PathOperations = Readonly<Record<string, PathOperation>>
type Paths = Readonly<Record<string, PathOperations>>

/** A HEAD is a GET without its body, and every path can be asked what it can do: no endpoint of its own says so. */
const withHeadAndOptions = (operations: PathOperations, path: string): PathOperations => {
  const { get } = operations
  const first = get ?? Object.values(operations)[0]!
  const hasHead = get !== undefined && Object.keys(get.responses).some((status) => Number(status) < 300)
  return {
    ...operations,
    ...(hasHead && { head: headOf(get) }),
    options: optionsOf(path, first, needsKey(operations)),
  }
}

const needsKey = (operations: PathOperations) =>
  Object.values(operations).some(({ security = [] }) => security.length > 0)

const headOf = ({ operationId, tags, parameters, responses }: PathOperation): PathOperation => ({
  tags,
  operationId: `head${nounOf(operationId)}`,
  summary: "Its headers alone",
  parameters,
  responses: mapValues(responses, (response, status) =>
    Number(status) < 300 ? withoutBody(response) : response,
  ),
})

const withoutBody = ({ headers }: Response): Response => ({
  "x-name": "Head",
  description: "The headers that a GET is answered with.",
  ...(headers && { headers }),
})

const nounOf = (operationId: string) =>
  operationId.startsWith("get") ? operationId.slice(3) : operationId[0]!.toUpperCase() + operationId.slice(1)

const PREFLIGHT: ReadonlyArray<AnswerHeader> = [
  "Allow",
  "Access-Control-Allow-Methods",
  "Access-Control-Allow-Headers",
  "Access-Control-Max-Age",
  "Vary",
]

const optionsOf = (
  path: string,
  { operationId, tags, parameters }: PathOperation,
  isKeyed: boolean,
): PathOperation => {
  const { badHost, forbidden, foreignPage, noGroup, noSignIn, broken } = optionsFailures
  const isMcp = path === "/mcp"
  const isCallback = path === "/callback"
  const failures = [
    ...(isMcp ? [badHost, foreignPage] : isKeyed ? [forbidden] : []),
    ...(path.startsWith("/{taskgroup_id}") ? [noGroup] : isCallback ? [noSignIn] : []),
    broken,
  ]
  const headers: ReadonlyArray<AnswerHeader> = isCallback ? ["Allow"] : PREFLIGHT
  return {
    tags,
    operationId: `options${nounOf(operationId)}`,
    summary: "What can be done here",
    parameters: parameters.filter(isInPath),
    responses: {
      204: {
        "x-name": "Methods",
        description: "What can be done here.",
        headers: headerRefs(isMcp || isCallback ? [...headers, "Cache-Control"] : headers),
      },
      ...Object.fromEntries(failures.map((failure) => [failure.status, errorResponse(failure)])),
    },
  }
}

const errorResponses = (failures: ReadonlyArray<Failure>, shared: Shared<Response>) =>
  Object.fromEntries(
    failures.map((failure) => [failure.status, shared.place(failure.name, errorResponse(failure))]),
  )

const errorResponse = ({ name, description, headers, isPage }: Failure): Response => ({
  "x-name": name,
  description,
  headers: headerRefs(headers),
  content: {
    "application/json": { schema: { $ref: "#/components/schemas/ErrorBody" } },
    ...(isPage && { "text/html": { schema: { type: "string" } } }),
  },
})

/** What stands in several places is said once, among the components; what stands in one stays there. */
class Shared<A> {
  readonly all: Record<string, A> = {}
  readonly #kind: string
  readonly #counts = new Map<string, number>()
  readonly #names = new Map<string, string>()

  constructor(kind: string) {
    this.#kind = kind
  }

  count(one: A): void {
    const text = JSON.stringify(one)
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1)
  }

  /** What stands for it; `base` is its name among the components, with a number where others have it. */
  place(base: string, one: A): A | { readonly $ref: string } {
    const text = JSON.stringify(one)
    if ((this.#counts.get(text) ?? 0) < 2) return nameless(one)
    let name = this.#names.get(text)
    if (name === undefined) {
      name = base
      for (let nth = 2; Object.hasOwn(this.all, name); nth++) name = `${base}${nth}`
      this.all[name] = nameless(one)
      this.#names.set(text, name)
    }
    return { $ref: `#/components/${this.#kind}/${name}` }
  }
}

const nameless = <A>(one: A): A => {
  const { "x-name": _, ...rest } = one as A & { readonly "x-name"?: string }
  return rest as A
}

const pathItem = (operations: PathOperations, responses: Shared<Response>, parameters: Shared<Parameter>) => {
  const all = Object.values(operations)[0]!.parameters
  const placed = (own: ReadonlyArray<Parameter>) =>
    own.length === 0 ? {} : { parameters: own.map((one) => parameters.place(one.name, one)) }
  return {
    ...placed(all.filter(isInPath)),
    ...mapValues(operations, ({ tags, operationId, summary, description, ...rest }) => ({
      tags,
      operationId,
      summary,
      ...(description !== undefined && { description }),
      ...((rest.security ?? []).length > 0 && { security: rest.security }),
      ...placed(rest.parameters.filter((one) => !isInPath(one))),
      ...(rest.requestBody && { requestBody: rest.requestBody }),
      responses: mapValues(rest.responses, (one) => responses.place(one["x-name"] ?? "Answer", one)),
    })),
  }
}

const isInPath = (parameter: Parameter) => parameter.in === "path"

/** In a query everything is text, and Effect says so; what the text must be is what matters. */
const QUERY_TYPES: Readonly<Record<string, Parameter["schema"]>> = {
  dry_run: { type: "boolean" },
  limit: { type: "integer", minimum: 1 },
  after: { type: "integer", minimum: 0 },
}

/** As they are usually spelled. */
const HEADER_NAMES: Readonly<Record<string, string>> = {
  "idempotency-key": "Idempotency-Key",
  "if-none-match": "If-None-Match",
  "last-event-id": "Last-Event-ID",
}

const used = (headers: Readonly<Record<string, unknown>>, by: unknown) => {
  const text = JSON.stringify(by)
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => text.includes(`"#/components/headers/${name}"`)),
  )
}
