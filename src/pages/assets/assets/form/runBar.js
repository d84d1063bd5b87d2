// @ts-check
import { byId } from "../shared/dom.js"

/** What opens a keyboard on a screen. */
const TYPED_IN = "textarea, select, input:not([type=checkbox], [type=radio], [type=button])"
/** No keyboard is lower, and no bar of a browser that comes and goes is so high. */
const KEYBOARD_PX = 140

/**
 * In small windows Run stays at the lower edge (see phone.css), and leaves it while a keyboard on the screen takes the
 * room: a field that one types in must not be under it.
 */
export function watchKeyboard() {
  const bar = byId("run-bar")
  const seen = window.visualViewport
  if (!seen) return
  let [width, tallest] = [0, 0]
  const look = () => {
    // Magnified by two fingers it is small, too.
    if (seen.scale > 1.01) return
    if (seen.width !== width) [width, tallest] = [seen.width, 0]
    tallest = Math.max(tallest, seen.height)
    const isTyping = document.activeElement?.matches(TYPED_IN) ?? false
    bar.classList.toggle("makes-room", isTyping && tallest - seen.height > KEYBOARD_PX)
  }
  seen.addEventListener("resize", look)
  document.addEventListener("focusin", look)
  document.addEventListener("focusout", () => requestAnimationFrame(look))
  look()
}

/**
 * Enter in one of the many small fields must not start runs that cost money; in the key's field it is meant.
 * @param {HTMLFormElement} form @param {HTMLElement} keyField
 */
export const watchEnter = (form, keyField) =>
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      form.requestSubmit()
    } else if (event.target instanceof HTMLInputElement && event.target !== keyField) event.preventDefault()
  })
