import { parse as parseCsv } from "csv-parse/sync"
import { createParser, type EventSourceMessage } from "eventsource-parser"
import MarkdownIt from "markdown-it"
import { marked } from "marked"
import { micromark } from "micromark"
import { gfm, gfmHtml } from "micromark-extension-gfm"
import { type DefaultTreeAdapterTypes, parse as parseHtml } from "parse5"

/** The formats read by parsers that people use, each without help from the product's own code. */

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element

const isElement = (node: Node): node is Element => "tagName" in node

const childrenOf = (node: Node): ReadonlyArray<Node> => ("childNodes" in node ? node.childNodes : [])

/** All elements below a node that are wanted, in the order of the document. */
export const elementsIn = (node: Node, wanted: (element: Element) => boolean): ReadonlyArray<Element> =>
  childrenOf(node).flatMap((child) => [
    ...(isElement(child) && wanted(child) ? [child] : []),
    ...elementsIn(child, wanted),
  ])

export const byTag = (node: Node, ...tags: ReadonlyArray<string>) =>
  elementsIn(node, ({ tagName }) => tags.includes(tagName))

const attribute = (element: Element, name: string) => element.attrs.find((one) => one.name === name)?.value

export const byClass = (node: Node, name: string) =>
  elementsIn(node, (element) => attribute(element, "class")?.split(" ").includes(name) === true)

export const contentOf = (node: Node): string =>
  "value" in node ? node.value : childrenOf(node).map(contentOf).join("")

/** A page as a browser without scripts has it. */
export const page = (html: string) => parseHtml(html, { scriptingEnabled: false })

export const byId = (node: Node, id: string): Element => {
  const [found] = elementsIn(node, (element) => attribute(element, "id") === id)
  if (found === undefined) throw new Error(`there is no #${id}`)
  return found
}

export type Table = ReadonlyArray<ReadonlyArray<string>>

/** The cells of the first table, the header's first. */
export const tableIn = (node: Node): Table => {
  const [table] = byTag(node, "table")
  if (table === undefined) throw new Error("there is no table")
  return byTag(table, "tr").map((row) => byTag(row, "th", "td").map(contentOf))
}

const markdownIt = new MarkdownIt({ html: true, linkify: true })

export const MARKDOWN: Readonly<Record<string, (text: string) => string>> = {
  "markdown-it": (text) => markdownIt.render(text),
  marked: (text) => marked.parse(text, { async: false, gfm: true }),
  micromark: (text) =>
    micromark(text, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }),
}

/** What no value may bring into a document. */
const MARKUP = ["script", "b", "em", "strong", "del", "code", "img", "h2", "ul", "br"]
export const markupIn = (node: Node) => byTag(node, ...MARKUP).map(({ tagName }) => tagName)

export const addressesIn = (node: Node) => byTag(node, "a").map((link) => attribute(link, "href") ?? "")

/** The records of a CSV, the header's first. Every one has as many cells, else it throws. */
export const readCsv = (text: string): Table => parseCsv(text, { bom: true })

export const readEvents = (text: string): ReadonlyArray<EventSourceMessage> => {
  const events: Array<EventSourceMessage> = []
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onError: (error) => {
      throw error
    },
  })
  parser.feed(text)
  return events
}
