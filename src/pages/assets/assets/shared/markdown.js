// @ts-check
/** @import { Child } from "./dom.js" */

import { h, linkify, link, safeUrl } from "./dom.js"

/**
 * The Markdown that reports are written in, as elements: headings, lists, quotes, code, tables, emphasis, links.
 * Made from nodes like everything else, so HTML in a report stays text; what is not understood stays text too.
 */

// Texts come from anywhere: no pattern here may go over the same characters again and again.
const inlinePattern =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|\[((?:[^[\]\n]|\[[^[\]\n]{0,40}\]){1,300})\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)/g

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
    else if (strong !== undefined) parts.push(h("strong", {}, ...inline(strong)))
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
const listItem = (/** @type {string} */ line) => /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/.exec(line)

/** @param {string} line */
const cellsOf = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"))

/** @param {readonly string[]} lines @param {number} at */
const isTable = (lines, at) => lines[at]?.includes("|") === true && isTableRule(lines[at + 1])

/** Lists are nested no deeper than one can read. */
const MOST_NESTED = 8

/** @typedef {{ number: number | null, text: string[], below: Item[] }} Item of a list; without a number it has a dot */

/** Where a list ends that begins here: blank lines may stand between its items. @param {readonly string[]} lines @param {number} from */
function endOfList(lines, from) {
  let end = from + 1
  for (let at = end; at < lines.length; at++) {
    const line = /** @type {string} */ (lines[at])
    if (line.trim() === "") continue
    if (listItem(line) === null && !/^\s/.test(line)) break
    end = at + 1
  }
  return end
}

/** What stands further in belongs to the item above it. @param {readonly string[]} lines */
function itemsOf(lines) {
  /** @type {Item[]} */
  const top = []
  /** @type {{ indent: number, items: Item[] }[]} */
  const open = [{ indent: 0, items: top }]
  for (const line of lines) {
    const found = listItem(line)
    let level = /** @type {(typeof open)[number]} */ (open.at(-1))
    if (found === null) {
      if (line.trim() !== "") level.items.at(-1)?.text.push(line.trim())
      continue
    }
    const [, blanks = "", mark = "", text = ""] = found
    const indent = blanks.replaceAll("\t", "    ").length
    while (open.length > 1 && indent < level.indent) {
      open.pop()
      level = /** @type {(typeof open)[number]} */ (open.at(-1))
    }
    const above = level.items.at(-1)
    if (above === undefined) level.indent = indent
    else if (indent >= level.indent + 2 && open.length < MOST_NESTED)
      open.push((level = { indent, items: above.below }))
    level.items.push({ number: /\d/.test(mark) ? parseInt(mark, 10) : null, text: [text], below: [] })
  }
  return top
}

/** Neighbours of one kind are a list, which goes on counting where its first item says. @param {readonly Item[]} items @returns {HTMLElement[]} */
function lists(items) {
  /** @type {HTMLElement[]} */
  const made = []
  let wasNumbered = false
  for (const { number, text, below } of items) {
    const isNumbered = number !== null
    if (made.length === 0 || isNumbered !== wasNumbered)
      made.push(
        isNumbered
          ? h("ol", { class: "md-list", start: number === 1 ? null : number })
          : h("ul", { class: "md-list" }),
      )
    wasNumbered = isNumbered
    made.at(-1)?.append(h("li", {}, ...inline(text.join(" ")), ...lists(below)))
  }
  return made
}

/** @param {string} text @returns {HTMLElement[]} */
export function markdown(text) {
  const lines = text.split(/\r?\n/)
  /** @type {HTMLElement[]} */
  const blocks = []
  let at = 0
  /** The lines from here on that fit, at least the first. @param {(line: string, at: number) => boolean} fits */
  const takeWhile = (fits) => {
    const from = at++
    while (at < lines.length && fits(/** @type {string} */ (lines[at]), at)) at++
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
      const from = at
      at = endOfList(lines, at)
      blocks.push(...lists(itemsOf(lines.slice(from, at))))
    } else if (isTable(lines, at)) {
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
        (next, place) =>
          next.trim() !== "" &&
          !/^(#{1,6}\s|>|```)/.test(next) &&
          listItem(next) === null &&
          !isTable(lines, place),
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
  /\*\*[^\s*][^*\n]*\*\*/,
  /\[[^[\]\n]{1,300}\]{1,2}\(https?:\/\/[^()\s]{1,2000}\)/,
]

/** Whether a text of several lines or with marks looks as if it were Markdown. @param {string} text */
export const looksLikeMarkdown = (text) =>
  SURE.some((sign) => sign.test(text)) ||
  (text.match(/^ {0,3}(?:[-*+]|\d{1,3}[.)]) \S/gm)?.length ?? 0) > 1 ||
  (text.includes("|") && hasTable(text.split(/\r?\n/)))

/** @param {readonly string[]} lines */
const hasTable = (lines) =>
  lines.some((line, at) => line.startsWith("|") && line.trimEnd().endsWith("|") && isTable(lines, at))
