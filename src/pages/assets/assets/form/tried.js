// @ts-check
import { byId, fill, h } from "../shared/dom.js"
import { fieldsOf, kindOf } from "../shared/domain.js"
import { plain, statusClass, statusLabel } from "../shared/format.js"

const MOST_INPUTS = 2
const MOST_CHARS = 160

/** The rows of a trial as they fill in: what one decides on, before the rest is paid for. */
export class TriedRows {
  #table = byId("tried")
  /** @type {{ status: string, input: ReadonlyMap<string, string>, output: ReadonlyMap<string, string>, error: string }[]} */
  #rows = []

  /** @param {number} rows none: there is nothing to be shown */
  begin(rows) {
    this.#rows = Array.from({ length: rows }, () => ({
      status: "queued",
      input: new Map(),
      output: new Map(),
      error: "",
    }))
    this.#table.hidden = rows === 0
    byId("tried-box").hidden = rows === 0
    this.#draw()
  }

  /** @param {any} event @param {string} data its text, for values as they were sent */
  take({ input_index: index, run }, data) {
    const row = this.#rows[index]
    if (row === undefined) return
    const parts = fieldsOf(data)
    const input = fieldsOf(parts.get("input") ?? "{}").get("input") ?? "{}"
    if (kindOf(input) === "object") row.input = fieldsOf(input)
    const output = parts.get("output") ?? "null"
    const content = kindOf(output) === "object" ? fieldsOf(output).get("content") : undefined
    row.output =
      content === undefined
        ? new Map()
        : kindOf(content) === "object"
          ? fieldsOf(content)
          : new Map([["content", content]])
    row.status = String(run?.status ?? "")
    row.error = String(run?.error?.message ?? "")
    this.#draw()
  }

  #draw() {
    const inputs = namesOf(this.#rows.map(({ input }) => input)).slice(0, MOST_INPUTS)
    const outputs = namesOf(this.#rows.map(({ output }) => output))
    const heads = ["Status", ...inputs, ...outputs]
    fill(
      this.#table,
      h("caption", { class: "visually-hidden" }, "The rows of the trial"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map((name) => h("th", { scope: "col" }, name || "(no name)")),
        ),
      ),
      h(
        "tbody",
        {},
        this.#rows.map(({ status, input, output, error }) =>
          h(
            "tr",
            {},
            h("td", {}, h("span", { class: `status ${statusClass(status)}` }, statusLabel(status))),
            inputs.map((name) => cell(input.get(name))),
            error !== "" && outputs.length === 0
              ? h("td", { class: "long" }, error)
              : outputs.map((name, at) =>
                  error !== "" && at === 0 ? h("td", { class: "long" }, error) : cell(output.get(name)),
                ),
          ),
        ),
      ),
    )
  }
}

/** @param {string | undefined} json */
const cell = (json) => {
  const text = plain(json)
  const shown = text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text
  return h("td", { class: text.length > 40 ? "long" : null }, shown)
}

/** @param {ReadonlyMap<string, string>[]} all */
const namesOf = (all) => [...new Set(all.flatMap((one) => [...one.keys()]))]
