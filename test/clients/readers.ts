import { parse as parseCsv } from "csv-parse/sync"
import { createParser, type EventSourceMessage } from "eventsource-parser"
import { parse as parseHtml } from "parse5"
import { attributeOf, elementsNamed, type Node, textOf } from "../layers/render/html.ts"

/** The formats read by parsers that people use, without help from the product's own code. */

/** A page as a browser without scripts has it. */
export const page = (html: string): Node => parseHtml(html, { scriptingEnabled: false })

/** Elements of this class, in order. */
export const ofClass = (node: Node, name: string): ReadonlyArray<Node> =>
  ("childNodes" in node ? node.childNodes : []).flatMap((child) => [
    ...(attributeOf(child, "class")?.split(" ").includes(name) === true ? [child] : []),
    ...ofClass(child, name),
  ])

export type Table = ReadonlyArray<ReadonlyArray<string>>

/** The cells of a table as they are, the header's first. */
export const cellsIn = (node: Node): Table =>
  elementsNamed(node, ["tr"]).map((row) => elementsNamed(row, ["th", "td"]).map(textOf))

/** What no value may bring into a document. */
const MARKUP = ["script", "b", "em", "strong", "del", "code", "img", "br"]
export const markupIn = (node: Node) => elementsNamed(node, MARKUP).map(({ nodeName }) => nodeName)

export const addressesIn = (node: Node) =>
  elementsNamed(node, ["a"]).map((link) => attributeOf(link, "href") ?? "")

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
