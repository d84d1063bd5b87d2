import MarkdownIt from "markdown-it"
import { marked } from "marked"
import { micromark } from "micromark"
import { gfm, gfmHtml } from "micromark-extension-gfm"
import { elementsNamed, textOf } from "./html.ts"

const plain = new MarkdownIt()
/** As editors have it: addresses become links, HTML is let through. */
const linking = new MarkdownIt({ linkify: true, html: true })

/** Renderers that people see Markdown through: each makes HTML of it, by a parser of its own. */
export const READERS: Readonly<Record<string, (markdown: string) => string>> = {
  "markdown-it": (markdown) => plain.render(markdown),
  "markdown-it with links": (markdown) => linking.render(markdown),
  marked: (markdown) => marked.parse(markdown, { async: false }),
  micromark: (markdown) => micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()] }),
}

/** What the cells of the document's tables show, row by row. */
export const tableIn = (html: string): ReadonlyArray<ReadonlyArray<string>> =>
  elementsNamed(html, ["tr"]).map((row) => elementsNamed(row, ["th", "td"]).map(textOf).map(collapse))

/** As a browser does with white space. */
const collapse = (text: string): string => text.replace(/\s+/g, " ").trim()

/** What a cell of this text has to show. */
export const shownInCell = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- it is what this is about
  collapse(text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "\uFFFD"))
