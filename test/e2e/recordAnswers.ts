import { afterAll, afterEach, beforeAll, expect } from "vitest"
import { checkAnswer, type Seen } from "../support/contract/check.ts"

/**
 * Holds every answer that the product gives to this process against the API's description, whoever asks: the tests and
 * the clients of other people's that they use have one door, `fetch`. A body counts when somebody reads it as a whole.
 */
export const recordAnswers = (urlOf: () => string): void => {
  const usual = globalThis.fetch
  let answers: Array<Seen> = []
  beforeAll(() => {
    globalThis.fetch = async (input, init) => {
      const response = await usual(input, init)
      const request = new Request(input instanceof Request ? input.url : input, {
        method: methodOf(input, init),
      })
      if (request.url.startsWith(`${urlOf()}/`)) answers.push(record(request, response))
      return response
    }
  })
  afterEach(() => {
    const all = answers
    answers = []
    expect(all.flatMap(checkAnswer), "answers that are not as the API's description says").toEqual([])
  })
  afterAll(() => {
    globalThis.fetch = usual
  })
}

const methodOf = (input: string | URL | Request, init: RequestInit | undefined): string =>
  init?.method ?? (input instanceof Request ? input.method : "GET")

const record = ({ method, url }: Request, response: Response): Seen => {
  const { status, headers } = response
  const seen: { -readonly [Name in keyof Seen]: Seen[Name] } = {
    method,
    url,
    status,
    headers: [...headers],
    body: null,
  }
  const read = response.text.bind(response)
  const text = async () => (seen.body = await read())
  response.text = text
  response.json = async () => JSON.parse(await text()) as unknown
  return seen
}
