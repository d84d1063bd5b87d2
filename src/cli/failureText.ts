import { MultitaskError, type Problem } from "../client/index.ts"
import { DOUBT } from "../client/request.ts"
import { redactorOf } from "../domain/redact.ts"
import { Refused } from "./Refused.ts"
import type { Session } from "./Session.ts"
import { terminalText } from "./terminalText.ts"
import { serverText } from "./text.ts"

/** Why a command ended, for people: what, where, and what to do. Without keys, and without the insides of a program. */
export const failureText = (error: unknown, session: Session | null): string => {
  const { hide } = redactorOf([...(session?.secrets ?? [])])
  return hide(textOf(error, session))
}

const textOf = (error: unknown, session: Session | null): string => {
  if (error instanceof MultitaskError) return saidText(error, session)
  if (error instanceof Refused) return error.message
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `This should not have happened. Please report it: ${terminalText(said)}`
}

/** Whether a request that was to change something may have been carried out, and nobody has said so. */
const isInDoubt = ({ status, message, refId, retryAfter, idempotencyKey }: MultitaskError): boolean =>
  status === 0 ||
  message.includes(DOUBT) ||
  isUnderWay({ status, retryAfter }) ||
  // What stands in between and answers instead does not know; our server says what has become of it.
  (idempotencyKey !== undefined && refId === undefined && (status < 400 || status >= 500))

/** An attempt before has come to the server, which has no answer to it yet. */
const isUnderWay = ({ status, retryAfter }: Pick<MultitaskError, "status" | "retryAfter">): boolean =>
  status === 409 && retryAfter !== undefined

/** A program can send the same again, under its key; who types commands is told what is not known. */
const messageOf = (error: MultitaskError): string => {
  if (error.status === 413) return TOO_LARGE
  if (isUnderWay(error)) return "The server has the request and has not come to an end with it."
  const [said = ""] = error.message.split(DOUBT)
  return said.replace("the base URL", "--host")
}

const saidText = (error: MultitaskError, session: Session | null): string => {
  const { status, errors, refId, url } = error
  // The only problem is the message.
  const problems =
    errors.length < 2 && !isPlace(errors[0]) ? [] : errors.map((problem) => problemText(problem, session))
  const said = problems.length === 0 ? serverText(messageOf(error), 2_000) : null
  return [
    ...(said === null ? [] : [said]),
    ...(problems.length > 1 ? ["These were refused:", ...problems.map((text) => `  ${text}`)] : problems),
    ...(status === 401 ? [KEY_ADVICE] : []),
    ...(isInDoubt(error) && session !== null ? [session.interruption.meaning] : []),
    ...(url !== undefined && session?.group === null ? [`The group: ${terminalText(url)}`] : []),
    ...(refId === undefined || refId === "" ? [] : [`Reference: ${terminalText(refId, 100)}`]),
  ]
    .filter((text) => text !== "")
    .join("\n")
}

const TOO_LARGE =
  "The rows are more than the server takes in one request. Split the file: run one part, and add the others to its group."

const KEY_ADVICE = "The key comes from PARALLEL_API_KEY, else from login."

const isPlace = (problem: Problem | undefined): boolean => problem !== undefined && problem.path !== ""

/** A sentence that begins with the place. */
const problemText = ({ path, message }: Problem, session: Session | null): string =>
  `${path === "" ? "The request" : terminalText(placeOf(path, session))} ${serverText(message)}`

const NAME_OF: Readonly<Record<string, string>> = {
  output_schema: "The output's schema",
  output_description: "--describe",
  processor: "--processor",
  limit: "--limit",
  max_cost_usd: "--max-cost",
  title: "--title",
  inputs: "FILE",
}

/** A place of a request in the words of the command line: rows by their number, the header not counted, and their line. */
const placeOf = (path: string, session: Session | null): string => {
  const [, index, below = ""] = /^inputs\[(\d+)\]\.?(.*)$/s.exec(path) ?? []
  if (index !== undefined) {
    const line = session?.lineOfRow(Number(index))
    const row = `Row ${Number(index) + 1}${line === undefined ? "" : ` (line ${line})`}`
    return below === "" ? row : `${row}, ${below},`
  }
  const [, field = "", rest = ""] = /^(\w+)\.?(.*)$/s.exec(path) ?? []
  const option = Object.hasOwn(NAME_OF, field) ? NAME_OF[field] : undefined
  return option === undefined ? path : rest === "" ? option : `${option}, ${rest},`
}
