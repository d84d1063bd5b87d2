import { env } from "cloudflare:workers"
import { afterEach, expect } from "vitest"

const CONTRACT_URL = (env as unknown as { readonly CONTRACT_URL: string }).CONTRACT_URL

interface Seen {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  body: string | null
}

let answers: Array<Seen> = []

/**
 * Remembers an answer of the product, to be held against the API's description when the test is over. Its body counts
 * when the test reads it as a whole: nothing is read that the test leaves.
 */
export const recorded = (request: Request, response: Response): Response => {
  const { method, url } = request
  const { status } = response
  const seen: Seen = { method, url, status, headers: [...response.headers], body: null }
  answers.push(seen)
  const read = response.text.bind(response)
  const text = async () => (seen.body = await read())
  response.text = text
  response.json = async <T>() => JSON.parse(await text()) as T
  return response
}

afterEach(async () => {
  const all = answers
  answers = []
  if (all.length === 0) return
  const checked = await fetch(CONTRACT_URL, { method: "POST", body: JSON.stringify(all) })
  expect(await checked.json(), "answers that are not as the API's description says").toEqual([])
})
