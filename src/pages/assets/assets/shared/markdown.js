// @ts-check
/** @import { Child } from "./dom.js" */

import { h, linkify, link, safeUrl } from "./dom.js"

/**
 * The Markdown that reports are written in, as elements: headings, lists, quotes, code, tables, emphasis, links.
 * Made from nodes like everything else, so HTML in a report stays text; what is not understood stays text too.
 */

const inlinePattern =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|\[([^\]\n]{1,300})\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)/g

/** @param {string} text @returns {Child[]} */
function inline(text) {
  /** @type {Child[]} */
  const parts = []
  let from = 0
  for (const match of text.matchAll(inlinePattern)) {
    const [whole, code, strong, emphasis, label, address] = match
    const href = address === undefined ? null : safeUrl(address)
    if (label !== undefined && href === null) continue
    parts.push(...linkify(text.slice(from, match.index)))
    if (code !== undefined) parts.push(h("code", {}, code))
    else if (strong !== undefined) parts.push(h("strong", {}, ...linkify(strong)))
    else if (emphasis !== undefined) parts.push(h("em", {}, ...linkify(emphasis)))
    else if (href !== null) parts.push(link(href, label))
    from = match.index + whole.length
  }
  parts.push(...linkify(text.slice(from)))
  return parts
}

const isRule = (/** @type {string} */ line) => /^ {0,3}([-*_])\s*(\1\s*){2,}$/.test(line)
const isTableRule = (/** @type {string | undefined} */ line) =>
  line !== undefined && line.includes("-") && /^[\s|:-]+$/.test(line) && line.includes("|")
const listItem = (/** @type {string} */ line) => /^\s*([-*+]|\d{1,9}[.)])\s+(.*)$/.exec(line)

/** @param {string} line */
const cellsOf = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim())

/** @param {string} text @returns {HTMLElement[]} */
export function markdown(text) {
  const lines = text.split(/\r?\n/)
  /** @type {HTMLElement[]} */
  const blocks = []
  let at = 0
  /** The lines from here on that fit, at least the first. @param {(line: string) => boolean} fits */
  const takeWhile = (fits) => {
    const from = at++
    while (at < lines.length && fits(/** @type {string} */ (lines[at]))) at++
    return lines.slice(from, at)
  }
  while (at < lines.length) {
    const line = /** @type {string} */ (lines[at])
    const heading = /^(#{1,6})\s+(.*)$/.exec(line)
    const item = listItem(line)
    if (line.trim() === "") at++
    else if (line.startsWith("```")) {
      const code = takeWhile((next) => !next.startsWith("```")).slice(1)
      at++
      blocks.push(h("pre", { tabindex: "0" }, code.join("\n")))
    } else if (heading) {
      at++
      blocks.push(h("p", { class: `md-heading md-${heading[1]?.length}` }, ...inline(heading[2] ?? "")))
    } else if (isRule(line)) {
      at++
      blocks.push(h("hr"))
    } else if (line.startsWith(">")) {
      const quoted = takeWhile((next) => next.startsWith(">")).map((next) => next.replace(/^>\s?/, ""))
      blocks.push(h("blockquote", {}, ...inline(quoted.join("\n"))))
    } else if (item) {
      const items = takeWhile((next) => next.trim() !== "" && (listItem(next) !== null || /^\s/.test(next)))
      /** @type {string[]} */
      const texts = []
      for (const next of items) {
        const found = listItem(next)
        if (found) texts.push(found[2] ?? "")
        else texts.push(`${texts.pop() ?? ""} ${next.trim()}`)
      }
      blocks.push(
        h(
          /\d/.test(item[1] ?? "") ? "ol" : "ul",
          { class: "md-list" },
          texts.map((t) => h("li", {}, ...inline(t))),
        ),
      )
    } else if (line.includes("|") && isTableRule(lines[at + 1])) {
      const [head = "", , ...rows] = takeWhile((next) => next.includes("|"))
      blocks.push(
        h(
          "div",
          { class: "md-table", tabindex: "0", role: "group", "aria-label": "Table" },
          h(
            "table",
            {},
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                cellsOf(head).map((cell) => h("th", { scope: "col" }, ...inline(cell))),
              ),
            ),
            h(
              "tbody",
              {},
              rows.map((row) =>
                h(
                  "tr",
                  {},
                  cellsOf(row).map((cell) => h("td", {}, ...inline(cell))),
                ),
              ),
            ),
          ),
        ),
      )
    } else {
      const paragraph = takeWhile(
        (next) => next.trim() !== "" && !/^(#{1,6}\s|>|```)/.test(next) && listItem(next) === null,
      )
      blocks.push(h("p", {}, ...inline(paragraph.join("\n"))))
    }
  }
  return blocks
}

/** Signs that a text was written in Markdown: one of these alone, or two lines of a list. */
const SURE = [
  /^#{1,6} \S/m,
  /^```/m,
  /^\|.*\|\s*\n\s*\|?[\s:|-]*-[\s:|-]*$/m,
  /\*\*[^\s*][^*\n]*\*\*/,
  /\[[^\]\n]{1,300}\]\(https?:\/\/[^)\s]+\)/,
]

/** Whether a text of several lines or with marks looks as if it were Markdown. @param {string} text */
export const looksLikeMarkdown = (text) =>
  SURE.some((sign) => sign.test(text)) || (text.match(/^ {0,3}(?:[-*+]|\d{1,3}[.)]) \S/gm)?.length ?? 0) > 1
