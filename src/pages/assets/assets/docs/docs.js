// @ts-check
import { copyText, h } from "../shared/dom.js"

/** What the page about the API does beside being read: copying, and one choice of language for all examples. */

const KEPT = "docs-language"

/** @returns {HTMLInputElement[]} */
const radios = () => [...document.querySelectorAll(/** @type {"input"} */ (".choice input"))]

/** @param {string} language */
const choose = (language) => {
  for (const radio of radios()) if (radio.value === language) radio.checked = true
}

document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || !target.matches(".choice input")) return
  // What stands above may grow or shrink: the box that was clicked stays where it is.
  const before = target.getBoundingClientRect().top
  choose(target.value)
  scrollBy({ top: target.getBoundingClientRect().top - before, behavior: "instant" })
  try {
    localStorage.setItem(KEPT, target.value)
  } catch {
    // A browser that keeps nothing.
  }
})

for (const box of document.querySelectorAll(".code")) {
  const copy = h("button", { type: "button", class: "small copy", text: "Copy" })
  copy.addEventListener("click", () => {
    const shown = [...box.querySelectorAll("pre")].find((pre) => pre.checkVisibility())
    void copyText(shown?.textContent ?? "", copy)
  })
  const last = box.querySelector("pre")
  last?.before(copy)
}

// Where the contents lie over the text, they are closed, and close again once something was chosen.
const contents = /** @type {HTMLDetailsElement} */ (document.querySelector(".toc details"))
const narrow = matchMedia("(max-width: 899px)")
const fold = () => {
  contents.open = !narrow.matches
}
narrow.addEventListener("change", fold)
contents.addEventListener("click", ({ target }) => {
  if (target instanceof Element && target.closest("a")) fold()
})

const toc = /** @type {HTMLElement} */ (document.querySelector(".toc"))
/** @type {Map<string, Element>} */
const links = new Map([...document.querySelectorAll(".toc a")].map((a) => [a.getAttribute("href") ?? "", a]))

// The heading that was passed last is where one reads.
const mark = () => {
  const headings = [...document.querySelectorAll("main :is(h2, h3)[id]")]
  const passed = headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight / 4)
  for (const link of links.values()) link.removeAttribute("aria-current")
  const link = passed && links.get(`#${passed.id}`)
  if (!(link instanceof HTMLElement)) return
  link.setAttribute("aria-current", "true")
  // Of a long list, that part is shown.
  const { offsetTop } = link
  if (offsetTop < toc.scrollTop || offsetTop > toc.scrollTop + toc.clientHeight - 60)
    toc.scrollTop = offsetTop - toc.clientHeight / 2
}
let due = 0
addEventListener(
  "scroll",
  () => {
    cancelAnimationFrame(due)
    due = requestAnimationFrame(mark)
  },
  { passive: true },
)

try {
  choose(localStorage.getItem(KEPT) ?? "")
} catch {
  // A browser that keeps nothing.
}
fold()
mark()
document.documentElement.dataset.ready = ""
