/** What of the API's description tests look into. Runs anywhere. */

export interface Document {
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly responses: Readonly<Record<string, DocumentedAnswer>>
    readonly headers: Readonly<Record<string, DocumentedHeader>>
  }
  readonly "x-headers-of-every-answer": Readonly<Record<string, Ref>>
  readonly "x-other-methods": Answers
  readonly "x-other-paths": Answers
}

interface Ref {
  readonly $ref: string
}

type PathItem = Readonly<Record<string, Operation>>
type Answers = Readonly<Record<string, DocumentedAnswer | Ref>>

export interface Operation {
  readonly operationId: string
  readonly security?: ReadonlyArray<unknown>
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> }
  readonly responses: Answers
}

export interface DocumentedAnswer {
  readonly description: string
  readonly headers?: Readonly<Record<string, Ref>>
  readonly content?: Readonly<Record<string, MediaType>>
}

export interface DocumentedHeader {
  readonly required: boolean
}

export interface MediaType {
  readonly schema: object
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
  readonly "x-item-schemas"?: ReadonlyArray<Ref>
}

const METHODS = ["get", "head", "post", "delete", "options"]

/** What a reference stands for. */
export const resolve = <A extends object>(document: Document, found: A | Ref): A => {
  if (!("$ref" in found)) return found
  const [kind, name] = found.$ref.split("/").slice(2) as [keyof Document["components"], string]
  return document.components[kind][name] as A
}

export interface DocumentedOperation {
  readonly path: string
  readonly method: string
  readonly operation: Operation
}

/** Every operation, with its path. */
export const operationsOf = (document: Document): ReadonlyArray<DocumentedOperation> =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => ({
      path,
      method: method.toUpperCase(),
      operation: item[method]!,
    })),
  )

/** The methods of a path, as `Allow` names them. */
export const methodsOf = (document: Document, path: string): ReadonlyArray<string> =>
  METHODS.filter((method) => document.paths[path]?.[method] !== undefined).map((method) =>
    method.toUpperCase(),
  )

/** Files that the platform serves by itself. */
export const isFile = (pathname: string): boolean =>
  /^\/(?:assets\/|favicon\.svg$|robots\.txt$)/.test(pathname)

/** The path in the document that an address is at; null where there is none. */
export const pathOf = (document: Document, pathname: string): string | null => {
  if (document.paths[pathname] !== undefined) return pathname
  // Of groups alone a slash at the end is forgiven.
  const path = pathname.replace(/(?<=.)\/$/, "")
  const templates = Object.keys(document.paths).filter((template) => template.includes("{"))
  // What is written out is nearer than a parameter.
  const nearest = templates.toSorted((a, b) => literals(b) - literals(a))
  return nearest.find((template) => expressionOf(template).test(path)) ?? null
}

const literals = (template: string) => template.replaceAll(/\{\w+\}/g, "").length

const expressionOf = (template: string) =>
  new RegExp(
    `^${template
      .replaceAll(".", "\\.")
      .replace("{taskgroup_id}", "(?!(?:assets|v1|v1beta|agents|mcp|docs|callback)(?:/|$))[^/.]+")
      .replace("{row}", template.endsWith("{row}") ? "(?!.*\\.(?:json|md|html)$)[^/]*[^/.]" : "[^/]+")}$`,
    "i",
  )

/** The answers that a request may get: of its operation, or of what is no operation. */
export const answersTo = (document: Document, method: string, pathname: string): Answers => {
  const path = pathOf(document, pathname)
  if (path === null) return document["x-other-paths"]
  return document.paths[path]?.[method.toLowerCase()]?.responses ?? document["x-other-methods"]
}

/** The answer with this status; what is passed on from Parallel is a refusal. */
export const answerOf = (document: Document, answers: Answers, status: number): DocumentedAnswer | null => {
  const found = answers[status] ?? (status >= 400 && status < 500 ? answers["default"] : undefined)
  return found === undefined ? null : resolve(document, found)
}
