import { elementsOf, fieldsOf } from "../../domain/JsonText.ts"
import type { Multitask } from "../../client/Multitask.ts"
import { Refused } from "../Refused.ts"
import { terminalText } from "../terminalText.ts"
import { wholeAnswer } from "../wholeAnswer.ts"

export interface Source {
  readonly multitask: Multitask
  readonly id: string
  readonly signal?: AbortSignal | undefined
}

/** What one answer holds, each as it is written: elements of `results` and of `runs`. */
export interface Page {
  readonly results: ReadonlyArray<string>
  readonly runs: ReadonlyArray<string>
}

/** A few MiB of usual rows. */
const PAGE_ROWS = 500

/** The rows' JSON, page by page. */
export async function* jsonPages(source: Source): AsyncGenerator<Page> {
  yield* pages(source, "json", (text) => {
    // An answer that broke off, or is somebody else's, is no JSON.
    JSON.parse(text)
    const fields = fieldsOf(text)
    const results = elementsOf(fields.get("results")!)
    return { part: { results, runs: elementsOf(fields.get("runs")!) }, rows: results.length }
  })
}

/** The rows as JSON Lines, page by page, each a text of whole lines. */
export async function* linePages(source: Source): AsyncGenerator<string> {
  yield* pages(source, "jsonl", (text) => {
    if (text !== "" && !text.endsWith("\n")) throw new SyntaxError("the last line is not whole")
    return { part: text, rows: text.split("\n").length - 1 }
  })
}

/** The group as Markdown. */
export const markdownOf = async (source: Source): Promise<string> => {
  const { read } = await partOf(source, "md", {}, (text) => text)
  return read
}

async function* pages<A>(
  source: Source,
  format: Format,
  read: (text: string) => { readonly part: A; readonly rows: number },
): AsyncGenerator<A> {
  for (let rows = 0; ;) {
    // Inputs are counted from 0 without gaps: the last one that is here is known by how many there are.
    const query = { basis: "none", limit: PAGE_ROWS, after: rows === 0 ? undefined : rows - 1 }
    const answer = await partOf(source, format, query, read)
    rows += answer.read.rows
    yield answer.read.part
    if (answer.read.rows === 0 || (answer.read.rows < PAGE_ROWS && !answer.hasNext)) return
  }
}

const TYPES = { json: /\bjson\b/i, jsonl: /\bjsonl\b/i, md: /\bmarkdown\b/i }

type Format = keyof typeof TYPES

const partOf = <A>(
  { multitask, id, signal }: Source,
  format: Format,
  query: Readonly<Record<string, string | number | undefined>>,
  read: (text: string) => A,
): Promise<{ readonly read: A; readonly hasNext: boolean }> =>
  wholeAnswer(
    multitask,
    { path: `/${id}.${format}`, query, signal },
    {
      check: ({ headers }) => {
        const type = headers.get("content-type") ?? ""
        if (!TYPES[format].test(type)) throw new Refused(otherAnswer(type))
      },
      read: (text, { headers }) => ({
        read: read(text),
        hasNext: /;\s*rel="?next"?/.test(headers.get("link") ?? ""),
      }),
      broken,
    },
  )

/** Somebody else's page, before a sign-in for instance. */
const otherAnswer = (type: string): string =>
  terminalText(
    `The server answered ${type || "something without a type"} where results were asked for. Check --host.`,
  )

const broken = (times: number): string =>
  `The results broke off each of ${times} times that they were read. The task group keeps them: read them again with "get".`
