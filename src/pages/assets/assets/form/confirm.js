// @ts-check
import { byId, fill, h, setText } from "../shared/dom.js"

const dialog = /** @type {HTMLDialogElement} */ (byId("confirm"))
const go = byId("confirm-go")
const cancel = byId("confirm-cancel")
go.addEventListener("click", () => dialog.close("go"))
cancel.addEventListener("click", () => dialog.close(""))

/**
 * Asks before money is spent. Whoever presses Enter twice cancels.
 * @param {string} act what the button says @param {(Node | string)[]} lines @returns {Promise<boolean>}
 */
export function confirmed(act, lines) {
  setText(go, act)
  setText(byId("confirm-title"), `${act}?`)
  fill(
    byId("confirm-text"),
    lines.map((line) => h("p", {}, line)),
  )
  dialog.returnValue = ""
  dialog.showModal()
  cancel.focus()
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "go"), { once: true }),
  )
}
