// @ts-check
import { byId } from "../shared/dom.js"

/**
 * Tailwind's script is an extra: the pages' own CSS carries the design. It runs in a frame without an origin, knows the
 * names of the utility classes that the form uses and nothing else of it, and answers CSS. Of that only these classes
 * are taken, with properties that can neither load, move, cover nor hide anything.
 */

const SAFE = new Set(["-webkit-font-smoothing", "-moz-osx-font-smoothing"])

/** What Tailwind writes for a few classes is some kilobytes: the defaults of its properties, mostly. */
const MAX_CHARS = 100_000

/** @param {string} css @returns {string} */
function safeRules(css) {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  const known = new Set([...document.body.classList].map((name) => `.${CSS.escape(name)}`))
  return [...sheet.cssRules]
    .filter((rule) => rule instanceof CSSStyleRule)
    .filter(({ selectorText }) => known.has(selectorText))
    .map(({ selectorText, style }) => {
      const safe = [...style].filter((name) => SAFE.has(name))
      return `${selectorText} { ${safe.map((name) => `${name}: ${style.getPropertyValue(name)};`).join(" ")} }`
    })
    .join("\n")
}

/**
 * Nothing keeps a frame from taking the focus, and with it what is typed: neither `sandbox` nor `hidden` nor `inert`. So
 * nothing runs in it before this listens, and it is gone before anything can be typed: when it has answered, when it
 * takes the focus, when the visitor begins.
 */
export function loadTailwind() {
  const frame = /** @type {HTMLIFrameElement} */ (byId("tailwind"))
  const utilities = new CSSStyleSheet()
  document.adoptedStyleSheets.push(utilities)
  const end = () => frame.remove()
  for (const begins of ["pointerdown", "keydown", "focusin", "blur"])
    addEventListener(begins, end, { capture: true, once: true })
  addEventListener("message", ({ source, data }) => {
    if (source === null || source !== frame.contentWindow) return
    end()
    if (typeof data === "string" && data.length <= MAX_CHARS) utilities.replaceSync(safeRules(data))
  })
  if (document.activeElement === document.body) frame.src = frame.dataset.page ?? ""
}
