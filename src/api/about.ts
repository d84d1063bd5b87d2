import * as OpenApi from "effect/http-api/OpenApi"
import type { Failure } from "./failures.ts"
import { type AnswerHeader, headerRefs } from "./headers.ts"

/** An example of a body, with a word on what it shows. */
export interface Example {
  readonly summary?: string
  readonly value: unknown
}

export type Examples = Readonly<Record<string, Example>>

/** What an operation answers when all is well. */
export interface Answer {
  /** Its name among the document's components. */
  readonly name?: string
  readonly description: string
  readonly headers?: ReadonlyArray<AnswerHeader>
  /** By media type. */
  readonly examples?: Readonly<Record<string, Examples>>
  /** What each line, or each event's data, is: schemas by their names. */
  readonly items?: ReadonlyArray<string>
}

export interface About {
  readonly summary: string
  readonly description?: string
  /** Of the request's body, which may be left out where `mayLackBody`. */
  readonly examples?: Examples
  readonly mayLackBody?: true
  readonly answers: Readonly<Record<number, Answer>>
  readonly failures: ReadonlyArray<Failure>
  /** Refusals of Parallel's with other statuses, which are passed on. */
  readonly passesOn?: Failure
}

/** An operation of the document, as far as it is looked into here. */
export interface Operation {
  readonly responses: Record<string, Response>
  readonly requestBody?: { required?: boolean; readonly content: Record<string, MediaType> }
}

export interface Response {
  /** Its name, should it become a component. */
  readonly "x-name"?: string
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, MediaType>
}

interface MediaType {
  readonly schema: unknown
  examples?: Examples
  readonly [extension: `x-${string}`]: unknown
}

/**
 * What Effect cannot say of an operation: what its answers mean, which headers they have with several media types, and
 * examples. Statuses, media types and bodies come from the endpoint's Schemas.
 */
export const about = (of: About) =>
  OpenApi.annotations({
    summary: of.summary,
    ...(of.description !== undefined && { description: of.description }),
    transform: (operation) => ({ ...describe(operation as unknown as Operation, of) }),
  })

const describe = (operation: Operation, of: About): Operation => {
  const { requestBody } = operation
  const responses = Object.fromEntries(
    Object.entries(operation.responses).flatMap(([status, response]) => {
      const answer = answerOf(Number(status), response, of)
      return answer === null ? [] : [[status, answer]]
    }),
  )
  if (of.passesOn !== undefined)
    responses["default"] = { ...failed(responses[of.passesOn.status]!, of.passesOn) }
  return {
    ...operation,
    responses,
    ...(requestBody && {
      requestBody: {
        required: of.mayLackBody !== true,
        content: mapValues(requestBody.content, (media) => ({
          ...media,
          ...(of.examples && { examples: of.examples }),
        })),
      },
    }),
  }
}

const answerOf = (status: number, response: Response, { answers, failures }: About): Response | null => {
  const answer = answers[status]
  if (answer === undefined) {
    const failure = failures.find((one) => one.status === status)
    // An endpoint that never succeeds is given a success by Effect.
    return failure === undefined ? null : failed(response, failure)
  }
  const { name, description, headers = [], examples = {}, items } = answer
  return withHeaders(
    {
      ...(name !== undefined && { "x-name": name }),
      description,
      ...(response.content && {
        content: mapValues(response.content, (media, type) => ({
          ...media,
          ...(items &&
            isStream(type) && {
              "x-item-schemas": items.map((name) => ({ $ref: `#/components/schemas/${name}` })),
            }),
          ...(examples[type] && { examples: examples[type] }),
        })),
      }),
    },
    headers,
  )
}

const isStream = (type: string) => type === "text/event-stream" || type === "application/jsonl"

const failed = ({ content }: Response, { name, description, headers }: Failure): Response =>
  withHeaders({ "x-name": name, description, ...(content && { content }) }, headers)

const withHeaders = ({ content, ...rest }: Response, headers: ReadonlyArray<AnswerHeader>): Response => ({
  ...rest,
  ...(headers.length > 0 && { headers: headerRefs(headers) }),
  ...(content && { content }),
})

export const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, key: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
