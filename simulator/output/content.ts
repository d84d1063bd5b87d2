import { fieldsOf, objectText, textAt, type JsonText } from "../core/jsonText.ts"
import type { JsonObject, TaskSpec } from "../core/wire.ts"
import type { Run } from "../ledger/types.ts"
import { wantedBy } from "./build.ts"
import { HARD_TEXT, hardContent } from "./hard.ts"

/** The names of the output schema's fields, as it is written. */
const fieldNames = (specText: JsonText | null): ReadonlyArray<string> => {
  const fields =
    specText === null ? undefined : textAt(specText, "output_schema", "json_schema", "properties")
  return fields === undefined ? [] : [...fieldsOf(fields).keys()]
}

const INTEGER_LIKE = /^\d+$/

/** The members in the schema's order, where an object of JavaScript has its own; else null. */
export const inOrder = (content: JsonObject, specText: JsonText | null): JsonText | null => {
  const present = Object.keys(content)
  if (!present.some((name) => INTEGER_LIKE.test(name))) return null
  const names = new Set([...fieldNames(specText).filter((name) => Object.hasOwn(content, name)), ...present])
  return objectText(
    [...names].map((name) => ({ key: JSON.stringify(name), value: JSON.stringify(content[name]) })),
  )
}

/** An object's text for JSON output, a string's for text output. */
const fitting = (text: JsonText, type: "text" | "json"): JsonText => {
  const isString = text.trimStart().startsWith('"')
  if (type === "text") return isString ? text : JSON.stringify(text)
  return isString ? objectText([{ key: '"input"', value: text }]) : text
}

/** What the run's output is to hold to the letter; null: it is made up. */
export const givenContent = (run: Run, spec: TaskSpec | null, specText: JsonText | null): JsonText | null => {
  const wanted = wantedBy(spec)
  if (run.outputText !== null) return fitting(run.outputText, wanted.type)
  switch (run.outputContent) {
    case "made":
      return null
    case "echo":
      return fitting(run.inputText, wanted.type)
    case "hard":
      return wanted.type === "text" ? HARD_TEXT : hardContent(wanted.schema, fieldNames(specText))
  }
}
