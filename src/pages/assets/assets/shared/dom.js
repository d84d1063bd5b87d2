// @ts-check
/**
 * Elements are only ever made from nodes and text, never from markup, so nothing in the data can become an element
 * or a script. Attribute names here come from this code; URLs from data pass `safeUrl` first.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {{ [name: string]: unknown }} [props] `class`, `text`, `on…` functions, booleans, or attributes
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue
    if (name === "text") element.textContent = String(value)
    else if (typeof value === "function")
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value))
    else element.setAttribute(name, value === true ? "" : String(value))
  }
  append(element, children.flat())
  return element
}

/** @param {Element} parent @param {Child[]} children */
export function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue
    parent.append(typeof child === "number" ? String(child) : child)
  }
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function fill(parent, ...children) {
  parent.replaceChildren()
  append(parent, children.flat())
}

/**
 * The element with this id; the pages are fixed, so a missing one is a mistake in the page.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return /** @type {T} */ (element)
}

/** Sets text only when it differs, so that live regions and selections are left alone. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/** Only http and https addresses may become links. @param {unknown} text @returns {string | null} */
export function safeUrl(text) {
  if (typeof text !== "string" || !/^\s*https?:\/\//i.test(text) || /\s/.test(text.trim())) return null
  try {
    const url = new URL(text.trim())
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null
  } catch {
    return null
  }
}

/** A link to a foreign page that learns nothing about this one. @param {string} href @param {...Child} children */
export const link = (href, ...children) =>
  h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children)

/** Punctuation after an address belongs to the sentence around it, and so does a bracket that was opened before it. @param {string} address */
function withoutEnd(address) {
  let [end, open] = [address.length, 0]
  for (const letter of address) if (letter === "(" || letter === ")") open += letter === "(" ? 1 : -1
  while (end > 0) {
    const last = address.charAt(end - 1)
    if (last === ")" ? open >= 0 : !".,;:!?*_".includes(last)) break
    if (last === ")") open++
    end--
  }
  return address.slice(0, end)
}

/** Text in which web addresses are links. @param {string} text @returns {Child[]} */
export function linkify(text) {
  /** @type {Child[]} */
  const parts = []
  let from = 0
  for (const match of text.matchAll(/https?:\/\/[^\s<>"'`\]]+/gi)) {
    const found = withoutEnd(match[0])
    const href = safeUrl(found)
    if (!href) continue
    parts.push(text.slice(from, match.index), link(href, found))
    from = match.index + found.length
  }
  parts.push(text.slice(from))
  return parts
}

/** What buttons say that just now say something else, and when they do so again. @type {WeakMap<HTMLElement, { label: string, timer: ReturnType<typeof setTimeout> }>} */
const resting = new WeakMap()

/**
 * @param {string | Promise<string>} text @param {HTMLElement} button shows for a moment whether it worked
 * @param {(text: string) => Promise<void>} [write]
 */
export async function copyText(text, button, write = (it) => navigator.clipboard.writeText(it)) {
  let done = "Copied"
  try {
    await write(await text)
  } catch {
    done = "Could not be copied"
  }
  const before = resting.get(button)
  clearTimeout(before?.timer)
  const label = before?.label ?? button.textContent ?? ""
  const timer = setTimeout(() => {
    setText(button, label)
    resting.delete(button)
  }, 1600)
  resting.set(button, { label, timer })
  setText(button, done)
}

/** @param {string} name @param {string} type @param {string} text */
export const downloadText = (name, type, text) => downloadBlob(name, new Blob([text], { type }))

/** @param {string} name @param {Blob} blob */
export function downloadBlob(name, blob) {
  const url = URL.createObjectURL(blob)
  const anchor = h("a", { href: url, download: name })
  document.body.append(anchor)
  anchor.click()
  anchor.remove()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** The value of an own property; names such as `constructor` must not reach the prototype. @param {unknown} object @param {string} name */
export function own(object, name) {
  return typeof object === "object" && object !== null && Object.hasOwn(object, name)
    ? /** @type {Record<string, any>} */ (object)[name]
    : undefined
}

/** Closes open `<details class="menu">` on Escape and on a click elsewhere, as menus do. */
export function closeMenusOnLeave() {
  const open = () =>
    /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.menu[open]"))
  document.addEventListener("pointerdown", (event) => {
    for (const menu of open()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false
  })
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return
    for (const menu of open()) {
      menu.open = false
      menu.querySelector("summary")?.focus()
      event.preventDefault()
    }
  })
}
