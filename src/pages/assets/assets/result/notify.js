// @ts-check
import { byId, setText } from "../shared/dom.js"

/** A notification at the end, for those who ask for it on this page. */
export class Notifier {
  #button = byId("notify")
  #wanted = false

  constructor() {
    if (!("Notification" in window)) return
    this.#button.addEventListener("click", async () => {
      if (!this.#wanted && Notification.permission !== "granted") {
        if ((await Notification.requestPermission()) !== "granted") {
          setText(this.#button, "Notifications are blocked")
          return
        }
      }
      this.#wanted = !this.#wanted
      this.#button.setAttribute("aria-pressed", String(this.#wanted))
    })
  }

  /** @param {boolean} active whether an end is still to come */
  draw(active) {
    this.#button.hidden = !active || !("Notification" in window)
  }

  /** @param {string} title @param {string} text */
  fire(title, text) {
    if (this.#wanted && Notification.permission === "granted")
      new Notification(title, { body: text, icon: "/favicon.svg" })
    this.#wanted = false
    // A group that becomes active again has another end, which nobody has asked for yet.
    this.#button.setAttribute("aria-pressed", "false")
  }
}
