import { elementsOf, kindOf, membersOf } from "./JsonText.ts"
import type { MultitaskBody } from "./MultitaskBody.ts"
import { childPath, type Problem, Problems } from "./Problem.ts"
import { redactorOf } from "./redact.ts"
import type { Rows } from "./Rows.ts"
import { shownOption } from "./RunOptions.ts"
import type { JsonText } from "./TaskGroup.ts"

/**
 * Fields that are shown to nobody and stored where no reader looks: a webhook of one's own may want the key. The same is
 * true of what `shownOption` leaves out.
 */
const UNSEEN: ReadonlySet<string> = new Set(["webhook_url", "webhook_secret"])

const WHY = "holds the API key of this request; results are public. Take it out."

type Holds = (text: string) => boolean

/** Where in a value the key is. The name of a member that holds it is not told: it would repeat the key. */
const placeIn = (json: JsonText, path: string, holds: Holds): Problem => {
  const kind = kindOf(json)
  if (kind === "object") {
    for (const { name, key, value } of membersOf(json)) {
      if (holds(key)) return { path, message: `has a name that ${WHY}` }
      if (holds(value)) return placeIn(value, childPath(path, name), holds)
    }
  }
  if (kind === "array") {
    const elements = elementsOf(json)
    const at = elements.findIndex(holds)
    if (at >= 0) return placeIn(elements[at]!, childPath(path, at), holds)
  }
  return { path, message: WHY }
}

/** Fields in which a caller would publish the key of the request. */
export const keyInFields = ({ fields }: MultitaskBody, key: string): Problems => {
  const { holds } = redactorOf([key])
  const problems = new Problems()
  for (const [name, json] of fields) {
    const shown = UNSEEN.has(name) ? "null" : shownOption(name, json)
    if (holds(shown)) problems.addAll([placeIn(shown, name, holds)])
  }
  return problems
}

/** The same of rows, wherever they came from. */
export const keyInRows = ({ texts, indexes }: Rows, key: string): Problems => {
  const { holds } = redactorOf([key])
  const problems = new Problems()
  for (const [at, text] of texts.entries()) {
    if (!holds(text)) continue
    if (problems.isFull) problems.addUnlisted(1)
    else problems.addAll([placeIn(text, childPath("inputs", indexes?.[at] ?? at), holds)])
  }
  return problems
}
