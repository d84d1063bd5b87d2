import type { Recording } from "../simulator/index.ts"
import { factsOf } from "./facts.ts"
import { cursorQuestions } from "./questions/cursors.ts"
import { eventQuestions } from "./questions/events.ts"
import { listingQuestions } from "./questions/listings.ts"
import { beyondReach, shapeQuestions } from "./questions/shapes.ts"
import { open, type Question, type Verdict } from "./verdict.ts"

const QUESTIONS: ReadonlyArray<Question> = [
  ...listingQuestions,
  ...eventQuestions,
  ...cursorQuestions,
  ...shapeQuestions,
  ...beyondReach,
].toSorted((x, y) => rank(x.id) - rank(y.id) || x.id.localeCompare(y.id))

function rank(id: string): number {
  const [, letter = "", number = "0"] = /^([A-Z])(\d*)/.exec(id) ?? []
  return "UDM".indexOf(letter) * 1_000 + Number(number === "" ? 0 : number)
}

/** Everything a recording says about the open questions, and nothing that it does not. */
export const judge = (recording: Recording): ReadonlyArray<Verdict> => {
  const facts = factsOf(recording)
  return QUESTIONS.map(({ id, question, judge: of }) => ({
    id,
    question,
    ...(facts === null ? open("no runs were added") : of(facts)),
  }))
}
