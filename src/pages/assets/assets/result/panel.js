// @ts-check
/** @import { Citation, FieldBasis, Fields, Row } from "../../types.js" */
/** @import { Child } from "../shared/dom.js" */

import { byId, copyText, fill, h, link, linkify, safeUrl, setText } from "../shared/dom.js"
import { elementsOf, fieldsOf, kindOf, readableText, shownText } from "../shared/domain.js"
import { dateTime, duration, isTerminal, plain, statusClass, statusLabel } from "../shared/format.js"
import { markdown } from "../shared/markdown.js"
import { confidenceMark, fullValue } from "./cell.js"
import { rowActs } from "./acts/rowActs.js"
import { basisOf, confidenceOf, lacksBasis, nestedBasisOf } from "./columns.js"

/** Everything about one row: fields in full, why the service believes them, what went wrong, ids and times. */
export class Panel {
  #panel = byId("panel")
  #title = byId("panel-title")
  #body = byId("panel-body")
  #page = byId("page")
  /** @type {Row | null} */
  row = null
  #version = -1
  /** The output whose basis is being fetched, or could not be. @type {Row["output"]} */
  #asked = null
  #failed = false
  #hadBasis = false
  #narrow = matchMedia("(max-width: 860px)")

  /** @param {{ onClose: (row: Row) => void, onStep: (row: Row, step: number) => void, fetchBasis: (row: Row) => Promise<void> }} events */
  constructor(events) {
    this.events = events
    byId("panel-close").addEventListener("click", () => this.close())
    byId("panel-previous").addEventListener("click", () => this.row && events.onStep(this.row, -1))
    byId("panel-next").addEventListener("click", () => this.row && events.onStep(this.row, 1))
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close()
    })
    this.#narrow.addEventListener("change", () => this.#setInert())
  }

  /** @param {Row} row @param {boolean} focus */
  open(row, focus) {
    const other = this.row !== row
    this.row = row
    this.#panel.hidden = false
    document.body.classList.add("with-panel")
    this.#setInert()
    if (other) this.#version = -1
    this.update()
    if (other) this.#body.scrollTop = 0
    if (focus) this.#title.focus({ preventScroll: true })
  }

  close() {
    const row = this.row
    if (!row) return
    this.row = null
    this.#panel.hidden = true
    document.body.classList.remove("with-panel")
    this.#setInert()
    this.events.onClose(row)
  }

  /** On a phone the panel covers the page, which then must not take the focus. */
  #setInert() {
    this.#page.inert = this.row !== null && this.#narrow.matches
  }

  /** Draws again if the row changed, without losing the place or the focus. */
  update() {
    const { row } = this
    if (!row) return
    const lacking = lacksBasis(row)
    if (lacking && row.output !== this.#asked) void this.#fetchBasis(row)
    if (row.version === this.#version && lacking !== this.#hadBasis) return
    this.#version = row.version
    this.#hadBasis = !lacking
    const focusKey = this.#body.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.key
      : undefined
    const opened = new Set(
      [...this.#body.querySelectorAll("details[open]")].map(
        (d) => /** @type {HTMLElement} */ (d).dataset.key,
      ),
    )
    const { scrollTop } = this.#body
    setText(this.#title, `Row ${row.index + 1}`)
    fill(this.#body, content(row, lacking ? this.#basisNote() : null))
    for (const details of this.#body.querySelectorAll("details"))
      if (opened.has(details.dataset.key)) details.open = true
    this.#body.scrollTop = scrollTop
    if (focusKey !== undefined)
      for (const element of this.#body.querySelectorAll("[data-key]"))
        if (/** @type {HTMLElement} */ (element).dataset.key === focusKey)
          /** @type {HTMLElement} */ (element).focus({ preventScroll: true })
  }

  /** @param {Row} row */
  async #fetchBasis(row) {
    const { output } = row
    this.#asked = output
    this.#failed = false
    try {
      await this.events.fetchBasis(row)
    } catch {
      if (this.#asked === output) this.#failed = true
    }
    if (this.row !== row) return
    this.#version = -1
    this.update()
  }

  /** What stands in for reasoning and sources until they are here. */
  #basisNote() {
    if (!this.#failed)
      return h("p", { class: "muted", role: "status" }, "Reasoning and sources are being fetched…")
    const again = h("button", { type: "button", class: "small", "data-key": "fetch basis" }, "Try again")
    again.addEventListener("click", () => {
      this.#asked = null
      this.#failed = false
      this.#version = -1
      this.update()
    })
    return h(
      "div",
      { class: "notice" },
      h("p", { role: "status" }, "Reasoning and sources could not be fetched. "),
      again,
    )
  }
}

/** The page's address with this row open. @param {Row} row */
export const rowAddress = (row) => `${location.origin}${location.pathname}#row=${row.index + 1}`

/** @param {Row} row @param {Child} basisNote @returns {Child[]} */
function content(row, basisNote) {
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
    output && output.size > 0 && section("Output", fields(row, output, true)),
    basisNote,
    section("Input", fields(row, row.input, false)),
    section("Run", [runFacts(row)]),
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

/** @param {Row} row @param {Fields} values @param {boolean} isOutput */
const fields = (row, values, isOutput) =>
  [...values].map(([name, value]) => field(row, name, value, isOutput))

/** @param {Row} row @param {string} name @param {string} value @param {boolean} isOutput */
function field(row, name, value, isOutput) {
  const basis = isOutput ? basisOf(row, name) : undefined
  const confidence = isOutput ? confidenceOf(row, name) : null
  return h(
    "div",
    { class: `panel-field ${isOutput ? "output" : "input"}` },
    h("h4", {}, h("span", { class: "field-name" }, name), confidence && confidenceMark(confidence, true)),
    h(
      "div",
      { class: "field-value" },
      // Text output is a report in Markdown.
      ...(isOutput && row.output?.type === "text" && kindOf(value) === "string"
        ? markdown(shownText(value))
        : fullValue(value)),
    ),
    basis && evidence(basis, name),
    ...(isOutput ? nestedBasisOf(row, name) : []).map((nested) =>
      h("div", { class: "nested" }, h("h5", {}, nested.field), evidence(nested, nested.field)),
    ),
  )
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

/** @param {Row} row */
function runFacts(row) {
  const { run } = row
  /** @type {[string, Child][]} */
  const facts = [
    ["Run id", run.run_id ? copyable(run.run_id, "run id") : "not submitted yet"],
    ["Processor", run.processor ?? null],
    ["Created", dateTime(run.created_at)],
    ["Changed", dateTime(run.modified_at)],
    [
      "Link",
      h(
        "button",
        {
          type: "button",
          class: "small",
          "data-key": "copy link",
          onclick: (/** @type {Event} */ e) =>
            copyText(rowAddress(row), /** @type {HTMLElement} */ (e.currentTarget)),
        },
        "Copy link to this row",
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
    h(
      "button",
      {
        type: "button",
        class: "small",
        "aria-label": `Copy ${what}`,
        "data-key": `copy ${what}`,
        onclick: (/** @type {Event} */ e) => copyText(text, /** @type {HTMLElement} */ (e.currentTarget)),
      },
      "Copy",
    ),
  )
}
