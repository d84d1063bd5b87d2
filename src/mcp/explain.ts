import type { ApiError } from "../domain/ApiError.ts"
import type { Problem } from "../domain/Problem.ts"
import { problemSentence } from "../domain/Problem.ts"

/** More than this a model does not correct in one go. */
const MAX_TOLD = 10

/** What is wrong, as a model reads it, and what to do about it. `isRead`: with a tool that can start and cost nothing. */
export const explain = (error: ApiError, isRead: boolean): string =>
  [whatIsWrong(error), whatToDo(error, isRead), aboutGroup(error)].filter((part) => part !== "").join("\n")

const whatIsWrong = ({ status, message, detail }: ApiError): string => {
  const problems = (detail?.["errors"] ?? []) as ReadonlyArray<Problem>
  if (status !== 422 || !areProblems(problems) || problems.length === 0) return inToolsWords(message)
  const told = problems.slice(0, MAX_TOLD).map((problem) => `- ${inToolsWords(sentenceOf(problem))}`)
  const about = problems.some(({ path }) => /^inputs(?:\[\d+\])?$/.test(path)) ? [ROWS] : []
  const more = problems.length > MAX_TOLD ? [`- and ${problems.length - MAX_TOLD} more.`] : []
  return [
    problems.length === 1 ? "This argument does not do:" : "These arguments do not do:",
    ...told,
    ...more,
    ...about,
  ].join("\n")
}

/** What went wrong with a URL is a sentence already. */
const sentenceOf = (problem: Problem): string =>
  /^\p{Lu}/u.test(problem.message) ? problem.message : problemSentence(problem)

const ROWS =
  'inputs is an array of flat objects, one for each row, such as [{"company":"Stripe"},{"company":"Adyen"}]; or text: a URL, or JSON Lines, CSV or TSV with a header line.'

const areProblems = (errors: unknown): errors is ReadonlyArray<Problem> =>
  Array.isArray(errors) &&
  errors.every(
    (one: unknown) =>
      typeof one === "object" &&
      one !== null &&
      typeof (one as Problem).message === "string" &&
      "path" in one,
  )

/** The API's sentences name its own fields. */
const inToolsWords = (sentence: string): string =>
  sentence
    .replaceAll(/\boutput_(?:description|schema)\b/g, "output")
    .replaceAll(
      /, or send "skip_empty": true|where no content type or file name says CSV, |, or as JSON Lines whose content type says so/g,
      "",
    )
    .replaceAll("The body", "The call")
    .replaceAll("Idempotency-Key", "request_id")
    .replace(
      "used for another request: another body, or the same sent elsewhere",
      "used with other arguments",
    )
    .replaceAll(/(a new|the same) key\b/g, "$1 request_id")

const seconds = ({ headers }: ApiError): string => headers?.["retry-after"] ?? "a few"

const whatToDo = (error: ApiError, isRead: boolean): string => {
  const { status, detail } = error
  switch (status) {
    case 402:
      return "Nothing was started or paid: the account behind this key has too little credit at Parallel. Tell the person (credit is added at https://platform.parallel.ai) and stop; do not call again before they say so."
    case 403:
      return "Stop and tell the person: another key is needed."
    case 404:
      return "Check the taskgroup_id: it is in the answer of createTaskGroup, and in the group's URL."
    case 409:
      return error.headers?.["retry-after"] === undefined
        ? "If this repeats a call whose answer was lost, pass exactly the arguments that it had: under a new request_id it would be paid again. Use a new one only for another request."
        : `Call again with exactly the same arguments and the same request_id in ${seconds(error)} s: nothing is done twice.`
    case 413:
      return "Pass a URL of the rows instead, or call again with fewer rows."
    case 422: {
      if (isRead) return "Correct this and call again."
      const [first] = (detail?.["errors"] ?? []) as ReadonlyArray<Partial<Problem>>
      return first?.path === "max_cost_usd" && first.message?.includes("estimate") === true
        ? "Nothing was started or paid. Ask the person whether to spend that, or have less done."
        : "Nothing was started or paid. Correct this and call again."
    }
    case 429:
      return `${isRead ? "" : "Nothing was started or paid. "}Wait ${seconds(error)} s before you call again.`
    case 502:
    case 503:
    case 504:
      if (error.group?.url)
        return "Look at it with getStatus in a few minutes, then call again with the same request_id if the tool has one: nothing is done twice then."
      return "Call again in a moment, with the same request_id if the tool has one: nothing is done twice then."
    default:
      return ""
  }
}

const aboutGroup = ({ group }: ApiError): string =>
  group?.url ? `The task group is ${group.taskgroupId}: ${group.url}` : ""
