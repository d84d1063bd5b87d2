// @ts-check
/** @import { Facts, Fields, Group, ListedRun, Output, RowNews, StateEvent } from "../../types.js" */

import { compactText, elementsOf, fieldsOf, kindOf } from "../shared/domain.js"
import { byId } from "../shared/dom.js"

/**
 * What the server sends, as the page holds it. `JSON.parse` says what is known of a run, and that the text is JSON; the
 * values of inputs and outputs are cut out of the text, since they must not lose how they were written.
 */

/** What the page was given with its markup. @returns {{ group: Group, schema: string, runs: RowNews[], facts: Facts }} */
export function readPage() {
  const text = compactText(fromScript(byId("taskgroup").textContent ?? ""))
  /** @type {Group & { runs?: ListedRun[] }} */
  const { runs = [], ...group } = JSON.parse(text)
  const texts = fieldsOf(text)
  const elements = elementsOf(texts.get("runs") ?? "[]")
  return {
    group,
    schema: texts.get("output_schema") ?? "null",
    runs: runs.map((run, at) => readListed(run, elements[at] ?? "{}")),
    facts: JSON.parse(byId("page-facts").textContent ?? ""),
  }
}

/** Undoes what keeps JSON from ending its script element. @param {string} json */
const fromScript = (json) =>
  json.includes("\\u003c")
    ? json.replace(/\\(?:u003c|[^])/g, (escape) => (escape === "\\u003c" ? "<" : escape))
    : json

/** An element of `runs`. @param {ListedRun} listed @param {string} text of the same @returns {RowNews} */
function readListed({ input_index, output, ...run }, text) {
  const texts = fieldsOf(text)
  // Its value would only take memory: what is shown is its text.
  delete run.input
  return {
    index: input_index,
    input: fieldsIn(texts.get("input")),
    run,
    runText: text,
    output: readOutput(output, texts.get("output")),
  }
}

/** @param {StateEvent} event @param {string} data its text @returns {RowNews} */
export function readEvent({ input_index, run, output }, data) {
  const texts = fieldsIn(compactText(data)) ?? new Map()
  return {
    index: input_index,
    input: fieldsIn(fieldsIn(texts.get("input"))?.get("input")),
    run,
    runText: texts.get("run") ?? "{}",
    output: readOutput(output, texts.get("output")),
  }
}

/** @param {StateEvent["output"]} output @param {string | undefined} text of the same @returns {Output | null} */
function readOutput(output, text) {
  if (!output) return null
  const { type, basis, confidence } = output
  return { type, basis, confidence, fields: contentFields(fieldsIn(text)?.get("content") ?? "null") }
}

/** The output's fields; text output is the field `content`. @param {string} content @returns {Fields} */
const contentFields = (content) =>
  fieldsIn(content) ?? new Map(content === "null" ? [] : [["content", content]])

/** @param {string | undefined} json @returns {Fields | null} */
const fieldsIn = (json) => (json !== undefined && kindOf(json) === "object" ? fieldsOf(json) : null)
