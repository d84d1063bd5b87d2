import type { Recording } from "../simulator/index.ts"
import { factsOf } from "./facts.ts"
import { eventQuestions } from "./questions/events.ts"
import { listingQuestions } from "./questions/listings.ts"
import { streamQuestions } from "./questions/streams.ts"
import { ask, open, type Verdict } from "./verdict.ts"

/** What three cheap runs of one account cannot tell, and why. */
const BEYOND_REACH = [
  ["U7d", "How long may a stream stay open?", "takes an hour of active runs"],
  ["U12", "Is adding runs atomic; may a lost answer be repeated?", "takes requests that may cost"],
  ["U23", "Are failed, cancelled and duplicate runs billed?", "is on the bill, not in an answer"],
  ["D4", "Do GETs count against the rate limit?", "takes thousands of requests"],
  ["D5", "How deep may an output schema nest?", "costs a run when it is accepted"],
].map(([id = "", question = "", why = ""]) => ask(id, question, () => open(why)))

const all = [listingQuestions, eventQuestions, streamQuestions, BEYOND_REACH]
/** What is unknown (U), then what sources disagree on (D), then metadata. */
const place = ({ id }: { readonly id: string }) => id.replace("U", "A")
const QUESTIONS = all.flat().toSorted((x, y) => place(x).localeCompare(place(y), "en", { numeric: true }))

/** Everything a recording says about the open questions, and nothing that it does not. */
export const judge = (recording: Recording): ReadonlyArray<Verdict> => {
  const facts = factsOf(recording)
  const nothing = open("no runs were added")
  return QUESTIONS.map(({ judge: of, ...rest }) => ({ ...rest, ...(facts === null ? nothing : of(facts)) }))
}
