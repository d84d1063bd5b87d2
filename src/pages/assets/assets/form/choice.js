// @ts-check
import { byId, fill, h, setText } from "../shared/dom.js"
import { count, dollars, durationRange } from "../shared/format.js"
import { findProcessor, processors } from "../processors.js"
import { exactly } from "../shared/money.js"

/** The control "Processor", and beside it all of them with what they cost and take, which says the same. */
export class Choice {
  #select = /** @type {HTMLSelectElement} */ (byId("processor"))
  #suggest = h("option", { value: "" })
  #head = h("th", { scope: "col" })
  /** @type {Map<string, { radio: HTMLInputElement, cell: HTMLElement, row: HTMLElement, cost: HTMLElement }>} */
  #all = new Map()

  /** @param {() => void} onChange */
  constructor(onChange) {
    fill(
      this.#select,
      this.#suggest,
      processors.map(({ name, usd, seconds }) =>
        h("option", { value: name }, `${name} – ${dollars(usd * 1000)} per 1,000, ${durationRange(seconds)}`),
      ),
    )
    const rows = processors
      .filter(({ name }) => !name.endsWith("-fast"))
      .map((usual) => {
        const cost = h("td", { class: "sum" })
        const row = h("tr", {}, h("th", { scope: "row" }, usual.name, h("small", {}, usual.note)), cost)
        for (const one of [usual, findProcessor(`${usual.name}-fast`)]) {
          if (!one) continue
          const words = durationRange(one.seconds)
          const radio = h("input", {
            type: "radio",
            name: "processor-choice",
            value: one.name,
            "aria-label": `${one.name}, ${words} a row`,
            onchange: () => {
              this.#select.value = one.name
              onChange()
            },
          })
          const cell = h("td", {}, h("label", {}, radio, words))
          row.append(cell)
          this.#all.set(one.name, { radio, cell, row, cost })
        }
        return row
      })
    const heads = ["Usual", "Fast, less fresh"].map((text) => h("th", { scope: "col" }, text))
    fill(
      byId("choice"),
      h("caption", { class: "visually-hidden" }, "Price and time of each"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Name"), this.#head, heads)),
      h("tbody", {}, rows),
    )
  }

  /** @param {string} name that is in force, or nothing @param {number | null} rows */
  draw(name, rows) {
    const isSuggested = this.#select.value === ""
    setText(this.#suggest, isSuggested && name ? `Suggested: ${name}` : "Suggest one (base to pro)")
    const many = rows === null || rows === 0 ? 1000 : rows
    setText(this.#head, `${count(many)} ${many === 1 ? "row" : "rows"}`)
    for (const [each, { radio, cell, row, cost }] of this.#all) {
      const isChosen = each === name
      radio.checked = isChosen
      cell.classList.toggle("chosen", isChosen)
      cell.dataset.suggested = String(isChosen && isSuggested)
      setText(cost, exactly((findProcessor(each)?.usd ?? 0) * many))
      if (each.endsWith("-fast")) continue
      row.classList.toggle("chosen", isChosen || `${each}-fast` === name)
    }
  }
}
