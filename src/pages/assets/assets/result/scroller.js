// @ts-check
import { byId } from "../shared/dom.js"

/** Windows in which the page scrolls as a whole, with the table's head sticking to its top; the same is in small.css. */
const SMALL = "(max-width: 700px), (max-height: 620px)"
const TOUCH = matchMedia("(pointer: coarse), (max-width: 700px)")

/** What scrolls the table: a part of a large window, the whole of a small one. It is one at a time. */
export class Scroller {
  #table = byId("table-scroll")
  #small = matchMedia(SMALL)

  get #element() {
    return this.#small.matches ? document.body : this.#table
  }

  /** Where the table begins in what scrolls. */
  get #begin() {
    if (!this.#small.matches) return 0
    const { body } = document
    return this.#table.getBoundingClientRect().top - body.getBoundingClientRect().top + body.scrollTop
  }

  /** How far the table is scrolled, in pixels; negative where its beginning is below the upper edge. */
  get top() {
    return this.#element.scrollTop - this.#begin
  }

  get height() {
    return this.#element.clientHeight
  }

  get width() {
    return this.#element.clientWidth
  }

  /** How far it is scrolled to the side. */
  get left() {
    return this.#element.scrollLeft
  }

  /** @param {{ onScroll: () => void, onResize: () => void }} events */
  watch({ onScroll, onResize }) {
    for (const element of [this.#table, document.body])
      element.addEventListener("scroll", onScroll, { passive: true })
    const resized = () => {
      // What is not the table is as wide as what is seen of the page, scroll bar left out.
      document.body.style.setProperty("--view", `${document.body.clientWidth}px`)
      onResize()
    }
    const observer = new ResizeObserver(resized)
    observer.observe(this.#table)
    observer.observe(document.documentElement)
    this.#small.addEventListener("change", resized)
    TOUCH.addEventListener("change", resized)
    resized()
  }

  /** Brings a part of the table into sight. @param {number} top @param {number} bottom of it @param {number} head height of what sticks above */
  show(top, bottom, head) {
    const room = this.height - head
    const at = this.top
    if (top < at) this.#element.scrollTop = this.#begin + top
    else if (bottom > at + room) this.#element.scrollTop = this.#begin + bottom - room
  }

  /** Puts this height of the table at the upper edge. @param {number} y */
  showAt(y) {
    this.#element.scrollTop = this.#begin + y
  }

  /** The same to the side, of a column. @param {number} left @param {number} right of it @param {number} still width of what stays at the left */
  showAcross(left, right, still) {
    const element = this.#element
    if (left - still < element.scrollLeft || right - left > this.width - still)
      element.scrollLeft = left - still
    else if (right > element.scrollLeft + this.width) element.scrollLeft = right - this.width
  }

  /** Where fingers or little room ask for larger targets; the same is in small.css. */
  get isTouched() {
    return TOUCH.matches
  }
}
