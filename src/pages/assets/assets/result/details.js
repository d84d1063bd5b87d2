// @ts-check
/** @import { Citation, FieldBasis, Fields, Row } from "../../types.js" */
/** @import { Child } from "../shared/dom.js" */
/** @import { Unfolding } from "./nested.js" */

import { copyText, h, link, linkify, safeUrl } from "../shared/dom.js"
import { elementsOf, fieldsOf, kindOf, readableText, shownText } from "../shared/domain.js"
import { dateTime, duration, isTerminal, plain, statusClass, statusLabel } from "../shared/format.js"
import { looksLikeMarkdown, markdown } from "../shared/markdown.js"
import { rowActs } from "./acts/rowActs.js"
import { rowAddress } from "./address.js"
import { confidenceMark } from "./cell.js"
import { basisOf, confidenceOf, nestedBasisOf } from "./columns.js"
import { fullValue } from "./nested.js"

/** What the panel says of a row. */

/** What parts of it are shown, and what can be done. @typedef {Unfolding & { basisNote: Child, onCopy: (row: Row) => void }} Around */

/** @param {Row} row @param {Around} around @returns {Child[]} */
export function details(row, around) {
  const { run } = row
  const output = row.output?.fields
  const told = fieldsOf(row.runText)
  return [
    h(
      "p",
      { class: "panel-status" },
      h("span", { class: `status ${statusClass(run.status)}` }, statusLabel(run.status)),
      ...times(row),
    ),
    run.error && errorBlock(row, told.get("error") ?? "null"),
    rowActs(row),
    ...warnings(told.get("warnings") ?? "null"),
    output && output.size > 0 && section("Output", fields(row, output, true, around)),
    around.basisNote,
    section("Input", fields(row, row.input, false, around)),
    section("Run", [runFacts(row, around)]),
  ]
}

/** @param {Row} row @returns {Child[]} */
function times({ run }) {
  const from = run.created_at ? Date.parse(run.created_at) : NaN
  const to = run.modified_at ? Date.parse(run.modified_at) : NaN
  return isTerminal(run.status) && to > from
    ? [h("span", { class: "muted" }, ` after ${duration((to - from) / 1000)}`)]
    : []
}

/** @param {string} title @param {Child[]} children */
const section = (title, children) => h("section", { class: "panel-section" }, h("h3", {}, title), children)

/** @param {Row} row @param {string} json the error's text */
function errorBlock({ run: { error } }, json) {
  return h(
    "div",
    { class: "notice error" },
    h("p", {}, ...linkify(error?.message || "The run failed without a reason.")),
    detailBlock(json),
    error?.ref_id && h("p", { class: "muted mono" }, `ref ${error.ref_id}`),
  )
}

/** What an error or a warning says beside its message. @param {string} json its text */
function detailBlock(json) {
  const detail = kindOf(json) === "object" ? fieldsOf(json).get("detail") : undefined
  return detail !== undefined && detail !== "null" && h("pre", { tabindex: "0" }, readableText(detail, 2))
}

/** @param {string} json their text @returns {Child[]} */
function warnings(json) {
  if (kindOf(json) !== "array") return []
  return elementsOf(json).map((warning) => {
    const message = kindOf(warning) === "object" ? fieldsOf(warning).get("message") : undefined
    return h(
      "div",
      { class: "notice warning" },
      h("p", {}, ...linkify(plain(message ?? warning))),
      detailBlock(warning),
    )
  })
}

/** @param {Row} row @param {Fields} values @param {boolean} isOutput @param {Unfolding} unfolding */
const fields = (row, values, isOutput, unfolding) =>
  [...values].map(([name, value]) => field(row, name, value, isOutput, unfolding))

/** @param {Row} row @param {string} name @param {string} value @param {boolean} isOutput @param {Unfolding} unfolding */
function field(row, name, value, isOutput, unfolding) {
  const basis = isOutput ? basisOf(row, name) : undefined
  const confidence = isOutput ? confidenceOf(row, name) : null
  return h(
    "div",
    { class: `panel-field ${isOutput ? "output" : "input"}` },
    h("h4", {}, h("span", { class: "field-name" }, name), confidence && confidenceMark(confidence, true)),
    ...fieldValue(
      value,
      `${isOutput ? "output" : "input"}:${name}`,
      isOutput && isReport(row, value),
      unfolding,
    ),
    basis && evidence(basis, name),
    ...(isOutput ? nestedBasisOf(row, name) : []).map((nested) =>
      h("div", { class: "nested" }, h("h5", {}, nested.field), evidence(nested, nested.field)),
    ),
  )
}

