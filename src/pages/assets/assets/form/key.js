// @ts-check
import { byId, setText } from "../shared/dom.js"

const STORED = "parallel-multitask:key"

/**
 * The API key. It is kept in this browser's `localStorage`, sent in a header to this origin only, and never part of
 * an address or of a snippet. Another way to get a key (signing in) need only call `set`.
 */
export class KeyPanel {
  #panel = byId("key-panel")
  #input = /** @type {HTMLInputElement} */ (byId("api-key"))
  #show = byId("key-show")
  #forget = byId("key-forget")
  #state = byId("key-state")

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange
    this.#input.value = stored()
    this.#input.addEventListener("input", () => this.#changed())
    this.#show.addEventListener("click", () => {
      const shown = this.#input.type === "text"
      this.#input.type = shown ? "password" : "text"
      setText(this.#show, shown ? "Show" : "Hide")
      this.#show.setAttribute("aria-pressed", String(!shown))
    })
    this.#forget.addEventListener("click", () => {
      this.set("")
      this.#input.focus()
    })
    this.#draw()
  }

  get value() {
    return this.#input.value.trim()
  }

  get field() {
    return this.#input
  }

  /** @param {string} key */
  set(key) {
    this.#input.value = key
    this.#changed()
  }

  #changed() {
    try {
      if (this.value) localStorage.setItem(STORED, this.value)
      else localStorage.removeItem(STORED)
    } catch {
      // A browser that stores nothing still has the key in the field.
    }
    this.#draw()
    this.onChange()
  }

  #draw() {
    const has = this.value !== ""
    this.#panel.classList.toggle("has-key", has)
    this.#forget.hidden = !has
    setText(
      this.#state,
      has ? "Kept in this browser only." : "Paste a key to submit. It stays in this browser.",
    )
  }
}

function stored() {
  try {
    return localStorage.getItem(STORED) ?? ""
  } catch {
    return ""
  }
}
