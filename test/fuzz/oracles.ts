import { parse as parseCsv } from "csv-parse/sync"
import { type Answer, API_KEY, type Call, type Product } from "./product.ts"

const ERRORS = new Set([400, 401, 402, 403, 404, 405, 406, 409, 413, 415, 422, 429, 502, 503, 504])

const COMMON = ["x-content-type-options", "x-robots-tag", "referrer-policy", "content-security-policy"]

const unescaped = (text: string): string =>
  text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll("\\/", "/")

/** Whether the key stands in a text, in any usual spelling. */
export const showsKey = (text: string): boolean => {
  if (text.includes(API_KEY) || text.includes(Buffer.from(API_KEY).toString("base64"))) return true
  return /[\\%]/.test(text) && unescaped(unescaped(text)).includes(API_KEY)
}

const isError = (body: unknown): boolean => {
  const { type, error } = (body ?? {}) as { type?: unknown; error?: Record<string, unknown> }
  return (
    type === "error" &&
    typeof error?.["ref_id"] === "string" &&
    typeof error["message"] === "string" &&
    error["message"] !== "" &&
    "detail" in error
  )
}

/** What holds of every answer of the product's. */
export const commonViolations = ({ status, headers, text }: Answer, isHead = false): Array<string> => {
  const found: Array<string> = []
  const type = headers.get("content-type") ?? ""
  if (![200, 204, 304].includes(status) && !ERRORS.has(status))
    found.push(`status ${status}: ${text.slice(0, 300)}`)
  for (const name of COMMON) if (!headers.has(name)) found.push(`no header ${name} on ${status}`)
  if (showsKey(text) || showsKey(JSON.stringify([...headers]))) found.push("the answer shows the API key")
  if (status === 405 && !headers.has("allow")) found.push("405 without Allow")
  if (status === 503 && !headers.has("retry-after")) found.push("503 without Retry-After")
  if (isHead || status < 400) return found
  if (text.length > 100_000) found.push(`an error of ${text.length} characters`)
  if (/\bat \S+ \(?(?:file|node):|\.ts:\d+/.test(text)) found.push("an error shows a stack")
  if (type.startsWith("text/html")) return found
  if (!type.startsWith("application/json")) found.push(`an error of type ${type}`)
  try {
    if (!isError(JSON.parse(text))) found.push(`an error in another shape: ${text.slice(0, 200)}`)
  } catch {
    found.push(`an error that is no JSON: ${text.slice(0, 200)}`)
  }
  return found
}

/** What was left behind by a request that was refused, and what was sent for it. */
export const refusedViolations = (product: Product, { status }: Answer): Array<string> => {
  const found: Array<string> = []
  if (
    product.calls.some(
      ({ url, method, status: answered }) =>
        method === "POST" && url.pathname.endsWith("/runs") && answered < 300,
    )
  )
    found.push(`${status}, and runs were added`)
  if (!product.isEmpty) found.push(`${status}, and something stays stored: ${product.stored().slice(0, 200)}`)
  return found
}

/** Without a word from Parallel the refusal is ours, and nothing was sent. */
export const unsentViolations = (calls: ReadonlyArray<Call>, { status }: Answer): Array<string> =>
  calls.length === 0 || calls.some((call) => call.status >= 400)
    ? []
    : [
        `${status}, and this was sent: ${calls.map(({ method, url }) => `${method} ${url.pathname}`).join(", ")}`,
      ]

interface Listed {
  readonly status: { readonly num_task_runs: number; readonly state?: string; readonly is_active: boolean }
  readonly results: ReadonlyArray<Record<string, unknown>>
  readonly runs: ReadonlyArray<{ readonly input: unknown; readonly status: string }>
}

/** Every format of an ended group says the same rows. Yields what does not. */
export const formatViolations = async (
  product: Product,
  id: string,
  rows: number,
): Promise<Array<string>> => {
  const found: Array<string> = []
  const read = async (format: string): Promise<string> => {
    const answer = await product.get(`/${id}.${format}`)
    found.push(...commonViolations(answer).map((violation) => `.${format}: ${violation}`))
    if (answer.status !== 200) found.push(`.${format} answers ${answer.status}`)
    const raw =
      format === "html"
        ? /[\0-\x08\x0b\x0c\x0e-\x1f]/
        : format === "json"
          ? /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/
          : /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/
    if (raw.test(answer.text)) found.push(`.${format} holds raw controls`)
    return answer.text
  }
  const attempt = async (format: string, check: (text: string) => string | null) => {
    const text = await read(format)
    try {
      const problem = check(text)
      if (problem !== null) found.push(`.${format}: ${problem}`)
    } catch (error) {
      found.push(`.${format}: ${String(error)}`)
    }
  }
  await attempt("json", (text) => {
    const group = JSON.parse(text) as Listed
    const counts = [group.results.length, group.runs.length, group.status.num_task_runs]
    return counts.every((count) => count === rows) ? null : `${counts.join(", ")} rows of ${rows}`
  })
  await attempt("csv", (text) => {
    const records = parseCsv(text, { bom: true })
    return records.length === rows + 1 ? null : `${records.length - 1} rows of ${rows}`
  })
  await attempt("jsonl", (text) => {
    const lines = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).filter((line) => line !== "")
    for (const line of lines) JSON.parse(line)
    return lines.length === rows ? null : `${lines.length} lines of ${rows}`
  })
  await attempt("md", (text) => {
    const lines = text.split("\n").filter((line) => line.startsWith("|"))
    return lines.length === rows + 2 ? null : `${lines.length - 2} table rows of ${rows}`
  })
  await attempt("html", (text) => {
    const [, json = ""] = /<script[^>]*type="application\/json"[^>]*>([\s\S]*?)<\/script>/.exec(text) ?? []
    return (JSON.parse(json) as Listed).results.length === rows ? null : "its JSON has other rows"
  })
  await attempt("sse", (text) => {
    const states = text.split("\n\n").filter((event) => /^event: ?task_run\.state$/m.test(event))
    return states.length >= rows && /^event: ?done$/m.test(text)
      ? null
      : `${states.length} events of ${rows} rows`
  })
  return found
}

