// @ts-check
import { byId, setText } from "../shared/dom.js"
import { storedKey, storeKey } from "../shared/keyStore.js"
import { beginSignIn, canSignIn, takePending, takeSignedIn } from "../shared/signIn.js"

/**
 * The rest of the form: it is told of a change, and kept while the visitor is away at Parallel's login. `save` answers
 * whether this browser has the room, which it may have for all but the rows.
 * @typedef {{ changed: () => void, save: (withRows: boolean) => boolean }} Form
 */

/**
 * The API key, pasted or from Parallel's login. It is kept in this browser's `localStorage`, sent in a header to this
 * origin only, and never part of an address or of a snippet.
 */
export class KeyPanel {
  #panel = byId("key-panel")
  #input = /** @type {HTMLInputElement} */ (byId("api-key"))
  #show = byId("key-show")
  #forget = byId("key-forget")
  #state = byId("key-state")
  #signIn = /** @type {HTMLButtonElement} */ (byId("sign-in"))
  #error = byId("sign-in-error")
  /** The visitor was told that the rows are not kept, and may go all the same. */
  #warned = false
  #signedIn = takeSignedIn()

  /** @param {Form} form */
  constructor(form) {
    this.form = form
    this.#input.value = storedKey()
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
    byId("key-more").hidden = !canSignIn(location) || this.#signIn.dataset.login === ""
    this.#signIn.addEventListener("click", () => this.#leave())
    // Gone back to from the login, the page may be the one that was left, as it was.
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return
      takePending()
      this.#signIn.disabled = false
      // The sign-in may have been finished in the meantime.
      const kept = storedKey()
      if (kept && kept !== this.value) this.set(kept)
    })
    this.#draw()
    if (this.#signedIn) byId("key-title").focus()
  }

  get value() {
    return this.#input.value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "")
  }

  /** What is no character of a key: pasted along from a page or a letter, it is not to be seen. */
  get problem() {
    const at = this.value.search(/[^!-~]/)
    if (at < 0) return null
    const code = this.value.codePointAt(at)?.toString(16).toUpperCase().padStart(4, "0")
    return `Character ${at + 1} of the key, U+${code}, is none that keys have. Copy the key once more, or type it.`
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
    this.#signedIn = false
    // A browser that stores nothing still has the key in the field.
    storeKey(this.value)
    this.#draw()
    this.form.changed()
  }

  async #leave() {
    this.#problem("")
    if (!this.#keepForm()) return
    this.#signIn.disabled = true
    try {
      await beginSignIn(this.#signIn.dataset.login ?? "")
    } catch {
      this.#signIn.disabled = false
      this.#problem(KEEPS_NOTHING)
    }
  }

  /** @returns {boolean} whether the visitor may go */
  #keepForm() {
    if (this.form.save(true)) return true
    const saved = this.form.save(false)
    if (saved && this.#warned) return true
    this.#warned = saved
    this.#problem(saved ? ROWS_STAY : KEEPS_NOTHING)
    return false
  }

  /** @param {string} text */
  #problem(text) {
    setText(this.#error, text)
    this.#error.hidden = text === ""
  }

  #draw() {
    const has = this.value !== ""
    this.#panel.classList.toggle("has-key", has)
    this.#forget.hidden = !has
    setText(
      this.#state,
      has
        ? `${this.#signedIn ? "Signed in with Parallel. " : ""}Kept in this browser only.`
        : "Paste a key to submit. It stays in this browser.",
    )
  }
}

const ROWS_STAY =
  "Your rows are too many to be kept while you are away: you would have to put them in again afterwards. Press once more to go all the same, or paste a key instead."
const KEEPS_NOTHING = "This browser keeps nothing for this site, which signing in needs. Paste a key instead."