/** Whether it is to be read as Markdown: text output is a report in it, other texts where they look like it. @param {Row} row @param {string} value */
const isReport = (row, value) =>
  kindOf(value) === "string" && (row.output?.type === "text" || looksLikeMarkdown(shownText(value)))

/** @param {string} value @param {string} key @param {boolean} isMarkdown @param {Unfolding} unfolding @returns {Child[]} */
function fieldValue(value, key, isMarkdown, unfolding) {
  /** @param {Child[]} children */
  const shown = (...children) => h("div", { class: "field-value" }, children)
  if (!isMarkdown) return [shown(...fullValue(value, key, unfolding))]
  const text = shownText(value)
  const rawKey = `raw ${key}`
  const isRaw = unfolding.isOpen(rawKey)
  const button = h(
    "button",
    {
      type: "button",
      class: "small plain",
      "data-key": rawKey,
      "aria-pressed": String(isRaw),
      onclick: () => unfolding.toggle?.(rawKey),
    },
    "As plain text",
  )
  return [
    // What the signs of Markdown were is told by the text alone.
    isRaw ? shown(h("span", { class: "prose" }, ...linkify(text))) : shown(...markdown(text)),
    button,
  ]
}

/** @param {FieldBasis} basis @param {string} key @returns {HTMLElement} */
function evidence(basis, key) {
  const citations = Array.isArray(basis.citations) ? basis.citations : []
  return h(
    "div",
    { class: "evidence" },
    basis.reasoning && h("p", { class: "reasoning" }, ...linkify(basis.reasoning)),
    citations.length > 0 &&
      h(
        "ul",
        { class: "citations", "aria-label": "Sources" },
        citations.map((c, n) => citation(c, `${key} ${n}`)),
      ),
  )
}

/** @param {Citation} source @param {string} key */
function citation(source, key) {
  const href = safeUrl(source?.url)
  const title = source?.title || source?.url || "Untitled source"
  const excerpts = (Array.isArray(source?.excerpts) ? source.excerpts : []).filter(
    (text) => typeof text === "string",
  )
  return h(
    "li",
    {},
    href ? link(href, title) : h("span", {}, title),
    href && h("span", { class: "host" }, new URL(href).hostname),
    excerpts.length > 0 &&
      h(
        "details",
        { "data-key": `excerpts ${key}` },
        h(
          "summary",
          { "data-key": `summary ${key}` },
          excerpts.length === 1 ? "1 excerpt" : `${excerpts.length} excerpts`,
        ),
        excerpts.map((text) => h("blockquote", {}, text)),
      ),
  )
}

/** @param {Row} row @param {Around} around */
function runFacts(row, { onCopy }) {
  const { run } = row
  /** @type {[string, Child][]} */
  const facts = [
    ["Run id", run.run_id ? copyable(run.run_id, "run id") : "not submitted yet"],
    ["Processor", run.processor ?? null],
    ["Created", dateTime(run.created_at)],
    ["Changed", dateTime(run.modified_at)],
    [
      "Copy",
      h(
        "span",
        { class: "buttons" },
        button("Copy link to this row", "copy link", (it) => copyText(rowAddress(row), it)),
        button("Copy row", "copy row", () => onCopy(row)),
      ),
    ],
  ]
  return h(
    "dl",
    { class: "facts" },
    facts
      .filter(([, value]) => value !== null)
      .flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  )
}

/** @param {string} text @param {string} what */
function copyable(text, what) {
  return h(
    "span",
    { class: "copyable" },
    h("code", {}, text),
    " ",
    button("Copy", `copy ${what}`, (it) => copyText(text, it), `Copy ${what}`),
  )
}

/** @param {string} name @param {string} key @param {(button: HTMLElement) => void} act @param {string} [label] where the name says too little */
const button = (name, key, act, label) =>
  h(
    "button",
    {
      type: "button",
      class: "small",
      "data-key": key,
      "aria-label": label,
      onclick: (/** @type {Event} */ event) => act(/** @type {HTMLElement} */ (event.currentTarget)),
    },
    name,
  )
