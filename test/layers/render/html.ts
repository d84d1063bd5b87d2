import { type DefaultTreeAdapterTypes, parse } from "parse5"

export type Node = DefaultTreeAdapterTypes.Node

const childrenOf = (node: Node): ReadonlyArray<Node> => ("childNodes" in node ? node.childNodes : [])

/** Elements of these names, in order; those within one of them are its own. */
export const elementsNamed = (from: Node | string, names: ReadonlyArray<string>): ReadonlyArray<Node> =>
  childrenOf(typeof from === "string" ? parse(from, { scriptingEnabled: false }) : from).flatMap((node) =>
    names.includes(node.nodeName) ? [node] : elementsNamed(node, names),
  )

export const textOf = (node: Node): string =>
  "value" in node ? node.value : childrenOf(node).map(textOf).join("")

export const attributeOf = (node: Node, name: string): string | undefined =>
  "attrs" in node ? node.attrs.find((attribute) => attribute.name === name)?.value : undefined