/** JSON text without the blanks between its tokens: by its grammar's strings alone. */
export const compact = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|[ \t\n\r]+/gs, (token) => (token.startsWith('"') ? token : ""))

/** The texts of an array's elements, given compact. */
export const elementsOf = (array: string): Array<string> => {
  const elements: Array<string> = []
  let depth = 0
  let from = 1
  for (const { 0: token, index } of array.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/gs)) {
    if (token === "[" || token === "{") depth++
    else if (token === "]" || token === "}") depth--
    if ((token === "," && depth === 1) || depth === 0) {
      if (index > from) elements.push(array.slice(from, index))
      from = index + 1
      if (depth === 0) break
    }
  }
  return elements
}

/** The value's text of a member of an object, given compact; the last of a name counts. */
export const memberOf = (object: string, name: string): string | undefined => {
  const members = elementsOf(object).map((member) => /^("(?:[^"\\]|\\.)*"):(.*)$/s.exec(member))
  return members.findLast((member) => member !== null && JSON.parse(member[1]!) === name)?.[2]
}

/** Whether an object anywhere in a JSON text, given compact, has a name twice. */
export const namesTwice = (json: string): boolean => {
  if (!/^[[{]/.test(json)) return false
  const elements = elementsOf(json)
  if (json.startsWith("[")) return elements.some(namesTwice)
  const members = elements.map((member) => /^("(?:[^"\\]|\\.)*"):(.*)$/s.exec(member)!)
  const names = new Set(members.map(([, name]) => JSON.parse(name!) as string))
  return names.size < members.length || members.some(([, , value]) => namesTwice(value!))
}

/** The rows as they were sent to Parallel, to the letter. */
export const sentRows = (calls: ReadonlyArray<Call>): Array<string> =>
  calls
    .filter(({ method, url, status }) => method === "POST" && url.pathname.endsWith("/runs") && status < 300)
    .flatMap(({ body }) => elementsOf(memberOf(compact(body), "inputs") ?? "[]"))
    .map((run) => memberOf(run, "input") ?? "")
