// @ts-check
import { h } from "../../shared/dom.js"
import { storedKey, storeKey } from "../../shared/keyStore.js"

/**
 * The API key for an act: the one that this browser keeps, or one that is asked for. It is sent in a header to this origin,
 * kept only once it was accepted and only where that is wanted, and otherwise forgotten with the page.
 */
export class KeyField {
  #input = h("input", {
    type: "password",
    id: "act-key",
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "off",
    placeholder: "Paste your key",
    "aria-describedby": "act-key-note act-problem",
  })
  #keep = h("input", { type: "checkbox", id: "act-keep", checked: true })
  #kept = h("p", { class: "act-kept" })
  #asked
  /** Another one than this, which is kept, is wanted. @type {string | null} */
  #instead = null
  /** It is being typed. */
  onInput = () => {}

  constructor() {
    const other = h("button", { type: "button", class: "small" }, "Use another key")
    other.addEventListener("click", () => this.ask())
    this.#kept.append("With the API key of this browser. ", other)
    this.#asked = h(
      "div",
      { class: "act-asked" },
      h("label", { class: "label", for: "act-key" }, "API key"),
      this.#input,
      h("label", { class: "check" }, this.#keep, " Keep it in this browser"),
      h(
        "p",
        { class: "hint", id: "act-key-note" },
        "A key of the account that made this group. It is sent only to this site, in a header.",
      ),
    )
    this.element = h("div", { class: "act-key" }, this.#kept, this.#asked)
    this.#input.addEventListener("input", () => {
      this.#input.removeAttribute("aria-invalid")
      this.onInput()
    })
    this.draw()
  }

  get value() {
    const typed = this.#input.value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "")
    return this.isAsked ? typed : storedKey()
  }

  get isAsked() {
    const kept = storedKey()
    return kept === "" || kept === this.#instead
  }

  draw() {
    this.#kept.hidden = this.isAsked
    this.#asked.hidden = !this.isAsked
  }

  /** Asks for one, or for another one. */
  ask() {
    this.#instead = storedKey()
    this.draw()
    this.#input.focus()
  }

  /** The one that is there is of no use. */
  refuse() {
    this.ask()
    this.#input.setAttribute("aria-invalid", "true")
  }

  /** It did what it was wanted for. */
  accept() {
    if (this.isAsked && this.#keep.checked && storeKey(this.value)) {
      this.#instead = null
      this.#input.value = ""
    }
    this.draw()
  }
}
